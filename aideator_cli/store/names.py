"""What the stored runs and variations are called. It makes no store, migrates none and hardly waits, because a person waits for a word."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from aideator_cli.store.dialect import Connection, Dialect, SQLite
from aideator_cli.store.engine import checked
from aideator_cli.store.migrations import VERSION
from aideator_cli.store.sqlite import FILE, version_of

PATIENCE = 0.1  # seconds


class Names:
    def __init__(self, connection: Connection, dialect: Dialect) -> None:
        self._connection = connection
        self._dialect = dialect

    def runs(self, prefix: str, limit: int) -> list[tuple[str, str]]:
        """Returns this user's ids and names that begin with this, the newest run first, each with the run's prompt."""
        prompt = self._dialect.text("spec", "prompt")
        query = f"""
            select word, prompt from (
              select id as word, {prompt} as prompt, created, rowid as place from runs where cluster_user is null
              union all
              select name, {prompt}, created, rowid from runs where name is not null
            ) as words where substr(word, 1, ?) = ? order by created desc, place desc limit ?
        """
        return list(self._connection.execute(query, (len(prefix), prefix, limit)))

    def teams(self, prefix: str, limit: int) -> list[str]:
        """Returns the ids of teams that begin with this, the newest first."""
        query = "select id from teams where substr(id, 1, ?) = ? order by created desc, id limit ?"
        return [str(row[0]) for row in self._connection.execute(query, (len(prefix), prefix, limit))]

    def variations(self, run: str) -> list[tuple[int, str, str]]:
        """Returns the numbers, each with its model and role. `run`: an id, a name, a unique prefix of one, or @last."""
        found = self.runs("", 1) if run == "@last" else self.runs(run, 2)
        words = [each for each, _ in found]
        if run not in words and len(words) != 1:
            return []
        word = run if run in words else words[0]
        query = """
            select v.number, v.model, v.role from variations v join runs r on r.id = v.run
            where r.id = ? or r.name = ? order by v.number
        """
        return list(self._connection.execute(query, (word, word)))


@contextmanager
def names(home: Path, url: str | None = None) -> Iterator[Names | None]:
    """Yields None if there is no store, or one of another version."""
    if url is not None:
        from aideator_cli.store.postgresql.glimpse import glimpse

        with glimpse(checked(url)) as found:
            yield Names(found.connection, found.dialect) if found.version == VERSION else None
        return
    path = home / FILE
    if not path.exists():
        yield None
        return
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=PATIENCE)) as connection:
        connection.execute("pragma query_only=on")  # not mode=ro, which leaves SQLite's files behind
        yield Names(connection, SQLite()) if version_of(connection) == VERSION else None
