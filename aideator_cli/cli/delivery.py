"""Shows how far what a detached run sends through connections has come: a bar on a terminal, else a line for each tenth."""

import sys

from aideator_cli.backends.base import Backend
from aideator_cli.cli import terminal
from aideator_cli.cli.invocation import command
from aideator_cli.text.figures import size


def show_delivery(backend: Backend, run: str) -> None:
    """Returns when everything has arrived, or nothing more can be sent. At once if nothing is sent."""
    try:
        if terminal.draws(sys.stderr):
            from aideator_cli.views.delivery import draw_delivery

            steps = ((told.bytes, told.total, told.trouble or "") for told in backend.delivering(run))
            draw_delivery(sys.stderr, steps)
        else:
            _tell(backend, run)
    except KeyboardInterrupt:
        terminal.end_line()
        terminal.say(f"the agents wait for the rest of the commits.  {command('watch', run)}")
        raise


def _tell(backend: Backend, run: str) -> None:
    tenth = -1
    for told in backend.delivering(run):
        if (now := 10 * told.bytes // max(told.total, 1)) > tenth:
            tenth = now
            trouble = f" ({told.trouble})" if told.trouble else ""
            terminal.say(f"sent {size(told.bytes)} of {size(told.total)}{trouble}")
