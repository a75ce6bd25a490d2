"""Tokens for users of a server, made and revoked by an operator who has the database."""

import getpass
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final, cast

from aideator_agent.values import frozen
from aideator_cli.actions.here import Here
from aideator_cli.domain.accounts import SCOPES, Deed, Scope, Token, User, widened
from aideator_cli.errors import command, not_found, usage
from aideator_cli.system.clock import now

if TYPE_CHECKING:
    from aideator_cli.store.serving import ServerStore

_USER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_MOST: Final = 100  # characters of a name
_LONGEST: Final = 100 * 365 * 86400.0
_BY_OPERATOR: Final = "operator"  # who does it, for the audit


@frozen
class Order:
    name: str  # what it is for
    user: str | None = None  # None: the configured `user`, else this machine's
    scopes: Sequence[str] = ()  # none: read and run
    seconds: float | None = None  # how long it counts; None: for ever


def create(here: Here, order: Order) -> tuple[Token, str]:
    """Returns the token and its secret, which is stored nowhere. Adds the user if there is none. Raises `AideatorError` (usage)."""
    user = order.user or here.settings.defaults.user or getpass.getuser()
    if not _USER.fullmatch(user):
        raise usage(
            f"{user!r} can't be a user's name",
            hint="up to 64 letters, digits and . _ @ -; the first is a letter or a digit",
        )
    name = order.name.strip()
    if not name or len(name) > _MOST or not name.isprintable():
        raise usage(f"a token's name has 1 to {_MOST} characters, and no line break")
    if order.seconds is not None and not 0 < order.seconds <= _LONGEST:
        raise usage("a token counts for more than 0 s, and at most 100 years")
    store = _store(here)
    store.add_user(User(user))
    token, secret = store.create_token(user, name, _scopes(order.scopes), order.seconds)
    store.note_deed(Deed(now(), _BY_OPERATOR, "token create", token.id, 201))
    return token, secret


def listed(here: Here, user: str | None) -> list[Token]:
    """Returns the newest first; also those that are revoked or have expired."""
    return _store(here).tokens(user)


def revoke(here: Here, word: str) -> Token:
    """`word`: a token's id. It stops counting at once. Raises `AideatorError` (not found)."""
    store = _store(here)
    token = next((each for each in store.tokens() if each.id == word), None)
    if token is None:
        raise not_found(f"there is no token {word}", hint=command("token", "list"))
    store.revoke_token(token.id)
    store.note_deed(Deed(now(), _BY_OPERATOR, "token revoke", token.id, 200))
    return replace(token, revoked=token.revoked or now())


def _scopes(words: Sequence[str]) -> frozenset[Scope]:
    for word in words:
        if word not in SCOPES:
            raise usage(f"--scope takes {', '.join(SCOPES[:-1])} or {SCOPES[-1]}, not {word}")
    return widened([cast(Scope, word) for word in words] or ["run"])


def _store(here: Here) -> "ServerStore":
    from aideator_cli.store.serving import ServerStore

    return ServerStore.of(here.store)
