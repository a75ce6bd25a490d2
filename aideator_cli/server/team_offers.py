"""The tools of teams that the MCP server offers a model: a team is started, looked at, waited for, stopped, and its patch read."""

import asyncio
import time
from typing import Any, Final

from pydantic import Field

from aideator_cli.actions.here import Here
from aideator_cli.domain.handing import OVER
from aideator_cli.domain.teams import TeamRun
from aideator_cli.errors import not_found, refused
from aideator_cli.intake.teams.finding import is_path
from aideator_cli.server import bodies
from aideator_cli.server.access import check_kept
from aideator_cli.server.foreign import admissible
from aideator_cli.server.offers import (
    LISTED,
    LONGEST_WAIT,
    LOOK_SECONDS,
    SHELL,
    Answer,
    Checked,
    Tell,
    Tool,
    Work,
    check_call,
    of_patch,
)
from aideator_cli.server.teams import acting
from aideator_cli.server.teams.routes import page, patch_of, shown


class OfTeam(bodies.Body):
    team: str = Field(max_length=40, description="The team's id, such as t8d2m4x.")


class TeamStatus(bodies.Body):
    team: str | None = Field(default=None, max_length=40, description="The team's id. Default: the newest teams.")
    timeout: float = Field(
        default=0, ge=0, le=LONGEST_WAIT, description="Seconds to wait for the team's end. 0: answer at once."
    )


async def _start(work: Work, told: bodies.TeamOrder, _tell: Tell) -> Answer:
    asked = bodies.NewTeam.model_validate(told.model_dump(exclude_unset=True))
    check_call(work, asked)
    if not work.shell and asked.stages is None and is_path(asked.team):
        raise refused("a tool call may not name the file of a team", hint=SHELL)
    async with work.core.turn(work.caller.name):
        team = await work.core.act(acting.start, admissible(work.caller, asked), work.caller.name, None)
    work.noted["target"] = team
    work.followers.look()
    data = await work.core.read(shown, work.looks, team)
    return Answer(f"Started team {team}. Call team_status with a timeout until it is over.\n{_told(data)}", data)


async def _status(work: Work, asked: TeamStatus, tell: Tell) -> Answer:
    if asked.team is None:
        data = await work.core.read(page, work.caller.sees, None, LISTED, None)
        return Answer("\n".join(map(_line, data["teams"])) or "There are no teams yet.", data)
    end, checked, last = time.monotonic() + asked.timeout, Checked(work), -1
    data = await _shown(work, asked.team)
    while data["state"] == "running" and time.monotonic() < end:
        ended = sum(step["state"] in OVER for step in data["steps"])
        if ended > last:
            await tell(ended, len(data["steps"]), "steps")
            last = ended
        await asyncio.sleep(min(LOOK_SECONDS, max(0.0, end - time.monotonic())))
        await checked.again()
        data = await _shown(work, asked.team)
    return Answer(_told(data), data)


async def _patch(work: Work, asked: OfTeam, _tell: Tell) -> Answer:
    patch = await patch_of_team(work, asked.team)
    answer = of_patch(f"team {asked.team}", patch, patch_uri(asked.team), {"team": asked.team})
    return Answer(f"{answer.says}\nThe user applies it with: aideator apply {asked.team}", answer.data, answer.more)


async def _cancel(work: Work, asked: OfTeam, _tell: Tell) -> Answer:
    check_kept(work.deleting, asked.team, "team")
    work.noted["target"] = asked.team
    await work.core.read(_found, work, asked.team)
    await work.core.act(acting.cancel, asked.team)
    data = await _shown(work, asked.team)
    return Answer(f"Asked to stop; the work so far is kept.\n{_told(data)}", data)


TOOLS: Final = (
    Tool(
        "team",
        "Give one task to a team of roles, which hand work to each other: one plans, others build side by side, one tests, one "
        "reviews and sends back what is not good. Use it for what is too much for one agent, and run for the rest. `team` is "
        "feature, bugfix, review or refactor, or one of the repository's own; `verify` tells right from wrong; `budget` is for "
        "all of it. It answers at once with the team's id; the agents then take minutes to hours and cost the user money. "
        "Nothing of the user's files changes.",
        bodies.TeamOrder,
        _start,
        starts=True,
    ),
    Tool(
        "team_status",
        "How far a team is, with its plan and each of its steps, which are runs; waits for its end as long as `timeout` says, "
        "with progress. Without `team`, the newest teams.",
        TeamStatus,
        _status,
        reads=True,
    ),
    Tool(
        "team_patch",
        "The patch of a team's result, for git apply. A long one is cut, and says so.",
        OfTeam,
        _patch,
        reads=True,
    ),
    Tool(
        "team_cancel",
        "End a team, and stop its agents. Their work so far is kept.",
        OfTeam,
        _cancel,
        stops=True,
    ),
)


def patch_uri(team: str) -> str:
    return f"aideator://teams/{team}/patch"


async def patch_of_team(work: Work, team: str) -> bytes:
    await work.core.read(_found, work, team)
    return await work.core.act(patch_of, team)


def _found(here: Here, work: Work, team: str) -> TeamRun:
    """Says of another user's team what it says of none."""
    found = here.store.team(team)
    if found is None or not (work.caller.owns_machine or found.owner == work.caller.name):
        raise not_found(f"there is no team {team}", hint="call team_status without team: it lists the newest")
    return found


async def _shown(work: Work, team: str) -> dict[str, Any]:
    await work.core.read(_found, work, team)
    work.followers.look()
    return await work.core.read(shown, work.looks, team)


def _told(team: dict[str, Any]) -> str:
    steps = ", ".join(f"{step['step']} {step['told'] or step['state']}" for step in team["steps"])
    return f"{_line(team)}: {steps}\n{_next(team)}"


def _line(team: dict[str, Any]) -> str:
    why = f", {team['reason']}" if team["reason"] else ""
    return f"Team {team['team']} ({team['state']}{why})"


def _next(team: dict[str, Any]) -> str:
    if team["state"] == "running":
        return "It is not over yet: call team_status again."
    if team["state"] == "succeeded":
        return f"Call team_patch. The user applies it with: aideator apply {team['team']}"
    return "It has no result."
