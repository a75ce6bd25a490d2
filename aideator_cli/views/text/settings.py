"""The configuration: a line for each setting."""

from collections.abc import Mapping

from aideator_cli.system.configuration.layers import Layer
from aideator_cli.system.configuration.options import Table
from aideator_cli.text.clean import one_line
from aideator_cli.views.screen import Screen
from aideator_cli.views.text.grid import Grid, show


def show_settings(screen: Screen, settings: Layer, table: Table, *, origin: bool, every: bool) -> None:
    """`every`: options that nothing sets are listed, too."""
    grid = Grid(header=False)
    grid.add_column()
    grid.add_column()
    if origin:
        grid.add_column()
    for name in table if every else sorted(settings):
        setting = settings.get(name)
        more = [("" if setting is None else one_line(setting.origin))] if origin else []
        first, *rest = ["–"] if setting is None else lines_of(setting.value)
        grid.add_row(name, first, *more)
        for line in rest:
            grid.add_row("", line, *("" for _ in more))
    show(screen, grid)


def lines_of(value: object) -> list[str]:
    """Returns a line for each of the values."""
    if isinstance(value, tuple):
        return [one_line(each) for each in value] or ["none"]
    return [str(value).lower() if isinstance(value, bool) else one_line(str(value))]


def record(name: str, layer: Layer) -> Mapping[str, object]:
    """Returns a setting for JSON."""
    setting = layer.get(name)
    value = None if setting is None else setting.value
    return {
        "kind": "setting",
        "name": name,
        "value": list(value) if isinstance(value, tuple) else value,
        "origins": [
            {"place": origin.place, "line": origin.line, "profile": origin.profile}
            for origin in (() if setting is None else setting.origins)
        ],
    }
