"""Notes on repositories that people have accepted, and which proposals they have rejected. Exists only here."""

from collections.abc import Callable, Sequence
from typing import Final

from aideator_cli.domain.memory import MOST, REJECTED, Memory
from aideator_cli.store.database import Database
from aideator_cli.system.clock import now

_COLUMNS: Final = "id, repository, text, source, run, created"


class Memories(Database):
    """A user of the server has notes of their own; whoever works with the store itself has those without an owner."""

    def memories(self, repositories: Sequence[str] | None = None) -> list[Memory]:
        """Returns the notes of a repository by any of its names, oldest first. None: of all."""
        places = "" if repositories is None else f"and repository in ({', '.join('?' * len(repositories))})"
        rows = self._connection.execute(
            f"select {_COLUMNS} from memories where rejected is null and owner = ? {places} order by id",
            (self.owner or "", *(repositories or ())),
        )
        return [Memory(*row) for row in rows]

    def recalled(self, names: Callable[[], Sequence[str]]) -> list[Memory]:
        """Returns the same. Asks for the names, which takes a process of git, only if there are any notes at all."""
        if self._connection.execute("select 1 from memories where rejected is null limit 1").fetchone() is None:
            return []
        return self.memories(names())

    def remember(self, repository: str, text: str, key: str, source: str, run: str | None = None) -> Memory | None:
        """Returns None if the repository has as many notes as it can have. A text that is known already is returned as it is."""
        with self.transaction(f"memory {repository}") as connection:
            known = connection.execute(
                f"select {_COLUMNS} from memories where owner = ? and repository = ? and key = ? and rejected is null",
                (self.owner or "", repository, key),
            ).fetchone()
            if known is not None:
                return Memory(*known)
            of_all = "from memories where owner = ? and repository = ? and rejected is null"
            (count,) = connection.execute(f"select count(*) {of_all}", (self.owner or "", repository)).fetchone()
            if count >= MOST:
                return None
            connection.execute(
                "delete from memories where owner = ? and repository = ? and key = ?",
                (self.owner or "", repository, key),
            )
            connection.execute(
                "insert into memories(owner, repository, text, key, source, run, created) values (?, ?, ?, ?, ?, ?, ?)",
                (self.owner or "", repository, text, key, source, run, now()),
            )
            row = connection.execute(
                f"select {_COLUMNS} from memories where owner = ? and repository = ? and key = ?",
                (self.owner or "", repository, key),
            ).fetchone()
        return Memory(*row)

    def reject(self, repository: str, key: str) -> None:
        """Remembers that this proposal is not wanted, without its text. The oldest ones are forgotten."""
        with self.transaction(f"memory {repository}") as connection:
            connection.execute(
                "insert into memories(owner, repository, text, key, source, created, rejected) values (?, ?, '', ?, '', ?, ?)",
                (self.owner or "", repository, key, now(), now()),
            )
            connection.execute(
                "delete from memories where owner = ? and repository = ? and rejected is not null and id not in ("
                "select id from memories where owner = ? and repository = ? and rejected is not null order by id desc limit ?)",
                (self.owner or "", repository, self.owner or "", repository, REJECTED),
            )

    def decided(self, repositories: Sequence[str]) -> frozenset[str]:
        """Returns the keys of what was accepted or rejected for a repository."""
        rows = self._connection.execute(
            f"select key from memories where owner = ? and repository in ({', '.join('?' * len(repositories))})",
            (self.owner or "", *repositories),
        )
        return frozenset(str(row[0]) for row in rows)

    def forget(self, number: int) -> bool:
        """Deletes a note. Returns False if there is none. It is not proposed again."""
        with self.transaction("memory") as connection:
            done = connection.execute(
                "update memories set text = '', source = '', run = null, rejected = ? where id = ? and owner = ? and rejected is null",
                (now(), number, self.owner or ""),
            )
            return done.rowcount == 1
