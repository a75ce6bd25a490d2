"""Stores runs that another machine has started, so that they can be followed here."""

from typing import TYPE_CHECKING

from aideator_cli.actions.here import Here
from aideator_cli.actions.places import place_of
from aideator_cli.errors import command, refused

if TYPE_CHECKING:
    from pathlib import Path

    from aideator_agent.spec import RunSpec
    from aideator_cli.backends.base import Backend


def take_over(here: Here, backend: "Backend", run: str, cluster_user: str | None) -> bool:
    """Stores a copy of the run's spec, which the backend has. Returns False if the run is gone."""
    spec = backend.load_spec(run)
    if spec is not None:
        adopt(here, backend, spec, cluster_user)
    return spec is not None


def adopt(
    here: Here, backend: "Backend", spec: "RunSpec", cluster_user: str | None = None, path: "Path | None" = None
) -> None:
    """Stores a run that another machine has started. `path`: the working tree from which it began.

    Raises `AideatorError` if another run has this id here: a server names it, and may name one that it has not started.
    """
    place, known = place_of(backend), here.store.run(spec.id)
    if (
        known is not None
        and known.spec != spec
        and "server" in (place.backend, known.place.backend)
        and known.place != place
    ):
        raise refused(
            f"{place.where} has a run {spec.id}, and so has {known.place.where}, which is another one",
            hint=("to follow it here: ", command("delete", spec.id), ", which deletes the other one"),
        )
    here.store.add_run(spec, place, state="running", found=True, cluster_user=cluster_user, repository_path=path)
