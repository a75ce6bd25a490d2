"""Who calls, and what they may do. The one place that knows: every route asks here."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, Literal

from fastapi import Request

from aideator_cli.server.problems import Problem

Scope = Literal["read", "run", "admin"]
EVERYTHING: Final[frozenset[Scope]] = frozenset(("read", "run", "admin"))


@dataclass(frozen=True)
class Caller:
    """`name` is None for the one user of a server without users, which is reachable from its own machine alone."""

    name: str | None
    scopes: frozenset[Scope]

    @property
    def owns_machine(self) -> bool:
        """Whether they may name this machine's files, its keys, and processes on it."""
        return "admin" in self.scopes


LOCAL: Final = Caller(None, EVERYTHING)


def caller_with(scope: Scope) -> Callable[[Request], Coroutine[Any, Any, Caller]]:
    """Returns the dependency of a route that needs this scope."""

    async def caller(_request: Request) -> Caller:
        return allowed(LOCAL, scope)

    return caller


def allowed(caller: Caller, scope: Scope) -> Caller:
    if scope not in caller.scopes:
        text = f"this token may not do that: it needs the scope {scope}"
        raise Problem(HTTPStatus.FORBIDDEN, text, "ask for a token that has it")
    return caller
