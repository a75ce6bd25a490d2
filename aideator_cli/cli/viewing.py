"""Chooses the view of a run: the requested one, else one that fits stdout."""

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from aideator_cli.cli import terminal
from aideator_cli.errors import usage
from aideator_cli.system import clock
from aideator_cli.views.actions import Actions
from aideator_cli.views.look import USUAL, Look

if TYPE_CHECKING:
    from aideator_agent.spec import RunSpec
    from aideator_cli.domain.events import Item

View = Callable[["RunSpec", Iterator[list["Item"]]], None]

NONE = Actions()
VIEWS = ("panes", "live", "lines")


def chosen_view(
    name: str | None, actions: Actions = NONE, now: Callable[[], str] = clock.now, look: Look = USUAL
) -> View:
    """`name`: None means panes at a terminal, else lines. `actions`: what a person can do in the panes; `now`: the panes' clock.

    Raises `AideatorError` (usage) for an unknown name, or if the view needs a screen and stdout is none.
    """
    check_view(name, plain=look.plain)
    name = name or ("lines" if look.plain else _usual())
    if name == "panes":
        from aideator_cli.cli import ground, invocation
        from aideator_cli.views.panes import show_panes

        light = ground.is_light(invocation.here().settings.defaults.theme)
        return show_panes(actions, now, replace(look, light=light))
    if name == "live":
        from aideator_cli.views.live import show_live

        return partial(show_live, terminal.screen())
    from aideator_cli.views.text.lines import show_lines

    return partial(show_lines, terminal.screen(plain=look.plain))


def look(*, no_mouse: bool, plain: bool) -> Look:
    """Returns what the options say, and where they say nothing, the configuration."""
    from aideator_cli.cli import invocation

    defaults = invocation.here().settings.defaults
    return Look(mouse=not (no_mouse or defaults.no_mouse), plain=plain or defaults.plain)


def check_view(name: str | None, *, json: bool = False, plain: bool = False) -> None:
    """Raises `AideatorError` (usage) if the view is not available here."""
    check_name(name)
    if name is not None and json:
        raise usage("--json and --view can't be combined", hint=f"leave out --view {name}, or --json")
    if name in ("panes", "live") and plain:
        raise usage(f"--plain shows lines, not --view {name}", hint="leave one of them out")
    if name in ("panes", "live") and not terminal.draws(sys.stdout):
        raise usage(f"--view {name} needs a terminal, and stdout is not one", hint="--view lines")
    if name == "panes" and not _all_terminals():
        raise usage("--view panes needs stdin and stderr to be the terminal, too", hint="--view live")


def check_name(name: str | None) -> None:
    if name is not None and name not in VIEWS:
        raise usage(f"there is no view {name}", hint=f"--view takes {', '.join(VIEWS)}")


def shows_panes(name: str | None, look: Look = USUAL) -> bool:
    """Returns whether this is the name of the panes, or None and they are what fits."""
    return not look.plain and (name or _usual()) == "panes"


def _usual() -> str:
    return "panes" if _person_watches() else "lines"


def _person_watches() -> bool:
    return terminal.draws(sys.stdout) and _all_terminals() and not os.environ.get("CI")


def _all_terminals() -> bool:
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))
