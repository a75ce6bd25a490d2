"""What the user says of runs: a name, a note and tags. Exists only here."""

from collections.abc import Iterable

from aideator_cli.store.database import Database


class Remarks(Database):
    def set_name(self, run: str, name: str | None) -> str | None:
        """Names the run; None takes the name away. Returns the run that has the name already; then nothing changes."""
        with self.transaction(run) as connection:
            row = connection.execute("select id from runs where name = ? and id <> ?", (name, run)).fetchone()
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
