"""What the user says of runs: a name, a note and tags. A run on a server has there what its users say; here is a copy."""

from collections.abc import Iterable
from typing import Final

from aideator_cli.store.database import Database

# Two runs may have one name if they are of different users of the server, or on different servers
_SAME: Final = """
    coalesce(other.owner, '') = coalesce(named.owner, '')
    and coalesce(case when other.backend = 'server' then other.context end, '')
      = coalesce(case when named.backend = 'server' then named.context end, '')
"""


class Remarks(Database):
    def set_name(self, run: str, name: str | None) -> str | None:
        """Names the run; None takes the name away. Returns the run of the same user that has the name already; then nothing changes."""
        with self.transaction(f"name {name}") as connection:
            row = connection.execute(
                f"select other.id from runs as named join runs as other on other.id <> named.id and {_SAME} "
                "where named.id = ? and other.name = ?",
                (run, name),
            ).fetchone()
            if row is None:
                connection.execute("update runs set name = ? where id = ?", (name, run))
        return None if row is None else str(row[0])

    def set_note(self, run: str, note: str | None) -> None:
        """None removes the note."""
        with self.transaction(run) as connection:
            connection.execute("update runs set note = ? where id = ?", (note, run))

    def add_tags(self, run: str, names: Iterable[str]) -> None:
        with self.transaction(run) as connection:
            connection.executemany(
                "insert into tags(run, name) values (?, ?) on conflict do nothing", [(run, name) for name in names]
            )

    def remove_tags(self, run: str, names: Iterable[str]) -> None:
        with self.transaction(run) as connection:
            connection.executemany("delete from tags where run = ? and name = ?", [(run, name) for name in names])

    def keep_remarks(self, run: str, name: str | None, note: str | None, tags: Iterable[str]) -> None:
        """Keeps what a server has. Another run there that had the name has lost it."""
        with self.transaction(run) as connection:
            connection.execute(
                "update runs set name = null where name = ? and id in ("
                f"select other.id from runs as named join runs as other on other.id <> named.id and {_SAME} where named.id = ?)",
                (name, run),
            )
            connection.execute("update runs set name = ?, note = ? where id = ?", (name, note, run))
            connection.execute("delete from tags where run = ?", (run,))
            connection.executemany("insert into tags(run, name) values (?, ?)", [(run, each) for each in set(tags)])
