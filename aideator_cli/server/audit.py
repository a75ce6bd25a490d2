"""Notes every request that changes something, or was not allowed to, when it has been answered."""

import logging
from http import HTTPStatus
from typing import Any, Final

from starlette.types import ASGIApp, Receive, Scope, Send

from aideator_cli.actions.here import Here
from aideator_cli.domain.accounts import Deed
from aideator_cli.server.access import LOCAL, Caller
from aideator_cli.server.answered import Answered
from aideator_cli.server.core import Core
from aideator_cli.server.gate import SAFE
from aideator_cli.store.serving import ServerStore
from aideator_cli.system.clock import now

_log: Final = logging.getLogger(__name__)


class Audit:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in SAFE:
            await self._app(scope, receive, send)
            return
        answered = Answered(send)
        try:
            await self._app(scope, receive, answered)
        finally:
            await _note(scope, answered.status)


async def _note(scope: Scope, status: int) -> None:
    state: dict[str, Any] = scope.get("state", {})
    caller: Caller = state.get("caller", LOCAL)
    route = scope.get("route")
    path = getattr(route, "path", scope["path"])
    noted: dict[str, str] = state.get("noted", {})  # of a call of a tool
    if noted == {} and "noted" in state and status < HTTPStatus.BAD_REQUEST:
        return  # a tool that reads
    if "caller" not in state and scope["app"].state.needs_token and scope["app"].state.unknown.take():
        return  # whoever has no token can't fill the database
    path = " ".join(filter(None, (path, noted.get("tool"))))
    target = _named(scope.get("path_params", {})) or noted.get("target") or state.get("target")
    address = scope["client"][0] if scope.get("client") else None
    deed = Deed(now(), caller.name, f"{scope['method']} {path}"[:200], target, status, caller.token, address)
    core: Core = scope["app"].state.core
    try:
        await core.read(_written, deed)  # by threads that never wait for long
    except Exception as error:  # what was asked for is done
        _log.warning("a request could not be noted: %s", error)


def _named(parameters: dict[str, str]) -> str | None:
    """Returns the run, or the team, that a path names."""
    return parameters.get("run") or parameters.get("team")


def _written(here: Here, deed: Deed) -> None:
    ServerStore.of(here.store).note_deed(deed)
