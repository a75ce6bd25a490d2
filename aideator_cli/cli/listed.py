"""`list` on a terminal, in a pipe, or as JSON."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from aideator_cli.actions.listing import Change, Listed
from aideator_cli.cli import terminal
from aideator_cli.cli.invocation import command

if TYPE_CHECKING:
    from aideator_cli.domain.glance import Glance


def show_list(rows: "Sequence[Glance]", *, filtered: bool) -> None:
    if rows:
        _show(rows)
    elif filtered:
        terminal.say("no run matches")
    else:
        terminal.say(f"no runs yet: {command('run')} REPO PROMPT, or {command('demo')}")


def write_list(rows: Sequence[Listed]) -> None:
    """Writes the rows as JSON, one per line."""
    from aideator_cli.views.json_lines import run_record, write

    screen = terminal.screen()
    for row in rows:
        write(screen, run_record(row.run, row.results, row.selected))
    screen.out.flush()


def redraw(change: Change, *, json: bool) -> None:
    """Writes only the changes into a pipe, and redraws the whole list on a terminal."""
    if json:
        write_list(change.changed)
        return
    changed = {row.run.spec.id for row in change.changed}
    if sys.stdout.isatty():
        sys.stdout.write("\x1b[H\x1b[2J")
        changed = {row.id for row in change.rows}
    elif not changed:  # a run has left the list
        return
    _show([row for row in change.rows if row.id in changed])
    sys.stdout.flush()


def _show(rows: "Sequence[Glance]") -> None:
    from aideator_cli.views.text.listed import show_runs

    show_runs(terminal.screen(), rows)
