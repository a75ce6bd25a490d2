"""A team: stages that hand work to each other, each of them a run. Its plan, its steps, and how far it is."""

import json
import string
from collections.abc import Mapping
from dataclasses import asdict, field
from functools import cached_property
from typing import Any, Final, Literal, Self

from aideator_agent.spec import TeamStep
from aideator_agent.values import frozen
from aideator_cli.errors import ExitCode

MOST_STAGES: Final = 20
MOST_TASKS: Final = 50
MOST_ROUNDS: Final = 10
TASK_ROLE: Final = "{{ task.role }}"  # a stage's role that each task's own takes the place of
TASK_NEEDS: Final = "{{ task.needs }}"

State = Literal["running", "succeeded", "failed", "cancelled"]


@frozen
class Task:
    """One task of a plan. Its texts are a model's words."""

    id: str
    title: str
    role: str | None = None  # None: the stage's
    needs: tuple[str, ...] = ()  # ids of tasks whose work it begins with
    files: tuple[str, ...] = ()  # paths that it is expected to change
    done_when: str = ""


@frozen
class Plan:
    tasks: tuple[Task, ...]
    summary: str = ""

    def task(self, id_: str) -> Task | None:
        return next((task for task in self.tasks if task.id == id_), None)

    def as_json(self) -> dict[str, Any]:
        """Returns what the schema of a plan describes."""
        return {"summary": self.summary, "tasks": [_task_as_json(task) for task in self.tasks]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        tasks = [{**each, "needs": tuple(each["needs"]), "files": tuple(each["files"])} for each in data["tasks"]]
        return cls(tuple(Task(**each) for each in tasks), data["summary"])


def _task_as_json(task: Task) -> dict[str, Any]:
    data = {**asdict(task), "needs": list(task.needs), "files": list(task.files)}
    return {name: value for name, value in data.items() if value is not None}


@frozen
class Stage:
    """One stage of a team, as its file says. What is None is left to the run."""

    name: str
    role: str | None = None  # a role's name, a file, or `TASK_ROLE`
    n: int | None = None  # variations
    model: str | None = None
    agent: str | None = None
    each: str | None = None  # the stage whose plan's tasks it does, one run each
    needs: tuple[str, ...] = ()  # stages that it waits for, besides those whose work it takes
    ordered: bool = True  # with `each`: whether tasks wait for those that they need
    start: str | None = None  # `from`: the stage whose work it begins with; None: the base
    plans: bool = False  # `produces: plan`
    keeps_tests: bool = False  # `keep: tests`
    decides: bool = False  # `decides: [accept, rework]`
    rework: str | None = None  # the stage that does its work again
    rounds: int = 1  # how often it may send work back
    verify: tuple[str, ...] | None = None  # names of checks; None: all
    prompt: str = ""  # what its agents are told besides
    seconds: float | None = None
    cost: float | None = None  # USD for all of its agents together, in one run

    @property
    def answers(self) -> bool:
        """Whether its agents answer and change nothing."""
        return self.plans or self.decides

    @property
    def waits_for(self) -> tuple[str, ...]:
        """Returns the stages that must have ended before it begins."""
        return tuple(dict.fromkeys(name for name in (self.start, self.each, *self.needs) if name))


@frozen
class Team:
    """What a stages file says."""

    name: str
    place: str  # for people: `shipped`, or the file
    stages: tuple[Stage, ...]
    description: str = ""
    checks: Mapping[str, str] = field(default_factory=dict)  # name -> command
    cost: float | None = None  # USD for all of it
    seconds: float | None = None  # for all of it
    answer: float | None = None  # seconds that an agent's question waits for a person; None: the role answers at once

    def stage(self, name: str) -> Stage:
        """Raises `KeyError`."""
        return {stage.name: stage for stage in self.stages}[name]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(stage.name for stage in self.stages)

    @cached_property
    def ordered(self) -> tuple[Stage, ...]:
        """Returns the stages, each after those that it waits for."""
        found: list[Stage] = []
        left = list(self.stages)
        while left:
            ready = [each for each in left if all(name in {one.name for one in found} for name in each.waits_for)]
            if not ready:
                return (*found, *left)
            found.append(ready[0])
            left.remove(ready[0])
        return tuple(found)

    @property
    def last(self) -> Stage:
        """Returns the stage whose work is the team's result."""
        return self.ordered[-1]

    def after(self, name: str) -> tuple[str, ...]:
        """Returns the stage, and those that wait for it, directly or not."""
        found = [name]
        for stage in self.ordered:
            if stage.name not in found and any(one in found for one in stage.waits_for):
                found.append(stage.name)
        return tuple(found)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        stages = tuple(
            Stage(**{**each, "needs": tuple(each["needs"]), "verify": None if each["verify"] is None else tuple(each["verify"])})
            for each in data["stages"]
        )  # fmt: skip
        return cls(**{**data, "stages": stages})


@frozen
class Asked:
    """What the command line asks of every stage that does not say it itself. None leaves it to the configuration."""

    models: tuple[str, ...] = ()  # each NAME or NAME:COUNT
    agents: tuple[str, ...] = ()
    role: str | None = None
    n: int | None = None  # variations
    parallel: int | None = None  # variations of one run at work at once
    cost: float | None = None  # USD, for each agent
    seconds: float = 1800.0  # for each agent
    api_base: str | None = None
    temperature: float | None = None
    allow_local_shell: bool = False


@frozen
class TeamRun:
    """One prompt on one repository, given to a team."""

    id: str
    created: str  # RFC 3339, UTC
    team: Team
    prompt: str
    asked: Asked = Asked()
    state: State = "running"
    reason: str = ""  # why it has failed
    result: str | None = None  # RUN/N: the work that it ended with
    plan: Plan | None = None  # the newest, once there is one
    ended: str | None = None
    owner: str | None = None  # the user of the server who has started it
    server: str | None = None  # the URL of the server that moves it on; None: whoever watches does
    stale: str | None = None  # why that server could not be asked; it is then as it was last seen

    @property
    def exit_code(self) -> ExitCode:
        """Returns that of a team that has ended."""
        return {"succeeded": ExitCode.OK, "cancelled": ExitCode.INTERRUPTED}.get(self.state, ExitCode.FAILED)

    @property
    def state_in_words(self) -> str:
        return "at work" if self.state == "running" else self.state

    def run_of(self, step: str) -> str:
        """Returns the id of the run that a step is. It follows from the team's id, so that no step can be begun twice."""
        first = self.team.ordered[0].name
        return _derived(self.id, "" if step == first else step)

    def has_step(self, key: str, step: TeamStep | None) -> bool:
        """Whether the run with this id is the step, and not another one that has the same id by chance."""
        return step is not None and (step.team, step.key) == (self.id, key)

    def document(self) -> str:
        """Returns what another machine needs to take the team over, as JSON."""
        data = {
            "created": self.created,
            "prompt": self.prompt,
            "team": self.team.as_json(),
            "asked": asdict(self.asked),
        }
        return json.dumps(data, separators=(",", ":"))

    @classmethod
    def of(cls, id_: str, document: str) -> Self:
        """Raises `ValueError`, `KeyError` or `TypeError` for another text than `document` returns."""
        data = json.loads(document)
        asked = {**data["asked"], "models": tuple(data["asked"]["models"]), "agents": tuple(data["asked"]["agents"])}
        return cls(id_, str(data["created"]), Team.from_json(data["team"]), str(data["prompt"]), Asked(**asked))


@frozen
class Step:
    """One run of a team, as the store has it. `key` names the stage, and perhaps a task and a round: `build/csv@2`."""

    team: str
    key: str
    run: str
    begun: str  # RFC 3339, UTC

    @property
    def stage(self) -> str:
        return stage_of(self.key)

    @property
    def task(self) -> str | None:
        return task_of(self.key)


def key_of(stage: str, task: str | None = None, round_: int = 1, what: str = "") -> str:
    """Returns a step's key. `what`: `again` (asked again), `merge`, `conflict`, `kept`; empty: the stage's own work."""
    return f"{stage}{f'/{task}' if task else ''}{f'@{round_}' if round_ > 1 else ''}{f'+{what}' if what else ''}"


def also(key: str, what: str) -> str:
    """Returns the key of a step that another one needs, such as a check of what it has left."""
    return f"{key}.{what}" if "+" in key else f"{key}+{what}"


def stage_of(key: str) -> str:
    return key.partition("+")[0].partition("@")[0].partition("/")[0]


def task_of(key: str) -> str | None:
    return key.partition("+")[0].partition("@")[0].partition("/")[2] or None


def round_of(key: str) -> int:
    return int(key.partition("+")[0].partition("@")[2] or 1)


def what_of(key: str) -> str:
    return key.partition("+")[2]


def first_run(team: str) -> str:
    """Returns the id of a team's first run, which holds the team's document."""
    return _derived(team, "")


def _derived(team: str, step: str) -> str:
    import hashlib  # loads OpenSSL, which showing runs does not need

    number = int.from_bytes(hashlib.sha256(f"{team}/{step}".encode()).digest()[:8], "big")
    letters = string.ascii_lowercase + string.digits
    number, first = divmod(number, 26)
    rest = ""
    for _ in range(6):
        number, at = divmod(number, len(letters))
        rest += letters[at]
    return string.ascii_lowercase[first] + rest
