"""The lines of teams."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NotRequired, TypedDict

from aideator_cli.domain.teams import Stage, Team


class TeamStage(TypedDict):
    """A stage of a team; null where it leaves a setting to the run."""

    name: str
    role: str | None
    n: int
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


class TeamFile(TypedDict):
    """A team's stages file; `text` is the file, of `teams show`."""

    kind: Literal["team_file"]
    name: str
    place: str
    description: str
    checks: Mapping[str, str]
    stages: Sequence[TeamStage]
    limits: TeamLimits
    text: NotRequired[str]


def definition(team: Team) -> dict[str, Any]:
    """Returns the line of a stages file."""
    return {
        "kind": "team_file", "name": team.name, "place": team.place, "description": team.description, "checks": dict(team.checks),
        "stages": [_stage(stage) for stage in team.stages], "limits": {"cost": team.cost, "seconds": team.seconds},
    }  # fmt: skip


def _stage(stage: Stage) -> TeamStage:
    return {
        "name": stage.name, "role": stage.role, "n": stage.n, "model": stage.model, "agent": stage.agent, "each": stage.each,
        "waits_for": stage.waits_for, "start": stage.start, "produces": produces(stage), "rework": stage.rework, "rounds": stage.rounds,
        "verify": stage.verify, "seconds": stage.seconds, "cost": stage.cost,
    }  # fmt: skip


def produces(stage: Stage) -> Literal["plan", "tests", "decision", "patch"]:
    return "plan" if stage.plans else "decision" if stage.decides else "tests" if stage.keeps_tests else "patch"
