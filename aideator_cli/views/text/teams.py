"""Teams: a line for each, and the graph of one."""

from collections.abc import Sequence

from aideator_cli.domain.teams import TASK_ROLE, Stage, Team
from aideator_cli.text.clean import one_line
from aideator_cli.text.figures import cost, duration, plural
from aideator_cli.views.screen import Screen
from aideator_cli.views.text.grid import Grid, show


def show_teams(screen: Screen, teams: Sequence[Team]) -> None:
    grid = Grid(header=False)
    for _ in range(4):
        grid.add_column()
    for team in teams:
        grid.add_row(one_line(team.name), one_line(team.place), one_line(team.description), " → ".join(team.names))
    show(screen, grid)


def show_graph(screen: Screen, team: Team) -> None:
    """Draws the stages, each below those that it waits for."""
    grid = Grid(header=False)
    for _ in range(3):
        grid.add_column()
    for at, stage in enumerate(team.ordered):
        grid.add_row(f"{'└─ ' if stage.waits_for else ''}{stage.name}" if at else stage.name, _who(stage), _does(stage))
    show(screen, grid)
    if limits := _limits(team):
        screen.line(f"at most {limits}")


def _who(stage: Stage) -> str:
    role = "the task's role" if stage.role == TASK_ROLE else one_line(stage.role or "engineer")
    each = f", for each task of {stage.each}" if stage.each else ""
    return f"{stage.n} × {role}{each}"


def _does(stage: Stage) -> str:
    told = []
    if stage.start:
        told.append(f"{'decides on' if stage.decides else 'from'} {stage.start}")
    if stage.needs:
        told.append(f"after {', '.join(stage.needs)}")
    if stage.plans:
        told.append("makes the plan")
    if stage.keeps_tests:
        told.append("writes tests")
    if stage.rework:
        told.append(f"sends back to {stage.rework}, at most {plural(stage.rounds, 'time')}")
    if stage.cost is not None:
        told.append(f"at most {cost(stage.cost)} a run")
    if stage.seconds is not None:
        told.append(f"at most {duration(stage.seconds)} each")
    return ", ".join(told)


def _limits(team: Team) -> str:
    return ", ".join([*([cost(team.cost)] if team.cost else []), *([duration(team.seconds)] if team.seconds else [])])
