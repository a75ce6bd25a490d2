"""What `run` does of itself once all agents have ended: the best is selected, and applied where that was asked for."""

from dataclasses import asdict, dataclass
from pathlib import Path

from aideator_cli import terminal
from aideator_cli.applying import Applied, Way, apply_result, expect_place
from aideator_cli.choice.choosing import choose_best
from aideator_cli.errors import AideatorError, ExitCode, usage
from aideator_cli.intake.order import Order
from aideator_cli.invocation import command
from aideator_cli.store import Store, StoredRun
from aideator_cli.stream.recording import last_result

AUTO = "auto"


@dataclass(frozen=True)
class Taking:
    way: Way | None = None  # None: it is selected, and no more
    folder: Path | None = None  # of the working tree; None: where we are


def taking(select: str | None, *, apply: bool, branch: str | None, folder: Path | None, detach: bool) -> Taking | None:
    """The options as they were typed; None: the choice is the user's. Raises `AideatorError` (usage) where they do not fit together."""
    if select not in (None, AUTO):
        raise usage(f"--select takes {AUTO}, not {select}", hint="aideator select RUN N picks one afterwards")
    if apply and select is None:
        raise usage("--apply needs to know what to apply", hint=f"--select {AUTO} takes the best")
    for option, value in (("--branch", branch), ("-C", folder)):
        if value is not None and not apply:
            raise usage(
                f"{option} says where to apply, and nothing is to be applied", hint="add --apply, or leave it out"
            )
    if select is not None and detach:
        raise usage("--select acts when the agents have ended, and --detach does not wait", hint="leave out --detach")
    if select is None:
        return None
    return Taking(Way(branch=branch) if apply else None, folder)


def check_place(taking: Taking, order: Order) -> None:
    """Before agents are paid for: whether there is a working tree to apply to."""
    if taking.way is not None:
        expect_place(order.spec, taking.way, folder=taking.folder, origin=order.located.path)


def take_best(run: StoredRun, store: Store, taking: Taking, *, json: bool) -> int:
    """Raises `AideatorError`: none succeeded (the run's own exit code), or its patch does not apply."""
    spec = run.spec
    selection = choose_best(run, store)
    store.select(spec.id, selection)
    if json:
        from aideator_cli.views.json_lines import write

        write({"kind": "selection", "run": spec.id, **asdict(selection)})
    after = f".  {command('apply', spec.id)}" if taking.way is None else ""
    terminal.say(f"selected {spec.id}/{selection.variation}, {selection.note}{after}")
    if taking.way is None:
        return ExitCode.OK
    result = last_result(store, spec, selection.variation, selection.attempt)
    try:
        applied = apply_result(spec, result, taking.way, folder=taking.folder, origin=run.repository_path)
    except AideatorError:
        terminal.say(f"it stays selected, for  {command('apply', spec.id)}")
        raise
    return tell_applied(applied, json=json)


def tell_applied(applied: Applied, *, json: bool) -> int:
    """Its exit code."""
    if json:
        from aideator_cli.views.json_lines import write

        write(applied.as_json())
    for line in applied.lines():
        terminal.say(line)
    return applied.code
