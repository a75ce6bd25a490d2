"""What requests may say in their bodies. Unknown fields are mistakes."""

from dataclasses import replace
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from aideator_agent.spec import Issue
from aideator_cli.domain.remarks import MOST_TAGS
from aideator_cli.intake.request import (
    Agents,
    Anew,
    Bounds,
    Briefing,
    Checking,
    Cloning,
    Pod,
    Question,
    Request,
    Surroundings,
    Where,
)
from aideator_cli.text.clean import clean, one_line

MOST: Final = 20  # agents of one run
CELLS: Final = 200  # agents of a matrix
MOST_PARTS: Final = 1000
MOST_PART: Final = 5000  # characters
SHA256: Final = "^[0-9a-f]{64}$"
VARIATION: Final = "^[a-z][a-z0-9]{0,20}/[0-9]{1,4}$"


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class ReadIssue(Body):
    """An issue, or a pull request, as the caller has read it: the server asks no forge. Agents are shown it as data."""

    url: str = Field(pattern="^https?://[!-~]+$", max_length=2000)
    number: int = Field(ge=1, le=2**53)
    repository: str = Field(min_length=1, max_length=500, description="OWNER/NAME.")
    title: str = Field(min_length=1, max_length=300)
    author: str = Field(max_length=500)
    text: str = Field(max_length=700_000, description="Title, description and comments.")
    comments: int = Field(default=0, ge=0, le=1_000_000, description="How many of them the text holds.")
    left_out: int = Field(default=0, ge=0, le=1_000_000, description="Comments that had no room.")
    cut: bool = Field(default=False, description="Whether the description or a comment is not whole.")
    pull: bool = Field(default=False, description="Whether it is a pull request.")

    def issue(self) -> Issue:
        """Returns it without control characters."""
        words = {name: one_line(getattr(self, name)) for name in ("url", "repository", "title", "author")}
        return Issue(**{**self.model_dump(), **words, "text": clean(self.text)})


class Order(Body):
    """What starts agents. The fields are the options of `aideator run`; a field that is missing is as its option by default."""

    repository: str = Field(
        min_length=1, description="A URL that git accepts. From the server's own machine also a path."
    )
    prompt: str | None = Field(default=None, min_length=1, description="What the agents are to do.")
    ref: str | None = Field(default=None, description="Branch, tag or commit. Default: the remote's HEAD.")
    models: list[str] = Field(
        default=[],
        description="Each NAME or NAME:COUNT; auto[:POLICY] is chosen by the server. Default: the configured model.",
    )
    private: bool = Field(
        default=False,
        description="Let the repository's text go to the hosts in `local` of the server's router.toml alone.",
    )
    memory: bool = Field(default=True, description="Whether the agents get your notes on the repository.")
    agents: list[str] = Field(default=[], description="Each AGENT[/MODEL][:COUNT]. Default: AIdeator's own loop.")
    n: int | None = Field(
        default=None, ge=1, le=MOST, description="How many agents. Default: as models and agents say, else 3."
    )
    roles: list[str] = Field(default=[], description="Each NAME or NAME:COUNT.")
    temperature: float | None = Field(default=None, ge=0, le=2)
    api_base: str | None = Field(default=None, description="An OpenAI-compatible endpoint. Needs the scope admin.")
    verify: list[str] = Field(default=[], description="Commands that check each patch, each [NAME=]COMMAND.")
    setup: list[str] = Field(default=[], description="Commands that run before the checks on each tree.")
    baseline: bool = Field(default=True, description="Whether the checks also run on the unchanged base.")
    repeat: int = Field(default=1, ge=1, le=20, description="How often each check runs; all must pass.")
    verify_timeout: float = Field(default=600, gt=0, description="Seconds for each command.")
    report: str | None = Field(default=None, description="The JUnit XML file that the checks write.")
    allow_change: list[str] = Field(
        default=[], description="Globs of tests and check settings that a patch may change."
    )
    timeout: float = Field(default=1800, gt=0, description="Seconds for each agent.")
    start_timeout: float = Field(default=600, gt=0, description="Seconds within which an agent must start.")
    max_steps: int = Field(default=100, ge=1, description="Turns of the model, for each agent.")
    max_tokens: int | None = Field(
        default=None, ge=1, description="Input and output of the model's turns, for each agent."
    )
    max_cost: float | None = Field(default=None, gt=0, description="USD for each agent.")
    budget: float | None = Field(default=None, gt=0, description="USD for all agents together.")
    retries: int | None = Field(
        default=None, ge=0, description="How often to retry what infrastructure failed. Default: once."
    )
    max_parallel: int | None = Field(
        default=None, ge=1, description="How many agents may be at work at once. Default: all."
    )
    image: str | None = Field(default=None, description="The image in which the commands run.")
    subdir: str | None = Field(default=None, description="The folder in which commands start.")
    depth: int | None = Field(default=None, ge=1, description="Commits of the history. Default: all.")
    sparse: list[str] = Field(default=[], description="The folders to check out. Default: all.")
    submodules: bool = True
    backend: str | None = Field(default=None, description="auto, kubernetes or local. Needs the scope admin.")
    allow_local_shell: bool = Field(
        default=False, description="Let a model's commands run on the server's machine. Needs the scope admin."
    )
    issue: ReadIssue | None = Field(
        default=None, description="What the prompt is about. Default prompt: to resolve it."
    )
    env: dict[str, str] = Field(
        default={}, max_length=200, description="Variables of the agents' commands. The model can read them."
    )

    @property
    def workers(self) -> list[str]:
        """Returns every text that names a model or an agent."""
        return [*self.models, *self.agents]

    def request(self) -> Request:
        return Request(
            self.repository, self.prompt, n=self.n, models=self.models, agents=Agents(self.agents), private=self.private,
            temperature=self.temperature, api_base=self.api_base, ref=self.ref, allow_local_shell=self.allow_local_shell,
            parallel=self.max_parallel, retries=self.retries,
            bounds=Bounds(
                timeout=self.timeout, start_timeout=self.start_timeout, max_steps=self.max_steps,
                max_tokens=self.max_tokens, max_cost=self.max_cost, budget=self.budget,
            ),
            checking=Checking(
                verify=self.verify, setup=self.setup, baseline=self.baseline, repeat=self.repeat,
                timeout=self.verify_timeout, report=self.report, allow_change=self.allow_change,
            ),
            pod=Pod(image=self.image),
            cloning=Cloning(subdir=self.subdir, depth=self.depth, sparse=self.sparse, submodules=self.submodules),
            briefing=Briefing(roles=self.roles, memory=self.memory), issue=None if self.issue is None else self.issue.issue(),
            surroundings=Surroundings([f"{name}={value}" for name, value in self.env.items()]),
        )  # fmt: skip

    def where(self) -> Where:
        return Where(self.backend)


class Matrix(Body):
    """Each combination goes to `n` agents. What is left out is as the run's other fields say."""

    prompts: dict[str, str] = Field(default={}, max_length=CELLS, description="Texts by name, in place of prompt.")
    agents: list[str] = Field(default=[], max_length=CELLS, description="Each AGENT[/MODEL].")
    models: list[str] = Field(default=[], max_length=CELLS, description="Each NAME.")
    temperatures: list[float | None] = Field(
        default=[], max_length=CELLS, description="Each 0 to 2; null is the model's own."
    )
    roles: list[str] = Field(default=[], max_length=CELLS, description="Each NAME.")
    n: int = Field(default=1, ge=1, le=CELLS)


class SentCommits(Body):
    """What was uploaded for the run: what no repository has, as the command line packs it."""

    base: str = Field(pattern="^([0-9a-f]{40}|[0-9a-f]{64})$", description="The commit that the agents begin with.")
    commits: str | None = Field(
        default=None,
        pattern=SHA256,
        description="The hash of an uploaded git bundle that has base as refs/aideator/base.",
    )
    objects: str | None = Field(
        default=None, pattern=SHA256, description="That of an archive of submodules' commits and objects of Git LFS."
    )
    builds_on_url: bool = Field(
        default=False, description="Whether the bundle needs commits of repository. Otherwise that is sent://NAME."
    )
    shallow: bool = Field(default=False, description="Whether the bundle has base without its history.")
    snapshot: bool = Field(default=False, description="Whether base was made of uncommitted changes.")


class HiddenFiles(Body):
    """What was uploaded for the run's hidden checks. It is sealed, because the database keeps uploads: the key is stored nowhere."""

    files: str = Field(pattern=SHA256, description="The hash of the uploaded bytes.")
    key: str = Field(pattern=SHA256, description="A random key, used once: 64 hexadecimal digits.", repr=False)


class RunOrder(Order):
    """What starts a run, but for what was uploaded for it."""

    escalate: list[str] = Field(
        default=[],
        description="Policies or models that are tried one after the other, in place of models: the next if the checks failed.",
    )
    variables: dict[str, str] = Field(default={}, description="Variables of the prompt; with any, it is a template.")
    temperatures: list[float | None] = Field(
        default=[], description="One for each agent, in place of temperature; null is as there."
    )
    answer: bool = Field(default=False, description="Whether the agents answer a question instead of changing files.")
    diff: str | None = Field(
        default=None, description="A..B or A...B: the commits whose difference the agents are shown."
    )
    first: int | None = Field(default=None, ge=1, description="Stop the others when this many have succeeded.")
    matrix: Matrix | None = Field(
        default=None, description="Prompts × agents × models × temperatures × roles, in place of n; 200 agents at most."
    )
    hidden_verify: list[str] = Field(
        default=[],
        description="Commands that check each patch and that no agent sees before all is done, each [NAME=]COMMAND.",
    )
    many: bool = Field(default=False, description="Let the matrix start more than 20 agents.")

    @property
    def workers(self) -> list[str]:
        of_matrix = [*self.matrix.models, *self.matrix.agents] if self.matrix else []
        return [*super().workers, *self.escalate, *of_matrix]

    def request(self) -> Request:
        asked = super().request()
        variables = [f"{name}={value}" for name, value in self.variables.items()]
        return replace(
            asked, checking=replace(asked.checking, hidden_verify=self.hidden_verify),
            escalate=self.escalate, temperatures=tuple(self.temperatures), first=self.first,
            matrix=None if self.matrix is None else self.matrix.model_dump(exclude_unset=True),
            question=Question(answer=self.answer, diff=self.diff), briefing=replace(asked.briefing, variables=variables),
        )  # fmt: skip


class NewRun(RunOrder):
    """One prompt for several agents. The fields are the options of `aideator run`; a field that is missing is as its option by default."""

    sent: SentCommits | None = Field(
        default=None, description="Commits that no repository has, uploaded before as PUT /api/v1/uploads says."
    )
    hidden: HiddenFiles | None = Field(
        default=None, description="Files that are laid over each tree before it is checked, and that no agent sees."
    )


class TeamOrder(Order):
    """One prompt for a team. `n`, `models`, `agents` and `roles` are for the stages that name none."""

    prompt: str = Field(min_length=1, description="What the team is to do.")
    team: str = Field(
        min_length=1, max_length=4000, description="Its name. From the server's own machine also the path of its file."
    )
    stages: str | None = Field(
        default=None,
        description="The team's stages file, in place of one that the server has. It names roles, models and agents, and no files.",
    )
    n: int | None = Field(
        default=None, ge=1, le=MOST, description="How many agents in each run of a stage. Default: 1."
    )
    budget: float | None = Field(default=None, gt=0, description="USD for all of the team. Default: as its file says.")


class NewTeam(TeamOrder):
    """One prompt for a team, with what was uploaded for it."""

    sent: SentCommits | None = Field(
        default=None, description="Commits that no repository has, uploaded before as PUT /api/v1/uploads says."
    )


class AgentConfig(Body):
    """Of the short form."""

    model: str | None = None
    temperature: float | None = Field(default=None, ge=0, le=2)


class ShortRun(Body):
    """The short form: a repository, a prompt, and how often to try."""

    github_url: str = Field(min_length=1)
    prompt: str = Field(min_length=1)
    variations: int = Field(default=3, ge=1, le=MOST)
    agent_config: AgentConfig = AgentConfig()

    def full(self) -> NewRun:
        models = [self.agent_config.model] if self.agent_config.model else []
        return NewRun(
            repository=self.github_url, prompt=self.prompt, n=self.variations, models=models, temperature=self.agent_config.temperature
        )  # fmt: skip


class Selecting(Body):
    """Which variation is the run's winner: `variation`, or the best by the rule of `compare`."""

    variation: int | None = Field(default=None, ge=1)
    best: bool = Field(
        default=False, description="Take the first by the rule of compare. Fails if none passed its checks."
    )
    note: str | None = Field(default=None, max_length=10_000, description="Why.")


class ShortSelecting(Body):
    """The short form."""

    winning_variation_id: int = Field(ge=1)


class Stopping(Body):
    """Which agents stop. Their work so far is kept."""

    variation: int | None = Field(default=None, ge=1, description="Default: all.")


class Continuing(Body):
    """A new run that goes on from a variation's patch. What is missing is as in the run of that variation."""

    prompt: str = Field(min_length=1, description="What is still to do.")
    variation: int | None = Field(
        default=None, ge=1, description="Default: the selected one, or the only one with a patch."
    )
    n: int | None = Field(default=None, ge=1, le=MOST, description="How many agents.")
    models: list[str] = Field(default=[], description="Each NAME or NAME:COUNT.")
    agents: list[str] = Field(default=[], description="Each AGENT[/MODEL][:COUNT].")
    roles: list[str] = Field(default=[], description="Each NAME or NAME:COUNT.")
    temperature: float | None = Field(default=None, ge=0, le=2)
    api_base: str | None = Field(default=None, description="An OpenAI-compatible endpoint. Needs the scope admin.")
    verify: list[str] = Field(default=[], description="Commands that check each patch, each [NAME=]COMMAND.")
    setup: list[str] = Field(default=[], description="Commands that run before the checks on each tree.")
    timeout: float | None = Field(default=None, gt=0, description="Seconds for each agent.")
    max_steps: int | None = Field(default=None, ge=1, description="Turns of the model, for each agent.")
    max_cost: float | None = Field(default=None, gt=0, description="USD for each agent.")
    budget: float | None = Field(default=None, gt=0, description="USD for all agents together.")
    retries: int | None = Field(default=None, ge=0, description="How often to retry what infrastructure failed.")
    max_parallel: int | None = Field(default=None, ge=1, description="How many agents may be at work at once.")
    first: int | None = Field(default=None, ge=1, description="Stop the others when this many have succeeded.")
    allow_local_shell: bool = Field(
        default=False, description="Let a model's commands run on the server's machine. Needs the scope admin."
    )

    @property
    def workers(self) -> list[str]:
        """Returns every text that names a model or an agent."""
        return [*self.models, *self.agents]

    def anew(self) -> Anew:
        return Anew(
            self.prompt, n=self.n, models=self.models, agents=self.agents, roles=self.roles, temperature=self.temperature,
            api_base=self.api_base, verify=self.verify, setup=self.setup, timeout=self.timeout, max_steps=self.max_steps,
            max_cost=self.max_cost, budget=self.budget, parallel=self.max_parallel, first=self.first, retries=self.retries,
            allow_local_shell=self.allow_local_shell,
        )  # fmt: skip


class Merging(Body):
    """Variations whose patches become one, which is checked as a new run. No model is asked."""

    variations: list[Annotated[str, Field(pattern=VARIATION)]] = Field(
        min_length=1,
        max_length=MOST,
        description="Each RUN/N. The first one's run has the checks, and says where they run.",
    )
    only: list[Annotated[str, Field(max_length=MOST_PART)]] = Field(
        default=[],
        max_length=MOST_PARTS,
        description="Each RUN/N:PATH or RUN/N:PATH#HUNK,…: what is taken of a variation.",
    )
    take: list[Annotated[str, Field(max_length=MOST_PART)]] = Field(
        default=[], max_length=MOST_PARTS, description="Each RUN/N:PATH: whose changes win where they conflict."
    )


class Naming(Body):
    """What the run's user calls it."""

    name: str | None = Field(
        max_length=200, description="A letter, then letters, digits, and . _ -; 50 at most. null takes the name away."
    )


class Noting(Body):
    """What the run's user says of it."""

    note: str | None = Field(max_length=10_000, description="4,000 characters at most. null removes the note.")


class Tagging(Body):
    """Tags that the run gets, or loses."""

    add: list[str] = Field(default=[], max_length=MOST_TAGS, description="Tags that it gets, too.")
    remove: list[str] = Field(default=[], max_length=MOST_TAGS, description="Tags that it has, and loses.")


class Retrying(Body):
    """Which variations are tried again."""

    variation: int | None = Field(default=None, ge=1, description="Default: those that infrastructure failed.")
    force: bool = Field(default=False, description="Whatever the result was.")
    fresh: bool = Field(default=False, description="Start over instead of going on from the last checkpoint.")


class Judging(Body):
    """Who compares the patches that passed their checks."""

    model: str | None = Field(default=None, description="Default: the configured model.")
    max_pairs: int = Field(default=15, ge=1, le=200, description="Pairs at most; each is asked about twice.")


class Telling(Body):
    """What agents at work get before their next turn."""

    text: str = Field(min_length=1)
    variation: int | None = Field(default=None, ge=1, description="Default: all that are at work.")


def _form_of_run(body: Any) -> str:
    return "short" if _has(body, "github_url") else "full"


def _form_of_selection(body: Any) -> str:
    return "short" if _has(body, "winning_variation_id") else "full"


def _has(body: Any, name: str) -> bool:
    return name in body if isinstance(body, dict) else hasattr(body, name)


AnyRun = Annotated[Annotated[NewRun, Tag("full")] | Annotated[ShortRun, Tag("short")], Discriminator(_form_of_run)]
AnySelection = Annotated[
    Annotated[Selecting, Tag("full")] | Annotated[ShortSelecting, Tag("short")], Discriminator(_form_of_selection)
]
