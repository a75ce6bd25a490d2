"""What the user says of runs: a note and tags. Exists only here."""

from collections.abc import Iterable

from aideator_cli.store.database import Database


class Remarks(Database):
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
