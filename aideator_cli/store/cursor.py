"""Where the store's copy of a log ends."""

from typing import NamedTuple


class Cursor(NamedTuple):
    """Where to continue reading an attempt's log."""

    next_seq: int = 0
    missing: frozenset[int] = frozenset()
    mark: str | None = None  # the newest line's
    end: int | None = None  # seq of `end`, if it is stored
