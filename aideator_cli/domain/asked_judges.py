"""A judge that a server lets work, as the database keeps it: any process can tell how it stands."""

from typing import Any, Literal

from aideator_agent.values import frozen

State = Literal["working", "ended", "stopped", "failed", "lost"]


@frozen
class AskedJudge:
    """The last judge of a run. `lost`: the process that asked the model is gone, and has not said how it ended."""

    id: str
    run: str
    owner: str | None  # the user who asked for it
    asked: dict[str, Any]  # what it was asked for
    state: State
    told: dict[str, Any]  # what it has said so far
    begun: str  # RFC 3339, UTC
    ended: str | None
