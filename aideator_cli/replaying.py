"""`replay`: a stored run played as it was, in any view or into a recording. Nothing is stored or changed, and no backend is asked."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, takewhile
from pathlib import Path
from threading import Event as Flag
from time import monotonic

from aideator_agent.spec import RunSpec
from aideator_cli import terminal
from aideator_cli.backends import Wish
from aideator_cli.errors import ExitCode, not_found, usage
from aideator_cli.events import Item
from aideator_cli.figures import duration
from aideator_cli.finding import Named, find
from aideator_cli.invocation import command
from aideator_cli.output_file import output_file
from aideator_cli.pacing import Computed, Pace, Playing, Timer, paced
from aideator_cli.result import Result
from aideator_cli.running import Manner, conclude
from aideator_cli.settings import Settings
from aideator_cli.store import Store
from aideator_cli.stream.following import stored
from aideator_cli.stream.recording import last_result
from aideator_cli.viewing import check_name, chosen_view
from aideator_cli.views.actions import Actions

HERE = Wish("local")  # what is not known here has nothing stored: no cluster is asked for it


def replay(word: str, pace: Pace, view: str | None) -> int:
    """On the terminal; then the table."""
    named, store = _named(word)
    spec, stop = _spec(named), Flag()
    playing = Playing(spec.created)
    show = chosen_view(view, _actions(named), playing.now)
    batches = takewhile(lambda _: not stop.is_set(), _stored(named, store))
    try:
        show(spec, playing.through(paced(batches, pace, Timer(monotonic, stop.wait))))
    finally:
        stop.set()
    results = _results(named, store)
    conclude(spec, results, Manner(), store)
    if not all(result.ended for result in results):
        terminal.say(f"{spec.id} is still at work; this is what was stored of it.  {command('watch', spec.id)}")
    return ExitCode.OK


def _actions(named: Named) -> Actions:
    """What can be looked at, each from a thread of its own; nothing can be done to what was."""
    home = Settings().home
    return Actions(
        patch=lambda number: last_result(Store.open(home), named.run.spec, number).patch,
        results=lambda: _results(named, Store.open(home)),
        leaving="",
    )


def _results(named: Named, store: Store) -> list[Result]:
    return [result for result in store.results(named.run.spec.id) if result.variation in named.numbers]


def record(word: str, pace: Pace, view: str | None, file: Path, *, force: bool) -> int:
    """Into an asciinema recording, without waiting: its times are computed."""
    if view == "panes":
        raise usage(
            "--cast records lines or live; panes are drawn by the terminal's own clock",
            hint=f"--view live, or asciinema rec -c '{command('replay', word)}'",
        )
    check_name(view)
    named, store = _named(word)
    spec, time = _spec(named), Computed()
    from aideator_cli.views.cast import Cast

    with output_file(file, force=force) as out:
        cast = Cast(out, spec, lambda: time.seconds)
        batches = paced(_stored(named, store), pace, time.timer)
        if view == "live":
            from aideator_cli.views.live import record_live

            record_live(spec, batches, cast, lambda: time.seconds)
        else:
            from aideator_cli.views.lines import show_lines

            show_lines(spec, batches, cast)
        cast.flush()
    terminal.say(f"recorded {word} to {file}: {duration(time.seconds)}.  asciinema play {file}")
    return ExitCode.OK


def _named(word: str) -> tuple[Named, Store]:
    settings = Settings()
    store = Store.open(settings.home)
    return find(word, store, settings, HERE), store


def _spec(named: Named) -> RunSpec:
    """Of the variations that are played."""
    spec = named.run.spec
    return replace(spec, variations=tuple(v for v in spec.variations if v.number in named.numbers))


def _stored(named: Named, store: Store) -> Iterator[list[Item]]:
    batches = stored(store, named.run.spec, named.numbers)
    first = next(batches, None)
    if first is None:
        raise not_found(f"nothing is stored of {named.run.spec.id} yet", hint=command("watch", named.run.spec.id))
    return chain([first], batches)
