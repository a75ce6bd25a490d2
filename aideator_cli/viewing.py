"""Which view shows a run: the one that was asked for, else what fits where stdout goes."""

import sys

from aideator_cli import terminal
from aideator_cli.errors import usage
from aideator_cli.following import View

VIEWS = ("panes", "live", "lines")


def chosen_view(name: str | None) -> View:
    """Raises `AideatorError` (usage) for a name that is none, and for a screen where none can be drawn."""
    check_name(name)
    if name in ("panes", "live") and not terminal.draws(sys.stdout):
        raise usage(f"--view {name} draws on a terminal, and stdout is none", hint="--view lines")
    if name == "live":
        from aideator_cli.views.live import show_live

        return show_live
    from aideator_cli.views.lines import show_lines

    return show_lines


def check_name(name: str | None) -> None:
    if name is not None and name not in VIEWS:
        raise usage(f"there is no view {name}", hint=f"--view takes {', '.join(VIEWS)}")
