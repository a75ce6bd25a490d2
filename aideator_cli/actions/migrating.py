"""The version of the database's schema, for an operator who goes back to an earlier AIdeator."""

from typing import NamedTuple

from aideator_cli.actions.here import Here
from aideator_cli.errors import usage


class Migrated(NamedTuple):
    where: str
    before: int
    after: int


def migrate(here: Here, to: int | None, *, may_delete: bool) -> Migrated:
    """Migrates the database up or down. None: to this version's. Raises `AideatorError` (usage) for a way down without `may_delete`."""
    from aideator_cli.store.engine import moved, version_at
    from aideator_cli.store.migrations import VERSION

    home, url = here.settings.home, here.settings.database
    where, before = version_at(home, url)
    target = VERSION if to is None else to
    if target < before and not may_delete:
        raise usage(
            f"the way from schema {before} down to {target} deletes what later versions have stored in {where}",
            hint="make a backup, and add --yes",
        )
    moved(home, url, target)
    return Migrated(where, before, target)
