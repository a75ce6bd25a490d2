"""Shows a run for `run`, `watch`, `retry` and `demo`: the messages before, the view, and the messages at the end."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

from aideator_agent.spec import RunSpec
from aideator_cli.actions.attending import Standing, attend, standing
from aideator_cli.actions.cancelling import cancel
from aideator_cli.actions.here import Here
from aideator_cli.backends.base import Backend
from aideator_cli.cli import terminal
from aideator_cli.cli.acting import actions_on
from aideator_cli.cli.cancelled import tell_cancelled
from aideator_cli.cli.invocation import command
from aideator_cli.cli.manner import PLAIN, Manner
from aideator_cli.cli.started import at
from aideator_cli.cli.viewing import View, chosen_view, shows_panes
from aideator_cli.domain.result import exit_code
from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.intake.request import Where
from aideator_cli.stream.following import NOTHING, Past
from aideator_cli.text.clean import one_line
from aideator_cli.text.figures import plural


def show(here: Here, spec: RunSpec, backend: Backend, manner: Manner = PLAIN, past: Past = NOTHING) -> ExitCode:
    """Follows the run in its view until it ends. Returns the run's exit code."""
    with _leaving(here, spec, backend, cancels=manner.cancels), attend(here, spec, backend, past) as batches:
        view(here, spec, backend, manner)(spec, batches)
    return conclude(standing(here, spec), manner)


def conclude(ended: Standing, manner: Manner = PLAIN) -> ExitCode:
    """Shows the table and what to do next. Returns the run's exit code."""
    spec, selection = ended.spec, ended.selection
    if manner.ring is not None:
        manner.ring.ring(spec.id, ended.results)
    if manner.json:
        from aideator_cli.views.json_lines import show_results

        show_results(terminal.screen(), ended.results, spec.id)
        return exit_code(ended.results)
    from aideator_cli.views.text.table import show_end

    screen = terminal.screen(plain=manner.look.plain)
    screen.line()
    show_end(screen, ended.results, selection.variation if selection else None)
    terminal.say("")
    if selection:
        note = f": {one_line(selection.note)}" if selection.note else ""
        terminal.say(f"selected {spec.id}/{selection.variation}{note}")
    if not manner.goes_on:
        for step in ended.next_steps():
            terminal.say(f"  {command(*step.words)}")
        if shows_panes(manner.view, manner.look):
            terminal.say(f"  {command('watch', spec.id)}")
    return exit_code(ended.results)


def view(here: Here, spec: RunSpec, backend: Backend | None, manner: Manner) -> View:
    if manner.json:
        from aideator_cli.views.json_lines import show_json

        return partial(show_json, terminal.screen())
    actions = actions_on(here, spec, backend)
    leaving = "agents are asked to stop" if manner.cancels else actions.leaving
    ring = None if manner.ring is None else partial(manner.ring.sequence, spec.id)
    actions = replace(actions, leaving=leaving, stays=not manner.goes_on, ring=ring, warnings=manner.warnings)
    return chosen_view(manner.view, actions, look=manner.look)


@contextmanager
def _leaving(here: Here, spec: RunSpec, backend: Backend, *, cancels: bool) -> Iterator[None]:
    """After Ctrl-C, a closed pipe or a lost store, agents keep working. A message says how to return to the run."""
    try:
        yield
    except (KeyboardInterrupt, BrokenPipeError, AideatorError) as error:
        terminal.end_line()  # the terminal shows ^C
        if cancels and isinstance(error, KeyboardInterrupt):
            tell_cancelled(cancel(here, spec.id, Where()))
            raise
        left = sum(not result.ended for result in here.store.results(spec.id))
        if not left:
            raise
        working = left if spec.parallel is None else min(left, spec.parallel)
        agents = f"{plural(working, 'agent')} {'stays' if working == 1 else 'stay'} at work {at(backend)}"
        if left > working:
            agents += f", {left - working} more start only while you watch"
        terminal.say(f"{agents}.  {command('watch', spec.id)}")
        raise
