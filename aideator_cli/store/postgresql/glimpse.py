"""A look at a PostgreSQL database that makes no tables and migrates none, and hardly waits."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from aideator_cli.store import migrations
from aideator_cli.store.postgresql.address import Address
from aideator_cli.store.postgresql.dialect import PostgreSQL
from aideator_cli.store.postgresql.engine import Lent
from aideator_cli.store.postgresql.pool import Pool


class Glimpse(NamedTuple):
    where: str  # for people
    version: int  # of its schema; 0: there are no tables yet
    connection: Lent
    dialect: PostgreSQL

    @property
    def newer(self) -> bool:
        return self.version > migrations.VERSION


@contextmanager
def glimpse(url: str) -> Iterator[Glimpse]:
    """Raises `AideatorError` if the database can't be reached."""
    address = Address(url)
    pool = Pool(address, lambda _: None)
    lent = Lent(pool.connection)
    try:
        exists = lent.execute("select to_regclass('aideator_schema') is not null").fetchone()[0]
        version = lent.execute("select max(version) from aideator_schema").fetchone()[0] if exists else 0
        yield Glimpse(str(address), version or 0, lent, PostgreSQL())
    finally:
        pool.close()
