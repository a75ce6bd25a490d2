"""The table of `agents`."""

from collections.abc import Sequence

from aideator_cli.actions.agents import KnownAgent
from aideator_cli.text.clean import one_line
from aideator_cli.views.screen import Screen
from aideator_cli.views.text.grid import Grid, fits, show

TITLES = ("agent", "", "models' APIs", "default model", "here")
OWN = ("own", "AIdeator's own loop", "all", "–", "yes")


def show_agents(screen: Screen, agents: Sequence[KnownAgent]) -> None:
    rows = [OWN, *(_row(agent) for agent in agents)]
    for left_out in (set(), {2}, {1, 2}, {1, 2, 3}):
        table = Grid()
        kept = [at for at in range(len(TITLES)) if at not in left_out]
        for at in kept:
            table.add_column(TITLES[at])
        for row in rows:
            table.add_row(*(row[at] for at in kept))
        if fits(screen, table):
            break
    show(screen, table)


def _row(agent: KnownAgent) -> tuple[str, ...]:
    here = (one_line(agent.version) if agent.version else "yes") if agent.path else "no"
    return agent.name, agent.title, ", ".join(agent.wires), agent.model or "–", here
