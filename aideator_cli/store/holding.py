"""What each run holds of the database, and what was sent with it, for other machines."""

from collections.abc import Mapping

from aideator_cli.domain.held import Held
from aideator_cli.store.database import Database


class Holding(Database):
    def held(self) -> list[Held]:
        """Returns every run, the newest first, without its files. Reads all events, so it takes a second for each gigabyte or so."""
        told = self._dialect
        of_run = "from attempts a join events e on e.attempt = a.id where a.run = runs.id"
        query = f"""
            select id, created, ended, state, backend, {told.text("spec", "prompt")},
              state = 'ended' and not exists (select 1 from attempts where run = runs.id and closed is null), not found,
              (select count(*) {of_run}), (select coalesce(sum({told.octets("raw")}), 0) {of_run})
            from runs order by created desc, id
        """
        return [
            Held(run, created, ended, state, backend, prompt, bool(drained), bool(own), events, int(size))
            for run, created, ended, state, backend, prompt, drained, own, events, size in self._connection.execute(
                query
            )
        ]

    @property
    def is_shared(self) -> bool:
        """Returns whether other machines may use the database, too."""
        return self._engine.shared

    def keep_sent(self, run: str, files: Mapping[str, bytes]) -> None:
        """Keeps what was sent with a run, by name, as long as the run."""
        import hashlib  # loads OpenSSL, which showing runs does not need

        with self.transaction(run) as connection:
            for name, data in files.items():
                connection.execute(
                    "insert into sent(run, name, sha256, data) values (?, ?, ?, ?) on conflict do nothing",
                    (run, name, hashlib.sha256(data).hexdigest(), data),
                )

    def sent(self, sha256: str) -> bytes | None:
        """Returns what was sent with a run, and perhaps taken over by others, that are not deleted."""
        row = self._connection.execute("select data from sent where sha256 = ? limit 1", (sha256,)).fetchone()
        return None if row is None else bytes(row[0])

    def database_bytes(self) -> int:
        """Returns the size of the database."""
        return self._engine.octets()

    def log_bytes(self) -> int:
        """Returns how much of that is the database's log of changes."""
        return self._engine.octets_of_log()

    def compact(self) -> bool:
        """Gives the disk back what deleted rows took. Returns False if that can't be done now."""
        return self._engine.compact()
