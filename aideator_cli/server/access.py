"""Who calls, and what they may do. The one place that knows: every route asks here."""

from collections.abc import Callable, Collection, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import field
from http import HTTPStatus
from typing import Any, Final

from fastapi import Request
from fastapi.routing import APIRoute

from aideator_agent.values import frozen
from aideator_cli.actions.here import Here
from aideator_cli.domain.accounts import SCOPES, Scope, Token
from aideator_cli.domain.ids import is_id
from aideator_cli.errors import AideatorError, not_found
from aideator_cli.server import sessions
from aideator_cli.server.core import Core
from aideator_cli.server.gate import SAFE
from aideator_cli.server.problems import NAMED, Problem
from aideator_cli.store.serving import ServerStore

CHALLENGE: Final = {"WWW-Authenticate": "Bearer"}


@frozen
class Caller:
    """`name` is None for whoever is at the server's own machine and shows no token. `form`: what a session's forms have to hold."""

    name: str | None
    scopes: frozenset[Scope]
    token: str | None = None  # its id
    form: str | None = field(default=None, repr=False)
    shown: Token | None = None  # the token itself

    @property
    def owns_machine(self) -> bool:
        """Whether they may name this machine's files, its keys, and processes on it, and see everybody's runs."""
        return "admin" in self.scopes

    @property
    def sees(self) -> str | None:
        """Returns the user whose runs they see, which is themselves. None: they see everybody's."""
        return None if self.owns_machine else self.name


LOCAL: Final = Caller(None, frozenset(SCOPES))


def caller_with(scope: Scope) -> Callable[[Request], Coroutine[Any, Any, Caller]]:
    """Returns the dependency of a route that needs this scope. If the path names a run, it has to be the caller's."""

    async def caller(request: Request) -> Caller:
        return await admitted(request, scope)

    return caller


async def admitted(request: Request, scope: Scope, *, again: bool = False) -> Caller:
    """`again`: whether it was admitted before and still goes on, which counts as one request.

    Raises `Problem` for a caller without this right, and `AideatorError` (not found) for a run of another user.
    """
    found = await (known if again else counted)(request)
    _check_query(request)
    if scope not in found.scopes:
        text = f"this token may not do that: it needs the scope {scope}"
        raise Problem(HTTPStatus.FORBIDDEN, text, "ask for a token that has it: aideator token create --scope")
    run = request.path_params.get("run") or request.path_params.get("task")
    if run is not None and not found.owns_machine:
        await _core(request).read(check_owner, run, found)
    team = request.path_params.get("team")
    if team is not None and not found.owns_machine:
        await _core(request).read(_check_owner_of_team, team, found)
    if scope == "run" and run is not None:
        check_kept(request.app.state.deleting, run)
    if scope == "run" and team is not None:
        check_kept(request.app.state.deleting, team, "team")
    return found


def _check_query(request: Request) -> None:
    """Raises `Problem` for parameters that a route of the API does not have: a filter that is misspelt would find everything."""
    route = request.scope.get("route")
    if not isinstance(route, APIRoute) or not route.path.startswith("/api/"):
        return
    taken = {each.alias for each in route.dependant.query_params}
    unknown = sorted(set(request.query_params) - taken)
    if unknown:
        mistakes = [{"where": name[:100], "what": "there is no such parameter"} for name in unknown[:NAMED]]
        told = "; ".join(f"{each['where']}: {each['what']}" for each in mistakes)
        hint = f"it takes {', '.join(sorted(taken))}" if taken else "it takes none"
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, told, hint, mistakes=mistakes)


@contextmanager
def being_deleted(request: Request, name: str) -> Iterator[None]:
    """Within it, `check_kept` refuses what would change this run, or team."""
    going: set[str] = request.app.state.deleting
    going.add(name)
    try:
        yield
    finally:
        going.discard(name)


def check_kept(deleting: Collection[str], name: str, what: str = "run") -> None:
    """Raises `Problem` for a run, or a team, that is being deleted."""
    if name in deleting:
        raise Problem(HTTPStatus.CONFLICT, f"{what} {name} is being deleted", f"GET /api/v1/{what}s lists the others")


async def counted(request: Request) -> Caller:
    """Returns who calls, as `known`. Raises `Problem` also for a user who has asked for too much."""
    found = await known(request)
    request.state.caller = found
    request.app.state.rates.check(found.name)
    return found


async def known(request: Request) -> Caller:
    """Returns who calls. Raises `Problem` for a token that does not count, or none where one is needed."""
    secret = presented(request)
    if secret is not None:
        return await _core(request).read(_of_token, secret)
    if request.app.state.needs_token:
        session = await _of_session(request)
        if session is not None:
            return session
        text = "this server wants a token"
        raise Problem(
            HTTPStatus.UNAUTHORIZED, text, "send Authorization: Bearer TOKEN, or X-API-Key", headers=CHALLENGE
        )
    return LOCAL


def presented(request: Request) -> str | None:
    kind, _, secret = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer" and secret.strip():
        return secret.strip()
    return request.headers.get("x-api-key") or None


async def _of_session(request: Request) -> Caller | None:
    """A browser sends its cookie with everything, so it changes nothing by itself: only with a form of the page."""
    secret = sessions.cookie_of(request)
    path = getattr(request.scope.get("route"), "path", request.url.path)
    if secret is None or (path.startswith(("/api/", "/mcp")) and request.method not in SAFE):
        return None
    found = await _core(request).read(sessions.opened, secret)
    if found is None:
        return None
    return Caller(found.token.owner, found.token.scopes, found.token.id, sessions.form_token(secret), found.token)


def _of_token(here: Here, secret: str) -> Caller:
    token = ServerStore.of(here.store).token(secret)
    if token is None:
        text = "this token does not count: it is unknown, has expired or was revoked"
        raise Problem(HTTPStatus.UNAUTHORIZED, text, "get another one: aideator token create", headers=CHALLENGE)
    return Caller(token.owner, token.scopes, token.id, shown=token)


def check_owner(here: Here, run: str, caller: Caller) -> None:
    """Says of another user's run what it says of none."""
    if caller.owns_machine:
        return
    found = here.store.run(run)
    if found is None or found.owner != caller.name:
        raise not_found(f"there is no run {run}", hint="GET /api/v1/runs lists the runs")


def _check_owner_of_team(here: Here, team: str, caller: Caller) -> None:
    found = here.store.team(team) if is_id(team) else None
    if found is None or found.owner != caller.name:
        raise no_team(team)


def no_team(team: str) -> AideatorError:
    return not_found(f"there is no team {team}", hint="GET /api/v1/teams lists the teams")


def _core(request: Request) -> Core:
    core: Core = request.app.state.core
    return core
