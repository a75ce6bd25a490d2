"""Selects the best variation of a run whose agents have all ended, and applies it on request."""

from pathlib import Path
from typing import TYPE_CHECKING

from aideator_agent.values import frozen
from aideator_cli.errors import AideatorError, command, usage

if TYPE_CHECKING:
    from aideator_cli.actions.here import Here
    from aideator_cli.actions.selecting import Selected
    from aideator_cli.domain.runs import StoredRun
    from aideator_cli.intake.order import Order
    from aideator_cli.workspace.pick import Applied, Way

AUTO = "auto"


@frozen
class Taking:
    way: "Way | None" = None  # None: only select it
    folder: Path | None = None  # of the working tree; None: the current folder
    cross: bool = True  # whether each variation's tests run on the others' patches first; the caller does that


@frozen
class Taken:
    """What was selected. If it was to be applied, `applied` says how; else `refused` says why not, and it stays selected."""

    selected: "Selected"
    applied: "Applied | None" = None
    refused: AideatorError | None = None


def taking(
    select: str | None,
    *,
    apply: bool,
    branch: str | None,
    folder: Path | None,
    detach: bool,
    cross: bool | None = None,
) -> Taking | None:
    """Takes the options as typed. None means that the user chooses later. Raises `AideatorError` (usage) if the options conflict."""
    if select not in (None, AUTO):
        raise usage(
            f"--select takes {AUTO}, not {select}",
            hint=(command("select", "RUN", "N"), " selects a variation afterwards"),
        )
    if apply and select is None:
        raise usage(f"--apply needs --select {AUTO}", hint=f"add --select {AUTO} to apply the best patch")
    for option, value in (("--branch", branch), ("-C", folder)):
        if value is not None and not apply:
            raise usage(f"{option} needs --apply", hint=f"add --apply, or leave out {option}")
    if cross and select is None:
        hint = (command("compare", "RUN", "--cross-tests"), " runs them afterwards")
        raise usage(f"--cross-tests needs --select {AUTO}", hint=hint)
    if select is not None and detach:
        raise usage("--select needs to wait for the agents, and --detach does not wait", hint="leave out --detach")
    if select is None:
        return None
    if not apply:
        return Taking(None, folder, cross is not False)
    from aideator_cli.workspace.pick import Way

    return Taking(Way(branch=branch), folder, cross is not False)


def check_place(taking: Taking, order: "Order") -> None:
    """Checks that there is a working tree to apply to, before any agent costs money."""
    if taking.way is not None:
        from aideator_cli.workspace.applying import expect_place

        expect_place(order.spec, taking.way, folder=taking.folder, origin=order.located.path)


def take_best(here: "Here", run: "StoredRun", taking: Taking) -> Taken:
    """Raises `AideatorError` if agents are still working, or none succeeded (with the run's own exit code)."""
    from aideator_cli.actions.applying import Picked, apply
    from aideator_cli.actions.selecting import select_best
    from aideator_cli.stream.recording import last_result

    selected = select_best(here, run)
    if taking.way is None:
        return Taken(selected)
    selection = selected.selection
    result = last_result(here.store, run.spec, selection.variation, selection.attempt)
    try:
        return Taken(selected, apply(here, Picked(run, result, None), taking.way, taking.folder))
    except AideatorError as error:
        return Taken(selected, refused=error)
