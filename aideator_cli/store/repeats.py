"""Requests with an `Idempotency-Key`: the same one again starts nothing anew."""

from aideator_cli.domain.delivery import Repeated
from aideator_cli.store.database import Database

PATIENCE = 120.0  # seconds; looking at a repository takes less


class Repeats(Database):
    def first_with_key(self, owner: str, key: str, digest: str, seconds: float) -> Repeated:
        """Reserves the key for the request with this digest, for so many seconds, unless one has it already. Of several at once one is new.

        A request that has started nothing after `PATIENCE` was broken off with its process: the same one again is new.

        The caller compares the digests: a key that comes with another request is a mistake.
        """
        with self.transaction("idempotency") as connection:
            connection.execute(f"delete from idempotency where expires <= {self._dialect.clock}")
            added = connection.execute(
                "insert into idempotency(owner, key, digest, expires) "
                f"values (?, ?, ?, {self._dialect.clock_later}) on conflict do nothing",
                (owner, key, digest, seconds),
            )
            new = added.rowcount == 1
            if not new:
                taken = connection.execute(
                    f"update idempotency set expires = {self._dialect.clock_later} "
                    f"where owner = ? and key = ? and digest = ? and run is null and expires < {self._dialect.clock_later}",
                    (seconds, owner, key, digest, seconds - PATIENCE),
                )
                new = taken.rowcount == 1
            query = "select digest, run from idempotency where owner = ? and key = ?"
            known, run = connection.execute(query, (owner, key)).fetchone()
        return Repeated(known, run, new)

    def keep_key(self, owner: str, key: str, run: str) -> None:
        """Notes what the request starts."""
        with self.transaction("idempotency") as connection:
            connection.execute("update idempotency set run = ? where owner = ? and key = ?", (run, owner, key))

    def drop_key(self, owner: str, key: str) -> None:
        """Forgets a request that failed, so that it may be tried again."""
        with self.transaction("idempotency") as connection:
            connection.execute("delete from idempotency where owner = ? and key = ?", (owner, key))
