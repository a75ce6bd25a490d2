"""Who follows a run: one process at a time, for as long as it says so in time."""

from aideator_agent.values import frozen


@frozen
class Lease:
    """The right to follow a run. Whoever gets the next one has a greater `fence`, so that an old holder is told apart."""

    run: str
    holder: str  # a process; it takes another name when it starts again
    host: str  # the machine that it is on
    fence: int
    expires: str  # RFC 3339, UTC, by the database's clock; empty: it was given back
