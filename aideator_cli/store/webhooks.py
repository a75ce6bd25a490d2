"""Webhooks, and what waits to be sent to them."""

from collections.abc import Collection
from typing import Final

from aideator_cli.domain.delivery import Delivery, Webhook
from aideator_cli.store.database import Database
from aideator_cli.system.clock import now

_WEBHOOK: Final = "id, owner, url, secret, kinds, created, private"
_DELIVERY: Final = "id, webhook, run, kind, body, created, attempts, state, next, error"

_SILENT: Final = "select webhooks.id from webhooks join users on users.name = owner where disabled is not null"


class Webhooks(Database):
    def add_webhook(self, webhook: Webhook) -> None:
        with self.transaction("webhooks") as connection:
            connection.execute(
                f"insert into webhooks({_WEBHOOK}) values (?, ?, ?, ?, ?, ?, ?)",
                (
                    webhook.id,
                    webhook.owner,
                    webhook.url,
                    webhook.secret,
                    " ".join(webhook.kinds),
                    webhook.created or now(),
                    int(webhook.private),
                ),
            )

    def webhooks(self, owner: str | None = None, *, telling: bool = False) -> list[Webhook]:
        """`telling`: without those of users who are disabled."""
        wanted = "true" if owner is None else "owner = ?"
        silent = f"and id not in ({_SILENT})" if telling else ""
        former = f"case when former_until > {self._dialect.clock} then former end"
        rows = self._connection.execute(
            f"select {_WEBHOOK}, {former} from webhooks where {wanted} {silent} order by created, id",
            () if owner is None else (owner,),
        )
        return [
            Webhook(id_, whose, url, secret, tuple(kinds.split()), created, bool(private), former)
            for id_, whose, url, secret, kinds, created, private, former in rows
        ]

    def change_secret(self, id_: str, secret: str, seconds: float) -> None:
        """The one before signs, too, for so many seconds more."""
        with self.transaction("webhooks") as connection:
            connection.execute(
                f"update webhooks set former = secret, former_until = {self._dialect.clock_later}, secret = ? where id = ?",
                (seconds, secret, id_),
            )

    def delete_webhook(self, id_: str, owner: str | None = None) -> bool:
        """Deletes what waits for it, too. Returns False if there is none, or none of this owner."""
        of_owner = "" if owner is None else "and owner = ?"
        with self.transaction("webhooks") as connection:
            found = connection.execute(
                f"delete from webhooks where id = ? {of_owner}", (id_, *(() if owner is None else (owner,)))
            )
            return found.rowcount == 1

    # Deliveries

    def queue_delivery(self, delivery: Delivery) -> bool:
        """Returns False if it was queued before."""
        with self.transaction("webhooks") as connection:
            queued = connection.execute(
                "insert into deliveries(id, webhook, run, kind, body, created, attempts, state, next) "
                f"values (?, ?, ?, ?, ?, ?, 0, 'pending', {self._dialect.clock}) on conflict do nothing",
                (delivery.id, delivery.webhook, delivery.run, delivery.kind, delivery.body, delivery.created),
            )
            return queued.rowcount == 1

    def take_deliveries(
        self, limit: int, seconds: float, of_one: int | None = None, busy: Collection[str] = ()
    ) -> list[Delivery]:
        """Returns deliveries that are due, the oldest first. Nobody else gets them for so many seconds.

        `of_one`: at most so many of the same webhook; `busy`: webhooks of which none is wanted. What waits for a disabled user stays.
        """
        others = f"and webhook not in ({_SILENT})"
        if busy:
            others += f" and webhook not in ({', '.join('?' for _ in busy)})"
        with self.transaction("webhooks") as connection:
            query = (
                f"select {_DELIVERY} from (select {_DELIVERY}, row_number() over (partition by webhook order by next, id) as place "
                f"from deliveries where state = 'pending' and next <= {self._dialect.clock} {others}) as due "
                "where place <= ? order by next, id limit ?"
            )
            due = [Delivery(*row) for row in connection.execute(query, (*busy, of_one or limit, limit))]
            connection.executemany(
                f"update deliveries set next = {self._dialect.clock_later} where id = ?",
                [(seconds, each.id) for each in due],
            )
        return due

    def delivered(self, id_: str) -> None:
        with self.transaction("webhooks") as connection:
            connection.execute(
                "update deliveries set state = 'delivered', next = null, error = null where id = ?", (id_,)
            )

    def delivery_failed(self, id_: str, error: str, retry_seconds: float | None) -> None:
        """`retry_seconds`: when it is tried again; None: it is given up."""
        later = "null" if retry_seconds is None else self._dialect.clock_later
        state = "dead" if retry_seconds is None else "pending"
        with self.transaction("webhooks") as connection:
            connection.execute(
                f"update deliveries set attempts = attempts + 1, error = ?, state = ?, next = {later} where id = ? and state = 'pending'",
                (error, state, *(() if retry_seconds is None else (retry_seconds,)), id_),
            )

    def deliveries(self, state: str, *, owner: str | None = None, limit: int = 100) -> list[Delivery]:
        """Returns those that are pending, delivered or dead, the newest first."""
        columns = ", ".join(f"d.{column}" for column in _DELIVERY.split(", "))
        of_owner = "" if owner is None else "and w.owner = ?"
        query = (
            f"select {columns} from deliveries d join webhooks w on w.id = d.webhook where d.state = ? {of_owner} "
            "order by d.created desc, d.id limit ?"
        )
        values = (state, limit) if owner is None else (state, owner, limit)
        return [Delivery(*row) for row in self._connection.execute(query, values)]

    def revive_delivery(self, id_: str, owner: str | None = None) -> bool:
        """Sends one that was given up again. Returns False if there is no such one, or none of this owner."""
        of_owner = "" if owner is None else "and webhook in (select id from webhooks where owner = ?)"
        with self.transaction("webhooks") as connection:
            found = connection.execute(
                f"update deliveries set state = 'pending', attempts = 0, next = {self._dialect.clock} "
                f"where id = ? and state = 'dead' {of_owner}",
                (id_, *(() if owner is None else (owner,))),
            )
            return found.rowcount == 1

    def lately_selected(self, seconds: float) -> list[tuple[str, str]]:
        """Returns the runs of which a variation was selected within so many seconds, each with the time of that."""
        query = f"select run, time from selections where time > {self._dialect.clock_later}"
        return [(str(run), str(time)) for run, time in self._connection.execute(query, (-seconds,))]

    def lately_at_work(self, seconds: float) -> list[str]:
        """Returns the runs that have not ended, or ended within so many seconds."""
        query = f"select id from runs where state <> 'ended' or ended > {self._dialect.clock_later}"
        return [str(row[0]) for row in self._connection.execute(query, (-seconds,))]

    def forget_deliveries(self, seconds: float) -> None:
        """Deletes those that were delivered, or given up, of runs' events that are older than this. Runs at work are told of no event
        twice, however long they take, so theirs stay."""
        with self.transaction("webhooks") as connection:
            connection.execute(
                f"delete from deliveries where state <> 'pending' and created < {self._dialect.clock_later} "
                "and run not in (select id from runs where state <> 'ended')",
                (-seconds,),
            )
