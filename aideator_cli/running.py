"""`run` and `watch`, behind the door: submit, follow, tell what came of it."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from aideator_agent.spec import RunSpec
from aideator_cli import terminal
from aideator_cli.acting import actions_on, next_steps
from aideator_cli.backend import Backend
from aideator_cli.backends import Wish, backend_at, choose, place_of
from aideator_cli.cancelling import cancel
from aideator_cli.choice.taking import Taking, check_place, take_best
from aideator_cli.clean import one_line
from aideator_cli.errors import AideatorError, ExitCode, usage
from aideator_cli.figures import cost, duration, plural
from aideator_cli.finding import find_run
from aideator_cli.intake.matrix import ASKED_ABOVE
from aideator_cli.intake.order import Order, Request, take
from aideator_cli.invocation import command
from aideator_cli.policies import Policy
from aideator_cli.result import Result, exit_code
from aideator_cli.settings import Settings
from aideator_cli.store import Store
from aideator_cli.stream.following import NOTHING, Past, View, follow_run, look, past_of, tail
from aideator_cli.stream.sieve import Sieve
from aideator_cli.viewing import check_view, chosen_view
from aideator_cli.views.wording import repository_name


@dataclass(frozen=True)
class Manner:
    """How a run is shown."""

    detach: bool = False
    json: bool = False
    view: str | None = None  # panes, live or lines; None: what fits where stdout goes
    since: str | None = None  # of what was before, only what is not older; RFC 3339
    tail: int | None = None  # of what was before, only so many items of each variation
    cancels: bool = False  # whether Ctrl-C asks the agents to stop, too
    taking: Taking | None = None  # what is done once all have ended


def start(request: Request, wish: Wish, manner: Manner) -> int:
    check_view(manner.view, json=manner.json)
    settings = Settings()
    backend = choose(wish, settings)
    if manner.detach:
        _check_unwatched(request)
    order = take(request, backend.name, settings)
    if len(order.spec.variations) > ASKED_ABOVE and not request.yes and not _is_so_many(len(order.spec.variations)):
        raise AideatorError("nothing is started")
    if manner.taking is not None:
        check_place(manner.taking, order)
    store = Store.open(settings.home)
    _remark(order)
    submit(order, backend, store)
    spec = order.spec
    _announce(spec, backend)
    if manner.detach:
        leave_detached(spec, [v.number for v in spec.variations], manner)
        return ExitCode.OK
    code = attend(spec, backend, store, manner)
    if manner.taking is None or (run := store.run(spec.id)) is None:
        return code
    return take_best(run, store, manner.taking, json=manner.json)


def _is_so_many(count: int) -> bool:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise usage(f"the matrix makes {count} agents", hint="--yes starts them all")
    return terminal.agrees(f"Start {count} agents?")


def _check_unwatched(request: Request) -> None:
    for option, value in (("--first", request.first), ("--retries", request.retries)):
        if value:
            raise usage(
                f"{option} acts only while somebody watches, and with --detach nobody does", hint="leave out --detach"
            )


def dry(request: Request, wish: Wish) -> int:
    settings = Settings()
    backend = choose(wish, settings)
    from aideator_cli.kubernetes import KubernetesBackend

    if not isinstance(backend, KubernetesBackend):
        raise usage(
            "--dry-run prints the manifests of a cluster's objects; on this machine there are none",
            hint="--backend kubernetes",
        )
    order = take(request, backend.name, settings)
    _remark(order)
    from aideator_cli.yaml_file import write_documents

    write_documents(backend.manifests(order.spec), sys.stdout)
    return ExitCode.OK


def watch(word: str, wish: Wish, manner: Manner) -> int:
    """A run from its first event, until it ends."""
    check_view(manner.view, json=manner.json)
    settings = Settings()
    store = Store.open(settings.home)
    run = find_run(word, store, settings, wish)
    if run.state == "ended":
        _view(run.spec, manner, None)(run.spec, _past(run.spec, store, manner).batches)
        return conclude(run.spec, store.results(run.spec.id), manner, store)
    backend = backend_at(run.place, settings)
    backend.mend(run.spec)
    if manner.since or manner.tail is not None:
        look(run.spec, backend, store)
    Policy(run.spec, backend, store).catch_up()
    _announce(run.spec, backend)
    return attend(run.spec, backend, store, manner, past=_past(run.spec, store, manner))


def _past(spec: RunSpec, store: Store, manner: Manner) -> Past:
    past = past_of(store, spec)
    items = Sieve(since=manner.since).through(past.batches)
    return Past(items if manner.tail is None else tail(items, manner.tail), past.upto)


def submit(order: Order, backend: Backend, store: Store) -> None:
    """On an error no trace is left, here or there."""
    spec = order.spec
    store.add_run(spec, place_of(backend), repository_path=order.located.path)
    try:
        backend.submit(spec)
    except BaseException:
        store.forget_run(spec.id)
        raise
    store.set_state(spec.id, "running")


def attend(spec: RunSpec, backend: Backend, store: Store, manner: Manner, *, past: Past = NOTHING) -> int:
    with _leaving(spec, backend, store, cancels=manner.cancels):
        results = follow_run(
            spec, backend, store, _view(spec, manner, backend), past=past, rule=Policy(spec, backend, store).through
        )
    return conclude(spec, results, manner, store)


def conclude(spec: RunSpec, results: Sequence[Result], manner: Manner, store: Store) -> int:
    """The table, what to do next, and the run's exit code."""
    if manner.json:
        from aideator_cli.views.json_lines import show_results

        show_results(results, spec.id)
    else:
        from aideator_cli.views.table import show_end

        selection = store.selection(spec.id)
        print()
        show_end(results, selection.variation if selection else None)
        terminal.say("")
        if selection:
            note = f": {one_line(selection.note)}" if selection.note else ""
            terminal.say(f"selected {spec.id}/{selection.variation}{note}")
        for step in next_steps(spec, results, selection) if manner.taking is None else ():
            terminal.say(f"  {step}")
    return exit_code(results)


def _view(spec: RunSpec, manner: Manner, backend: Backend | None) -> View:
    if manner.json:
        from aideator_cli.views.json_lines import show_json

        return show_json
    actions = actions_on(spec, Settings().home, backend)
    leaving = "agents are asked to stop" if manner.cancels else actions.leaving
    return chosen_view(manner.view, replace(actions, leaving=leaving, stays=manner.taking is None))


@contextmanager
def _leaving(spec: RunSpec, backend: Backend, store: Store, *, cancels: bool) -> Iterator[None]:
    """Ctrl-C, a closed pipe or a lost store leave the agents at work; the person is told how to come back."""
    try:
        yield
    except (KeyboardInterrupt, BrokenPipeError, AideatorError) as error:
        terminal.end_line()  # the terminal shows ^C
        if cancels and isinstance(error, KeyboardInterrupt):
            cancel(spec.id, Wish(), wait=True)
            raise
        left = sum(not result.ended for result in store.results(spec.id))
        agents = f"{plural(left, 'agent')} {'stays' if left == 1 else 'stay'} at work {_at(backend)}"
        terminal.say(f"{agents}.  {command('watch', spec.id)}")
        raise


def _remark(order: Order) -> None:
    for remark in order.located.remarks:
        terminal.warn(remark)


def _announce(spec: RunSpec, backend: Backend) -> None:
    commit = f"@{spec.repository.base[:7]}" if spec.repository.base else ""
    dollars = "" if spec.limits.cost is None else f", {cost(spec.limits.cost)}"
    limits = f"limits {plural(spec.limits.steps, 'step')}, {duration(spec.limits.seconds)}{dollars} each"
    terminal.say(
        f"{spec.id} {_at(backend)}: {plural(len(spec.variations), 'variation')} of {repository_name(spec.repository.url)}{commit}, {limits}"
    )


def _at(backend: Backend) -> str:
    return f"in {backend.where}" if backend.name == "kubernetes" else f"on {backend.where}, local backend"


def leave_detached(spec: RunSpec, numbers: Sequence[int], manner: Manner) -> None:
    """What was started and is followed by nobody here, told to whoever asked for it."""
    if manner.json:
        from aideator_cli.views.json_lines import write

        write({"kind": "run", "run": spec.id, "variations": list(numbers)})
    else:
        print(spec.id)
    sys.stdout.flush()
    terminal.say(command("watch", spec.id))
