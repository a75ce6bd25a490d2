"""The list of teams, as values for its template."""

from collections.abc import Collection, Sequence
from typing import Any, Final

from aideator_cli.domain.teams import TeamRun
from aideator_cli.server.page import listing
from aideator_cli.server.page.teams.screen import STATES

SHOWN: Final = 50
MOST: Final = 1000


def values(teams: Sequence[TeamRun], limit: int, lost: Collection[str]) -> dict[str, Any]:
    """`teams`: at most one more than `limit`. `lost`: those whose result was deleted."""
    rows = [_row(team, is_lost=team.id in lost) for team in teams[:limit]]
    return {
        "teams": rows,
        "at_work": any(row["live"] for row in rows),
        "more": f"?limit={min(MOST, 2 * limit)}" if len(teams) > limit and limit < MOST else "",
    }


def _row(run: TeamRun, *, is_lost: bool) -> dict[str, Any]:
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
        "result": f"{run.result} (deleted)" if is_lost else run.result or "",
        "created": run.created,
    }
