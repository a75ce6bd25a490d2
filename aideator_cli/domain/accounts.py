"""Who may use a server: users, their tokens, and what they did."""

from collections.abc import Collection
from typing import Final, Literal

from aideator_agent.values import frozen

Scope = Literal["read", "run", "admin"]
SCOPES: Final[tuple[Scope, ...]] = (
    "read",
    "run",
    "admin",
)  # `run` starts and changes runs; `admin` sees those of all users


def widened(scopes: Collection[Scope]) -> frozenset[Scope]:
    """Returns them with those that each holds: `run` allows to read, and `admin` all."""
    return frozenset(SCOPES[: 1 + max(map(SCOPES.index, scopes))]) if scopes else frozenset()


@frozen
class User:
    name: str
    email: str | None = None
    created: str = ""  # RFC 3339, UTC
    disabled: bool = False
    subject: str | None = None  # who they are for the provider of OpenID Connect: ISSUER SUBJECT


@frozen
class Token:
    """A token or an API key, without its secret, which is not stored."""

    id: str
    owner: str  # a user's name
    name: str  # what it is for, in the owner's words
    scopes: frozenset[Scope]
    created: str  # RFC 3339, UTC
    expires: str | None = None  # RFC 3339, UTC; None: never
    used: str | None = None  # RFC 3339, UTC, to the minute; None: not yet
    revoked: str | None = None  # RFC 3339, UTC
    parent: str | None = None  # the id of the token by which it was made; revoked with it
    model: bool = False  # a model's program has used it, or the token by which it was made
    login: bool = False  # made when its owner logged in, so it says who they are, not how long others may call for them

    def allows(self, scope: Scope) -> bool:
        return scope in self.scopes


@frozen
class Session:
    """A page that a user is logged in to."""

    owner: str
    data: str  # the server's own, as JSON
    expires: str  # RFC 3339, UTC


@frozen
class Deed:
    """One request that changed something, or was not allowed to."""

    time: str  # RFC 3339, UTC
    who: str | None  # a user; None: nobody that is known
    action: str  # `POST /api/v1/runs`, `token create`
    target: str | None  # a run, a token's id, ...
    status: int  # of the answer, as of HTTP
    token: str | None = None  # the id of the token that was used
    address: str | None = None  # where the request came from
