"""What a server tells others by itself, and requests that came twice."""

from typing import Literal

from aideator_agent.values import frozen


@frozen
class Webhook:
    """Where a user wants to be told of their runs' events."""

    id: str
    owner: str  # a user; empty: everybody's runs
    url: str
    secret: str  # signs what is sent; the receiver has it, too
    kinds: tuple[str, ...] = ()  # of events; empty: all
    created: str = ""  # RFC 3339, UTC
    private: bool = False  # whether it may be in the server's own network
    former: str | None = None  # the secret before, as long as it signs, too


@frozen
class Delivery:
    """One message for one webhook. It is sent until it was accepted, or until it is given up: then it is `dead`."""

    id: str  # the message's own, so that one that is queued twice is sent once
    webhook: str
    run: str
    kind: str
    body: str
    created: str  # RFC 3339, UTC
    attempts: int = 0  # that have failed
    state: Literal["pending", "delivered", "dead"] = "pending"
    next: str | None = None  # RFC 3339, UTC, by the database's clock: not before then
    error: str | None = None  # why the last attempt failed


@frozen
class Repeated:
    """What is known of an `Idempotency-Key`."""

    digest: str  # of the request that came with it first
    run: str | None  # which that request has started; None: it is still at it
    is_new: bool  # whether this is the first request with it
