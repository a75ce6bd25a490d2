"""A run at a glance, and which runs a list shows."""

from typing import Final, NamedTuple

STATES: Final = ("submitting", "running", "ended")
OUTCOMES: Final = ("succeeded", "failed_checks", "no_changes", "limit", "cancelled", "failed", "running")
SORTS: Final = ("newest", "oldest", "cost", "state")


class Wanted(NamedTuple):
    """The runs that a list shows, and their order. An empty text means any."""

    state: str = ""  # one of STATES
    outcome: str = ""  # one of OUTCOMES; at least one variation has it
    repository: str = ""  # a part of its URL or path, in any case
    text: str = ""  # a part of the prompt or of the run's note, in any case
    tags: tuple[str, ...] = ()  # the run has all of them
    sort: str = "newest"  # one of SORTS; `cost`: the most expensive first, those of unknown cost last
    owner: str | None = None  # a user of the server; None: any, and none
    everyone: bool = False  # also the runs of other users of a cluster
    alone: bool = False  # no steps of teams


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
    note: str | None = None  # the user's
    tags: tuple[str, ...] = ()  # sorted
    owner: str | None = None  # the user of the server who has started it
    name: str | None = None  # the user's
    cluster_user: str | None = None  # another user of the cluster; None: this one
    repository: str = ""  # its URL or path
