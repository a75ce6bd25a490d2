"""Tokens of users of the server: a line for each, without secrets."""

from collections.abc import Sequence
from typing import Any

from aideator_cli.domain.accounts import SCOPES, Token
from aideator_cli.text.clean import one_line
from aideator_cli.text.figures import minute
from aideator_cli.views.screen import Screen
from aideator_cli.views.text.grid import Grid, Styled, show


def show_tokens(screen: Screen, tokens: Sequence[Token]) -> None:
    grid = Grid()
    for title in ("id", "user", "scopes", "created", "expires", "last used", "for"):
        grid.add_column(title)
    for token in tokens:
        ends = Styled("revoked", "red") if token.revoked else minute(token.expires) if token.expires else "never"
        used = minute(token.used) if token.used else "not yet"
        scopes = " ".join(scope for scope in SCOPES if token.allows(scope))
        grid.add_row(token.id, one_line(token.owner), scopes, minute(token.created), ends, used, one_line(token.name))
    show(screen, grid)


def record(token: Token) -> dict[str, Any]:
    return {
        "kind": "token", "id": token.id, "user": token.owner, "name": token.name,
        "scopes": [scope for scope in SCOPES if token.allows(scope)], "created": token.created, "expires": token.expires,
        "used": token.used, "revoked": token.revoked,
    }  # fmt: skip
