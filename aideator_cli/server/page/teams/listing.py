"""The list of teams, as values for its template."""

from collections.abc import Sequence
from typing import Any, Final

from aideator_cli.domain.teams import TeamRun
from aideator_cli.server.page import listing
from aideator_cli.server.page.teams.screen import STATES

SHOWN: Final = 50
MOST: Final = 1000


def values(teams: Sequence[TeamRun], limit: int) -> dict[str, Any]:
    """`teams`: at most one more than `limit`."""
    rows = [_row(team) for team in teams[:limit]]
    return {
        "teams": rows,
        "at_work": any(row["live"] for row in rows),
        "more": f"?limit={min(MOST, 2 * limit)}" if len(teams) > limit and limit < MOST else "",
    }


def _row(run: TeamRun) -> dict[str, Any]:
    sign, told, colour = STATES[run.state]
    return {
        "id": run.id,
        "live": run.state == "running",
        "sign": sign,
        "told": told,
        "colour": colour,
        "prompt": listing.shortened(run.prompt, listing.PROMPT),
        "name": run.team.name,
        "stages": " → ".join(run.team.names),
        "reason": listing.shortened(run.reason, listing.PROMPT),
        "result": run.result or "",
        "created": run.created,
    }
