"""Roles, a line for each."""

from collections.abc import Sequence

from aideator_cli.intake.roles.role import Role
from aideator_cli.text.clean import clean, one_line
from aideator_cli.text.figures import cost, duration, plural
from aideator_cli.views.screen import Screen
from aideator_cli.views.text.grid import Grid, show


def show_roles(screen: Screen, roles: Sequence[Role]) -> None:
    grid = Grid(header=False)
    for _ in range(3):
        grid.add_column()
    for role in roles:
        grid.add_row(
            one_line(role.name),
            one_line(role.place),
            "; ".join(filter(None, [one_line(role.description), *_settings(role)])),
        )
    show(screen, grid)


def show_source(screen: Screen, text: str) -> None:
    """Writes a role's file: as it is for a program, harmless for a person."""
    screen.out.write(clean(text) if screen.is_terminal else text)


def _settings(role: Role) -> list[str]:
    limits = [
        plural(role.steps, "step") if role.steps else "",
        duration(role.seconds) if role.seconds else "",
        "" if role.cost is None else cost(role.cost),
        plural(role.tokens, "token") if role.tokens else "",
    ]
    return [
        f"agent {one_line(role.agent)}" if role.agent else "",
        f"model {one_line(role.model)}" if role.model else "",
        "" if role.temperature is None else f"temperature {role.temperature:g}",
        f"tools {', '.join(role.tools)}" if role.tools else "",
        f"at most {', '.join(filter(None, limits))}" if any(limits) else "",
    ]
