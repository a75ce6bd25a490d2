"""What a run holds on this machine."""

from typing import NamedTuple

from aideator_agent.values import frozen


class Held(NamedTuple):
    """One run, and the room that it takes."""

    run: str
    created: str  # RFC 3339, UTC
    ended: str | None  # RFC 3339, UTC
    state: str  # submitting, running, ended
    backend: str
    prompt: str
    drained: bool  # it has ended, and every attempt's log was read to its end
    own: bool  # it was started on this machine, not found on a cluster
    events: int
    event_bytes: int
    file_bytes: int = 0  # logs, what was sent, and clones that a killed agent left

    @property
    def total(self) -> int:
        return self.event_bytes + self.file_bytes


@frozen
class Holdings:
    runs: list[Held]  # the largest first
    strays: dict[str, int]  # folders of runs that the database does not know, with their bytes
    database_bytes: int  # with what belongs to no run, and free pages
    log_bytes: int  # of them: SQLite's log of recent changes

    @property
    def file_bytes(self) -> int:
        return sum(each.file_bytes for each in self.runs) + sum(self.strays.values())
