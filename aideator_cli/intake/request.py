"""A user's request. Each part is one object that is made once and passed on whole."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aideator_agent.spec import MAX_FILE, Issue
from aideator_agent.values import frozen

if TYPE_CHECKING:
    from aideator_cli.intake.sending.packed import Packed


@frozen
class Where:
    """Where a new run goes, or where to look for an existing one. None means that the configuration decides."""

    backend: str | None = None  # auto, kubernetes or local
    context: str | None = None  # a context of the kubeconfig
    namespace: str | None = None
    server: str | None = None  # the URL of an AIdeator server


@frozen
class Shares:
    """What each container gets, as REQUEST[:LIMIT]. None means that the configuration decides."""

    cpu: str | None = None
    memory: str | None = None
    disk: str | None = None
    check_cpu: str | None = None  # of the container for checks; None: as the others
    check_memory: str | None = None
    check_disk: str | None = None


@frozen
class Placing:
    """Which nodes take the pods, and how."""

    node_selector: Sequence[str] = ()  # each KEY=VALUE
    tolerations: Sequence[str] = ()  # each KEY[=VALUE][:EFFECT]
    priority_class: str | None = None
    runtime_class: str | None = None
    queue: str | None = None  # the LocalQueue of Kueue in which the Jobs wait
    queue_priority: str | None = None  # the WorkloadPriorityClass of the Jobs


@frozen
class Identity:
    """As whom the pods run, and how others know them."""

    run_as: str | None = None  # a user id, or `any`: the platform's choice
    service_account: str | None = None
    image_pull_secrets: Sequence[str] = ()
    labels: Sequence[str] = ()  # each KEY=VALUE
    annotations: Sequence[str] = ()  # each KEY=VALUE


@frozen
class Surroundings:
    """What git, the model and the commands find around them."""

    env: Sequence[
        str
    ] = ()  # each NAME=VALUE, for commands and checks; HTTPS_PROXY and the like also for git and the model
    env_from: Sequence[str] = ()  # Secrets whose entries become variables of commands and checks
    ca: Path | None = None  # PEM file with certificate authorities to trust besides the system's


@frozen
class Pod:
    """The settings of a pod. None means that the configuration decides."""

    image: str | None = None  # the image in which the commands run
    agent_image: str | None = None
    secret: str | None = None  # the Secret with the providers' keys
    shares: Shares = field(default_factory=Shares)
    placing: Placing = field(default_factory=Placing)
    identity: Identity = field(default_factory=Identity)
    patch: Path | None = None  # YAML file with a strategic merge patch of the pod


@frozen
class Bounds:
    """The limits that end agents."""

    timeout: float = 1800.0  # seconds, per agent
    start_timeout: float = 600.0  # seconds within which an agent must start
    max_steps: int = 100  # turns of the model, per agent
    max_tokens: int | None = None  # input and output of the model's turns, per agent
    max_output: int | None = None  # tokens of one turn; None: as many as the model can write
    context_window: int | None = None  # tokens; None: the model's own
    command_timeout: float = 300.0  # seconds, per command of a model
    max_cost: float | None = None  # USD, per agent
    budget: float | None = None  # USD, for all agents together
    max_file: int = MAX_FILE  # bytes; a larger file is left out of the patch


@frozen
class Checking:
    """How each patch is checked."""

    verify: Sequence[str] = ()  # commands, each as [NAME=]COMMAND
    setup: Sequence[str] = ()  # commands that run before the checks on each tree
    baseline: bool = True  # whether the checks also run on the unchanged base
    repeat: int = 1  # how often each check runs; all must pass
    timeout: float = 600.0  # seconds, per command
    report: str | None = None  # the JUnit XML file that the checks write
    hidden: Path | None = None  # a folder whose files are laid over each tree that is checked, and that no agent sees
    hidden_verify: Sequence[str] = ()  # commands that no agent sees, each as [NAME=]COMMAND
    unseen: Mapping[str, tuple[bytes, bool]] | None = (
        None  # the files of `hidden`, read by another machine; in its place
    )
    allow_change: Sequence[str] = ()  # globs of tests and check settings that a patch may change
    signals: bool = True  # whether each patch is searched for what a reviewer wants to know

    @property
    def hides(self) -> bool:
        """Returns whether there is something that no agent sees."""
        return bool(self.hidden or self.hidden_verify or self.unseen)


@frozen
class Sending:
    """What the agents get of a local repository besides a commit that they can clone."""

    dirty: bool = False  # the working tree as it is, not HEAD
    carry: Sequence[Path] = ()  # files and folders that no commit has, besides those that .worktreeinclude names
    secrets: bool = False  # whether files that look like secrets may be among it
    withhold: bool = False  # whether what looks like a secret is kept from the model
    brought: "Packed | None" = None  # packed by another machine; then the repository is not looked at


@frozen
class Cloning:
    """What the agents get of the repository, and by which right."""

    git_secret: str | None = None  # the Secret with a token or an ssh key; None: the configuration decides
    subdir: str | None = None  # the folder in which commands start
    depth: int | None = None  # commits of the history; None: all
    sparse: Sequence[str] = ()  # folders; empty: all
    submodules: bool = True


@frozen
class Agents:
    """Who works, if not AIdeator's own loop."""

    named: Sequence[str] = ()  # each AGENT[/MODEL][:COUNT]; empty: the configured one
    command: str | None = None  # of a program without a preset
    own_home: bool = False  # whether they run in the user's own HOME, logged in, without the key proxy


@frozen
class Question:
    """Whether the agents answer a question instead of changing files, and what they look at."""

    answer: bool = False
    diff: str | None = None  # A..B or A...B: the commits whose difference they are shown


@frozen
class Briefing:
    """What the agents are told besides the prompt."""

    roles: Sequence[str] = ()  # each NAME, NAME:COUNT or a file; empty: the configured role
    variables: Sequence[str] = ()  # each NAME=VALUE; with any, prompts are templates
    variable_files: Sequence[Path] = ()  # YAML or JSON
    mcp: Sequence[Path] = ()  # JSON files with MCP servers; empty: the configured one
    memory: bool = True  # whether the agents get notes on the repository


@frozen
class Request:
    """One prompt on one repository, and how to try it."""

    repo: str  # a URL, or a path on this machine
    prompt: str | None  # None: the matrix has the prompts, or the issue says it
    n: int | None = None  # number of variations; None: `models` or the matrix decides
    models: Sequence[str] = ()  # each NAME or NAME:COUNT; empty: the configured model
    agents: Agents = field(default_factory=Agents)
    matrix: Path | Mapping[str, Any] | None = None  # its file, or what that says
    temperature: float | None = None  # None: the model's default
    temperatures: Sequence[float | None] = ()  # one for each variation, in place of `temperature`; None: as there
    api_base: str | None = None  # an OpenAI-compatible endpoint
    escalate: Sequence[str] = ()  # the steps of a cascade, each a policy or a model: one is tried after the other
    private: bool = False  # whether the repository's text may go to hosts of the user's list alone
    ref: str | None = None  # branch, tag or commit; None: the remote's HEAD
    allow_local_shell: bool = False  # whether a real model's commands may run on this machine
    parallel: int | None = None  # how many variations may be at work at once; None: all
    first: int | None = None  # stop the others when this many have succeeded
    search: str = "own"  # which agents have the search without a role that names it: own, all or none
    retries: int | None = None  # how often to retry a variation that infrastructure failed; None: once
    bounds: Bounds = field(default_factory=Bounds)
    checking: Checking = field(default_factory=Checking)
    pod: Pod = field(default_factory=Pod)
    surroundings: Surroundings = field(default_factory=Surroundings)
    sending: Sending = field(default_factory=Sending)
    cloning: Cloning = field(default_factory=Cloning)
    question: Question = field(default_factory=Question)
    briefing: Briefing = field(default_factory=Briefing)
    issue: Issue | None = None  # what the prompt is about
    only_shown: bool = False  # whether it is only shown what would start, which needs neither keys nor permission


@frozen
class Anew:
    """What a run that goes on from another's work is asked. What is None or empty is as in that run."""

    prompt: str = ""
    n: int | None = None  # number of variations
    models: Sequence[str] = ()  # as in `Request`
    agents: Sequence[str] = ()  # as in `Agents`
    roles: Sequence[str] = ()  # as in `Briefing`
    temperature: float | None = None
    api_base: str | None = None
    verify: Sequence[str] = ()  # as in `Checking`
    setup: Sequence[str] = ()
    timeout: float | None = None  # as in `Bounds`
    max_steps: int | None = None
    max_cost: float | None = None
    budget: float | None = None
    parallel: int | None = None  # as in `Request`
    first: int | None = None
    retries: int | None = None
    allow_local_shell: bool = False  # always asked anew
    secret: str | None = None  # the Secret with the providers' keys
