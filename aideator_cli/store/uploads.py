"""What clients have sent for a run that they are about to start. It is kept for a while, and each user has their own."""

from aideator_cli.store.database import Database


class Uploads(Database):
    def keep_upload(self, owner: str, sha256: str, data: bytes, seconds: float, most: int) -> bool:
        """Keeps it for so many seconds from now, also if it is there already.

        Returns False if the owner's would be more than `most` bytes.
        """
        with self.transaction(f"uploads {owner}") as connection:
            connection.execute(f"delete from uploads where owner = ? and expires <= {self._dialect.clock}", (owner,))
            others = "select coalesce(sum(size), 0) from uploads where owner = ? and sha256 <> ?"
            if int(connection.execute(others, (owner, sha256)).fetchone()[0]) + len(data) > most:
                return False
            connection.execute(
                f"insert into uploads(owner, sha256, size, data, expires) values (?, ?, ?, ?, {self._dialect.clock_later}) "
                "on conflict (owner, sha256) do update set expires = excluded.expires",
                (owner, sha256, len(data), data, seconds),
            )
        return True

    def upload(self, owner: str, sha256: str) -> bytes | None:
        query = f"select data from uploads where owner = ? and sha256 = ? and expires > {self._dialect.clock}"
        row = self._connection.execute(query, (owner, sha256)).fetchone()
        return None if row is None else bytes(row[0])

    def forget_uploads(self) -> None:
        """Deletes those whose time is over, of one user after the other: who deletes the rows of two at once may wait for one who does
        the same in another order."""
        query = f"select distinct owner from uploads where expires <= {self._dialect.clock}"
        for (owner,) in self._connection.execute(query).fetchall():
            with self.transaction(f"uploads {owner}") as connection:
                connection.execute(
                    f"delete from uploads where owner = ? and expires <= {self._dialect.clock}", (owner,)
                )
