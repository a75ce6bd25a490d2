"""Pushes the results of a run, each as a branch of its own."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from aideator_agent.values import frozen
from aideator_cli.actions.finding import Named, expect_patches
from aideator_cli.errors import command, usage

if TYPE_CHECKING:
    from aideator_agent.spec import RunSpec
    from aideator_cli.actions.here import Here
    from aideator_cli.domain.runs import StoredRun
    from aideator_cli.workspace.pick import Pick
    from aideator_cli.workspace.pushing import Destination, Pushed


@frozen
class Pushing:
    where: "Destination"
    folder: Path | None = None  # of the working tree; None: the current folder


def pushing(to: str | None, *, folder: Path | None, detach: bool = False) -> Pushing | None:
    """Takes the options as typed. Raises `AideatorError` (usage)."""
    if to is None:
        return None
    if detach:
        raise usage(
            "--push needs to wait for the agents, and --detach does not wait",
            hint=(command("push", "RUN", to), " pushes their patches afterwards"),
        )
    from aideator_cli.workspace.pushing import destination

    return Pushing(destination(to), folder)


def check_push(asked: Pushing, spec: "RunSpec", origin: Path | None) -> None:
    """Checks, before any agent costs money, that there is something to push to."""
    from aideator_cli.workspace.pushing import expect_remote

    expect_remote(spec, asked.where, folder=asked.folder, origin=origin)


def push_run(here: "Here", run: "StoredRun", asked: Pushing) -> "Iterator[Pushed]":
    """See `push_results`, for all results of a run."""
    return push_results(here, Named(run, None), asked)


def push_results(here: "Here", named: Named, asked: Pushing) -> "Iterator[Pushed]":
    """Yields what became of each result that has a patch. Yields nothing if the run has none.

    Raises `AideatorError` if nothing can be pushed at all, or the named variation has no patch.
    """
    from aideator_cli.workspace.pushing import place_to_push, push

    expect_patches(named.run.spec)
    picks = _picks(here, named)
    if not picks:
        return
    run = named.run
    base = next(pick.base for pick in picks)
    with place_to_push(run.spec, base, asked.where, folder=asked.folder, origin=run.repository_path) as (
        target,
        remote,
    ):
        for pick in picks:
            yield push(pick, target, remote, asked.where, run.spec.ca)


def _picks(here: "Here", named: Named) -> "list[Pick]":
    from aideator_cli.choice.verdicts import told_checks
    from aideator_cli.stream.recording import last_result
    from aideator_cli.workspace.pick import pick_of

    spec = named.run.spec
    names = [check.name for check in spec.checks]
    results = [last_result(here.store, spec, number) for number in named.numbers]
    if named.variation is not None:
        return [pick_of(spec, result, told_checks(names, result)) for result in results]
    return [pick_of(spec, result, told_checks(names, result)) for result in results if result.patch]
