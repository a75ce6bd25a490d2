"""The lines of teams."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NotRequired, TypedDict

if TYPE_CHECKING:  # who writes schemas loads the types alone
    from aideator_cli.domain.handing import Message, StepState, TeamState
    from aideator_cli.domain.teams import Stage, Team, TeamRun


class TeamStage(TypedDict):
    """A stage of a team; null where it leaves a setting to the run."""

    name: str
    role: str | None
    n: int | None
    model: str | None
    agent: str | None
    each: str | None
    waits_for: Sequence[str]
    start: str | None
    produces: Literal["plan", "tests", "decision", "patch"]
    rework: str | None
    rounds: int
    verify: Sequence[str] | None
    seconds: float | None
    cost: float | None


class TeamLimits(TypedDict):
    """Limits for all of a team; null where there is none."""

    cost: float | None
    seconds: float | None
    answer: float | None


class TeamMost(TypedDict):
    """What a team may start and spend at most; `cost` is null if nothing limits it."""

    agents: int
    cost: float | None


class TeamFile(TypedDict):
    """A team's stages file; `text` is the file, of `teams show`.

    `run --team --dry-run` counts `most`, and `lacks` says why it can't be started yet.
    """

    kind: Literal["team_file"]
    name: str
    place: str
    description: str
    checks: Mapping[str, str]
    stages: Sequence[TeamStage]
    limits: TeamLimits
    text: NotRequired[str]
    most: NotRequired[TeamMost]
    lacks: NotRequired[str]


class TeamStep(TypedDict):
    """One step of a team: a run. `begins_with`: RUN/N of the work that was handed to it; `told`: what came of it."""

    step: str
    stage: str
    task: str | None
    run: str
    state: str
    begun: str
    roles: Sequence[str]
    agents: int
    begins_with: Sequence[str]
    result: str | None
    told: str | None
    good: bool | None
    seconds: float
    cost: float | None


class TeamTask(TypedDict):
    """A task of a team's plan."""

    id: str
    title: str
    role: NotRequired[str]
    needs: Sequence[str]
    files: Sequence[str]
    done_when: str


class TeamPlan(TypedDict):
    """What a team works by."""

    summary: str
    tasks: Sequence[TeamTask]


class StartedTeam(TypedDict):
    """A team that was started, and how far it is. `result`: RUN/N."""

    kind: Literal["team"]
    team: str
    name: str
    created: str
    ended: str | None
    state: Literal["running", "succeeded", "failed", "cancelled"]
    reason: str
    prompt: str
    result: str | None
    cost: float | None
    seconds: float
    limits: TeamLimits
    plan: TeamPlan | None
    steps: Sequence[TeamStep]


class ListedTeam(TypedDict):
    """A team in a server's list. `result`: RUN/N."""

    kind: Literal["listed_team"]
    team: str
    name: str
    created: str
    ended: str | None
    state: Literal["running", "succeeded", "failed", "cancelled"]
    reason: str
    prompt: str
    result: str | None
    user: str | None


class TeamMessage(TypedDict):
    """What one of a team has handed or said to another. `by` and `to`: a step, a role, or `user`, a person; `run`: where it was said.

    `message` is its id: it stays the same.
    """

    kind: Literal["team_message"]
    team: str
    message: str
    time: str
    what: Literal["handed", "said", "asked", "answered", "told"]
    by: str
    to: str
    text: str
    run: str


class TeamBegun(TypedDict):
    """A team that `run --team --detach` has started."""

    kind: Literal["team_begun"]
    team: str


def team_record(state: "TeamState") -> dict[str, Any]:
    """Returns the line of a team that was started."""
    run = state.run
    return {
        "kind": "team", "team": run.id, "name": run.team.name, "created": run.created, "ended": run.ended, "state": run.state,
        "reason": run.reason, "prompt": run.prompt, "result": run.result, "cost": state.cost, "seconds": round(state.seconds, 3),
        "limits": _limits(run.team), "plan": run.plan.as_json() if run.plan else None,
        "steps": [_step(each) for each in state.steps],
    }  # fmt: skip


def listed_record(run: "TeamRun") -> dict[str, Any]:
    """Returns the line of a team in a list, for which nothing of its steps is read."""
    return {
        "kind": "listed_team", "team": run.id, "name": run.team.name, "created": run.created, "ended": run.ended, "state": run.state,
        "reason": run.reason, "prompt": run.prompt, "result": run.result, "user": run.owner,
    }  # fmt: skip


def message_record(team: str, each: "Message") -> dict[str, Any]:
    return {
        "kind": "team_message", "team": team, "message": each.id, "time": each.time, "what": each.what, "by": each.by, "to": each.to,
        "text": each.text, "run": each.run,
    }  # fmt: skip


def _step(each: "StepState") -> TeamStep:
    told = each.told
    return {
        "step": each.step.key, "stage": each.step.stage, "task": each.step.task, "run": each.step.run, "state": each.state,
        "begun": each.step.begun, "roles": each.roles, "agents": each.agents, "begins_with": each.begins_with,
        "result": told.result if told else None, "told": told.text if told else None, "good": told.good if told else None,
        "seconds": round(each.seconds, 3), "cost": each.cost,
    }  # fmt: skip


def definition(team: "Team") -> dict[str, Any]:
    """Returns the line of a stages file."""
    return {
        "kind": "team_file", "name": team.name, "place": team.place, "description": team.description, "checks": dict(team.checks),
        "stages": [_stage(stage) for stage in team.stages], "limits": _limits(team),
    }  # fmt: skip


def drawn_record(team: "Team", agents: int, cost: float | None, lacks: str | None) -> dict[str, Any]:
    """Returns the line of a team that would be started. `agents`, `cost`: at most; `lacks`: why it can't be started yet."""
    most: TeamMost = {"agents": agents, "cost": cost}
    return {**definition(team), "most": most, **({} if lacks is None else {"lacks": lacks})}


def _limits(team: "Team") -> TeamLimits:
    return {"cost": team.cost, "seconds": team.seconds, "answer": team.answer}


def _stage(stage: "Stage") -> TeamStage:
    return {
        "name": stage.name, "role": stage.role, "n": stage.n, "model": stage.model, "agent": stage.agent, "each": stage.each,
        "waits_for": stage.waits_for, "start": stage.start, "produces": produces(stage), "rework": stage.rework, "rounds": stage.rounds,
        "verify": stage.verify, "seconds": stage.seconds, "cost": stage.cost,
    }  # fmt: skip


def produces(stage: "Stage") -> Literal["plan", "tests", "decision", "patch"]:
    return "plan" if stage.plans else "decision" if stage.decides else "tests" if stage.keeps_tests else "patch"
