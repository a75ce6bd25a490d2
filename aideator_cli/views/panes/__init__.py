"""Side by side: a pane a variation, in a terminal of its own (Textual).

The caller passes `Actions` that carry out a person's requests: the panes know neither store nor backend.
"""

import os
from collections.abc import Callable, Iterator
from signal import SIGINT

from aideator_agent.spec import RunSpec
from aideator_cli.domain.events import Item
from aideator_cli.errors import AideatorError
from aideator_cli.system import clock
from aideator_cli.system.garbage import look_briefly
from aideator_cli.system.signals import Stopped, listen
from aideator_cli.views.actions import Actions
from aideator_cli.views.look import USUAL, Look


def show_panes(
    actions: Actions = Actions(),  # noqa: B008 -- frozen
    now: Callable[[], str] = clock.now,
    look: Look = USUAL,
) -> Callable[[RunSpec, Iterator[list[Item]]], None]:
    """Returns a view that draws until a person leaves it. It raises `KeyboardInterrupt` for a signal, or if not all agents have ended."""

    def show(spec: RunSpec, batches: Iterator[list[Item]]) -> None:
        from aideator_cli.views.panes.app import PanesApp

        colours = os.environ.get("NO_COLOR")
        if colours == "":  # no wish at all (no-color.org), where Textual would take it for one
            del os.environ["NO_COLOR"]
        app = PanesApp(spec, batches, actions, now, look)
        look_briefly()
        try:
            app.run(mouse=look.mouse)
        finally:
            listen()  # the panes' own loop has taken the signals
            if colours is not None:
                os.environ["NO_COLOR"] = colours  # Textual takes it away
        if app.feed.error is not None:
            raise app.feed.error
        if app.signal not in (None, SIGINT):
            raise Stopped(app.signal)
        if app.return_code:
            raise AideatorError("the panes stopped unexpectedly", hint="--view lines shows the same")
        if not app.over and not _all_ended(actions):
            raise KeyboardInterrupt

    return show


def _all_ended(actions: Actions) -> bool:
    """Whether nothing is left behind, though not all of it was shown."""
    return actions.results is not None and all(result.ended for result in actions.results())
