"""Asks a cluster which runs it has: those that this machine lacks, and how those at work stand."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

from aideator_cli.actions.adopting import take_over
from aideator_cli.actions.finding import Named
from aideator_cli.actions.here import Here
from aideator_cli.actions.places import choose, place_of
from aideator_cli.actions.refreshing import refresh
from aideator_cli.errors import usage

if TYPE_CHECKING:
    from aideator_cli.intake.request import Where

AT_ONCE = 8  # runs that are asked about


class Surveyed(NamedTuple):
    where: str
    found: list[str]  # runs that this machine lacked, newest first
    stale: Mapping[str, str]  # runs that could not be asked about, and why
    others: int  # runs of other users, which were left out


def survey(here: Here, where: "Where", *, everyone: bool) -> Surveyed:
    """`everyone`: also takes over the runs of other users. Raises `AideatorError` if there is no cluster, or it can't be asked."""
    backend = choose(where, here.settings)
    if backend.name == "local":
        raise usage("there is no cluster to ask: no kubeconfig has a current context", hint="--context names one")
    owners = backend.runs()
    wanted = [run for run, owner in owners.items() if everyone or owner is None]
    found = [run for run in wanted if here.store.run(run) is None and take_over(here, backend, run, owners[run])]
    place = place_of(backend)
    known = [here.store.run(run) for run in wanted]
    at_work = [run for run in known if run is not None and run.state != "ended" and run.place == place]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        looked = list(pool.map(lambda run: refresh(here.again(), Named(run, None)), at_work))
    return Surveyed(
        backend.where,
        found,
        {named.run.spec.id: named.stale for named in looked if named.stale is not None},
        len(owners) - len(wanted),
    )
