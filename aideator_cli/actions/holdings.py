"""What runs hold on this machine."""

from aideator_cli.actions.here import Here
from aideator_cli.backends import local_disk
from aideator_cli.domain.held import Held, Holdings


def holdings(here: Here) -> Holdings:
    sizes = local_disk.used(here.settings.home)
    runs = sorted(_with_files(here, here.store.held(), sizes), key=lambda each: -each.total)
    return Holdings(runs, sizes, here.store.database_bytes(), here.store.log_bytes())


def held(here: Here) -> list[Held]:
    """Returns every run, the newest first."""
    return _with_files(here, here.store.held(), local_disk.used(here.settings.home))


def _with_files(here: Here, runs: list[Held], sizes: dict[str, int]) -> list[Held]:
    """Takes the runs' sizes, and those of their referees, out of `sizes`."""
    return [
        each._replace(file_bytes=sum(sizes.pop(name, 0) for name in (each.run, *here.store.referees(each.run))))
        for each in runs
    ]
