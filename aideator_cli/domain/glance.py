"""A run at a glance."""

from typing import NamedTuple


class Glance(NamedTuple):
    """What a list shows of a run."""

    id: str
    created: str  # RFC 3339, UTC
    state: str  # submitting, running, ended
    backend: str
    where: str
    prompt: str
    succeeded: int  # how many variations
    variations: int
    cost: float | None  # USD, of each variation's last attempt together; None: unknown
    origin: tuple[str, ...] = ()  # the variations with whose work it begins, RUN/N each
    merged: bool = False  # whether it merges them
