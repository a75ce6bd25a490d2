"""Leases of followers. They end by the database's clock, so that no machine's clock decides."""

from typing import Self

from aideator_cli.domain.leases import Lease
from aideator_cli.store.database import Database


class Leases(Database):
    def lease(self, run: str, holder: str, host: str, seconds: float) -> Lease | None:
        """Gives the run to `holder`. Returns None if a process has it, this one included, or if there is no such run."""
        clock = self._dialect
        with self.transaction(run) as connection:
            if connection.execute("select 1 from runs where id = ?", (run,)).fetchone() is None:
                return None
            given = connection.execute(
                "insert into leases(run, holder, host, fence, expires) "
                f"values (?, ?, ?, 1, {clock.clock_later}) on conflict (run) do update set holder = excluded.holder, "
                "host = excluded.host, fence = leases.fence + 1, expires = excluded.expires "
                f"where leases.expires <= {clock.clock}",
                (run, holder, host, seconds),
            )
            if given.rowcount < 1:
                return None
            query = "select run, holder, host, fence, expires from leases where run = ?"
            return Lease(*connection.execute(query, (run,)).fetchone())

    def renew(self, lease: Lease, seconds: float) -> bool:
        """Returns False if another process has got the run since. A lease that has expired can be renewed until then."""
        with self.transaction(lease.run) as connection:
            kept = connection.execute(
                f"update leases set expires = {self._dialect.clock_later} where run = ? and fence = ?",
                (seconds, lease.run, lease.fence),
            )
            return kept.rowcount == 1

    def give_back(self, lease: Lease) -> None:
        """Lets another process have the run at once."""
        with self.transaction(lease.run) as connection:
            connection.execute("update leases set expires = '' where run = ? and fence = ?", (lease.run, lease.fence))

    def leases(self) -> list[Lease]:
        """Returns those that count now."""
        query = (
            f"select run, holder, host, fence, expires from leases where expires > {self._dialect.clock} order by run"
        )
        return [Lease(*row) for row in self._connection.execute(query)]

    def unfollowed(self, host: str, submitting_seconds: float) -> list[str]:
        """Returns the runs that are not over and that nobody follows, the oldest first: of processes only those on this host.

        `submitting_seconds`: how long a run may be `submitting` before its submission counts as broken off.
        """
        query = f"""
            select runs.id from runs left join leases on leases.run = runs.id
            where (state = 'running' or (state = 'submitting' and created < {self._dialect.clock_later}))
              and (leases.run is null or leases.expires <= {self._dialect.clock})
              and (backend <> 'local' or runs.host is null or runs.host = ?)
            order by created, runs.id
        """
        return [str(row[0]) for row in self._connection.execute(query, (-submitting_seconds, host))]

    def under(self, lease: Lease) -> Self:
        """Returns the same store, which writes about the lease's run only while the lease is its last: else it raises `LeaseLost`."""
        fenced = type(self)(self._engine)
        fenced.owner = self.owner
        fenced._lease = lease
        return fenced
