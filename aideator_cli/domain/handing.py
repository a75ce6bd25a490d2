"""What the stages of a team hand to each other, and what is to be begun next."""

from typing import Literal

from aideator_agent.values import frozen
from aideator_cli.domain.teams import Plan, Stage, Step, Task, TeamRun
from aideator_cli.system.clock import now, seconds_between

NO_PATCH = b""
OVER = ("ended", "deleted")  # states of steps that have nothing more to tell


@frozen
class Work:
    """A patch on the base, and whose it is."""

    names: tuple[str, ...] = ()  # each RUN/N; several if it was merged
    patch: bytes = NO_PATCH
    base: str | None = None  # commit; None: nobody has said it yet
    prompts: tuple[str, ...] = ()  # what it was made for

    @property
    def name(self) -> str | None:
        """Returns the run whose result it is."""
        return self.names[0] if len(self.names) == 1 else None


NOTHING = Work()


@frozen
class Finding:
    """Why work is sent back."""

    by: str  # the stage
    text: str
    tasks: tuple[str, ...] = ()  # that are to be done again; empty: all


@frozen
class Clash:
    """Work that does not fit what the agent begins with."""

    task: Task
    patch: bytes
    why: str


@frozen
class Wanted:
    """A step that is to be begun: a run."""

    key: str
    stage: Stage
    kind: Literal["work", "answer", "check"]  # check: nobody works, the patch is only checked
    work: Work = NOTHING  # what it begins with
    plan: Plan | None = None
    task: Task | None = None
    finding: Finding | None = None  # what is to become different
    clash: Clash | None = None
    again: str = ""  # why the same is asked again
    sharing: int = 1  # among how many steps what is left of the team's money is split


@frozen
class Told:
    """What came of a step, for people."""

    result: str | None  # RUN/N that was taken
    text: str
    good: bool = True


@frozen
class Message:
    """What one of a team has said to another, or handed over. Its text is an agent's, or a person's."""

    id: str  # the same whenever it is read
    time: str  # RFC 3339, UTC
    what: Literal[
        "handed", "said", "asked", "answered", "told"
    ]  # said: what came of a step; told: by a person, to an agent
    by: str  # a step, a role, or `PERSON`
    to: str  # the same; empty: to whoever comes next
    text: str
    run: str  # RUN/N, or the run of the step
    waits: bool = False  # asked: nobody has answered yet, and its agent is there


@frozen
class Over:
    """How a team has ended."""

    state: Literal["succeeded", "failed"]
    reason: str = ""
    result: str | None = None  # RUN/N


@frozen
class StepState:
    """One step of a team, for people and programs."""

    step: Step
    state: str  # as of a run: submitting, running, ended; or deleted
    roles: tuple[str, ...]
    agents: int
    begins_with: tuple[str, ...]  # RUN/N: whose work was handed to it
    seconds: float
    cost: float | None  # USD; None: unknown
    told: Told | None  # what came of it; None: nothing yet

    @property
    def at_work(self) -> bool:
        return self.state not in OVER

    @property
    def is_deleted(self) -> bool:
        return self.state == "deleted"


@frozen
class TeamState:
    run: TeamRun
    steps: tuple[StepState, ...]  # in the order in which they began

    @property
    def cost(self) -> float | None:
        over = self.run.state != "running"
        costs = [None if over and each.is_deleted else each.cost for each in self.steps]
        return None if None in costs else sum(each or 0.0 for each in costs)

    @property
    def has_lost_result(self) -> bool:
        """Whether the run that has the team's result was deleted."""
        run = (self.run.result or "").partition("/")[0]
        return any(each.step.run == run and each.is_deleted for each in self.steps)

    @property
    def seconds(self) -> float:
        return seconds_between(self.run.created, self.run.ended or now())
