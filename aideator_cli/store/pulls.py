"""Commits that `pr` has pushed, with their pull requests, and what `review` has posted. Exists only here."""

from dataclasses import fields

from aideator_cli.domain.pulls import PushedCommit
from aideator_cli.store.database import Database
from aideator_cli.system.clock import now

_COLUMNS = ", ".join(f'"{each.name}"' for each in fields(PushedCommit))


class Pulls(Database):
    def add_pushed(self, pushed: PushedCommit) -> None:
        """Stores a commit. Call it before the commit is pushed."""
        values = [getattr(pushed, each.name) for each in fields(PushedCommit)]
        with self.transaction(pushed.run) as connection:
            marks = ", ".join("?" * len(values))
            connection.execute(f"insert into pulls({_COLUMNS}, time) values ({marks}, ?)", (*values, now()))

    def set_pull(self, pushed: PushedCommit, number: int, url: str) -> None:
        """Stores the pull request of a commit that was stored."""
        with self.transaction(pushed.run) as connection:
            connection.execute(
                'update pulls set number = ?, url = ? where run = ? and variation = ? and "commit" = ?',
                (number, url, pushed.run, pushed.variation, pushed.commit),
            )

    def pull_of(self, run: str, variation: int) -> PushedCommit | None:
        """Returns the newest commit of a variation that has a pull request."""
        query = (
            f"select {_COLUMNS} from pulls where run = ? and variation = ? and url is not null order by id desc limit 1"
        )
        return next((PushedCommit(**row) for row in self._rows(query, run, variation)), None)

    def pushed(self, repository: str, branch: str) -> list[PushedCommit]:
        """Returns the commits that were pushed to a branch, the newest first."""
        query = f"select {_COLUMNS} from pulls where repository = ? and branch = ? order by id desc"
        return [PushedCommit(**row) for row in self._rows(query, repository, branch)]

    def set_posted(self, run: str, url: str) -> None:
        with self.transaction(run) as connection:
            connection.execute(
                "insert into posted(run, url, time) values (?, ?, ?) "
                "on conflict (run) do update set url = excluded.url, time = excluded.time",
                (run, url, now()),
            )

    def posted(self, run: str) -> str | None:
        """Returns the address of the comment that a review was posted as."""
        return next((str(row["url"]) for row in self._rows("select url from posted where run = ?", run)), None)
