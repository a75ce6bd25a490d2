"""Which view shows a run: the one that was asked for, else what fits where stdout goes."""

import os
import sys
from collections.abc import Callable

from aideator_cli import clock, terminal
from aideator_cli.errors import usage
from aideator_cli.stream.following import View
from aideator_cli.views.actions import Actions

NONE = Actions()
VIEWS = ("panes", "live", "lines")


def chosen_view(name: str | None, actions: Actions = NONE, now: Callable[[], str] = clock.now) -> View:
    """None: panes where a person sits at a terminal, else lines. `actions`: what the panes let a person do; `now`: their clock.

    Raises `AideatorError` (usage) for a name that is none, and for a screen where none can be drawn.
    """
    check_view(name)
    name = name or ("panes" if _person_watches() else "lines")
    if name == "panes":
        from aideator_cli.views.panes import show_panes

        return show_panes(actions, now)
    if name == "live":
        from aideator_cli.views.live import show_live

        return show_live
    from aideator_cli.views.lines import show_lines

    return show_lines


def check_view(name: str | None, *, json: bool = False) -> None:
    """Whether it can be had here. Raises `AideatorError` (usage)."""
    check_name(name)
    if name is not None and json:
        raise usage("--json shows no view", hint=f"leave out --view {name}, or --json")
    if name in ("panes", "live") and not terminal.draws(sys.stdout):
        raise usage(f"--view {name} draws on a terminal, and stdout is none", hint="--view lines")
    if name == "panes" and not _all_terminals():
        raise usage(
            "--view panes takes keys and draws: stdin and stderr have to be the terminal too", hint="--view live"
        )


def check_name(name: str | None) -> None:
    if name is not None and name not in VIEWS:
        raise usage(f"there is no view {name}", hint=f"--view takes {', '.join(VIEWS)}")


def _person_watches() -> bool:
    return terminal.draws(sys.stdout) and _all_terminals() and not os.environ.get("CI")


def _all_terminals() -> bool:
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))
