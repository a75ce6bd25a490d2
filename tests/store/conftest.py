"""What the store promises is tested on both of its databases."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from aideator_cli.store import Store


@dataclass(frozen=True)
class Kept:
    """A place of its own for runs. It may be opened as often as one likes."""

    home: Path
    url: str | None  # None: SQLite

    def open(self) -> Store:
        return Store.open(self.home, self.url)


@pytest.fixture(params=["sqlite", "postgresql"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kept]:
    url = request.getfixturevalue("postgresql_url") if request.param == "postgresql" else None
    yield Kept(tmp_path, url)
    if url is not None:
        from aideator_cli.store.postgresql.engine import forget

        forget(url)
