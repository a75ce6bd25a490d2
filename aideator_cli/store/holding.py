"""What each run holds of the database."""

import sqlite3
from typing import Final

from aideator_cli.domain.held import Held
from aideator_cli.store.database import Database

_HELD: Final = """
select id, created, ended, state, backend, json_extract(spec, '$.prompt'),
  state = 'ended' and not exists (select 1 from attempts where run = runs.id and closed is null), not found,
  (select count(*) from attempts a join events e on e.attempt = a.id where a.run = runs.id),
  (select coalesce(sum(length(cast(raw as blob))), 0) from attempts a join events e on e.attempt = a.id where a.run = runs.id)
from runs order by created desc, id
"""


class Holding(Database):
    def held(self) -> list[Held]:
        """Returns every run, the newest first, without its files. Reads all events, so it takes a second for each gigabyte or so."""
        return [
            Held(run, created, ended, state, backend, prompt, bool(drained), bool(own), events, size)
            for run, created, ended, state, backend, prompt, drained, own, events, size in self._connection.execute(
                _HELD
            )
        ]

    def database_bytes(self) -> int:
        """Returns the size of the database's files."""
        names = (self._path, *(self._path.with_name(self._path.name + end) for end in ("-wal", "-shm")))
        return sum(path.stat().st_size for path in names if path.exists())

    def compact(self) -> bool:
        """Gives the disk back what deleted rows took. Returns False if that can't be done now."""
        try:
            self._connection.execute("vacuum")
            self._connection.execute("pragma wal_checkpoint(truncate)")
        except sqlite3.OperationalError:  # another process writes, or there is no room for the copy
            return False
        return True
