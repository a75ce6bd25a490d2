"""The routes by which users register, log in and make API keys."""

import time
from collections import deque
from http import HTTPStatus
from typing import Any, Final

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import JSONResponse, Response

from aideator_cli.actions.here import Here
from aideator_cli.domain.accounts import Scope, Token, User
from aideator_cli.server.access import CHALLENGE, admitted, known
from aideator_cli.server.bodies import Body
from aideator_cli.server.problems import Problem
from aideator_cli.server.runs import core_of
from aideator_cli.store.serving import ServerStore

router = APIRouter(prefix="/api/v1/auth", tags=["accounts"])
SESSION_SECONDS: Final = 24 * 3600.0
SCOPES: Final[tuple[Scope, ...]] = ("read", "run")
TRIES: Final = 10  # wrong passwords of one address, until it has to wait
WAIT_SECONDS: Final = 300.0


class Registering(Body):
    """A new user."""

    username: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$")
    email: str = Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")
    password: str = Field(min_length=8, max_length=1024)


class LoggingIn(Body):
    """A user who has a password."""

    email: str = Field(max_length=254)
    password: str = Field(max_length=1024)


class NewKey(Body):
    """What an API key is for."""

    name: str = Field(min_length=1, max_length=100)
    description: str = Field(default="", max_length=1000)


class Tries:
    """Passwords that are wrong or not yet known to be right, by email. Belongs to the event loop."""

    def __init__(self) -> None:
        self._wrong: dict[str, deque[float]] = {}

    def check(self, email: str) -> None:
        """Raises `Problem` (429) if there were too many."""
        now = time.monotonic()
        for each in [each for each, times in self._wrong.items() if now - times[-1] > WAIT_SECONDS]:
            del self._wrong[each]
        if len(self._wrong.get(email.casefold(), ())) >= TRIES:
            headers = {"Retry-After": str(int(WAIT_SECONDS))}
            raise Problem(
                HTTPStatus.TOO_MANY_REQUESTS, "too many wrong passwords", "try again in some minutes", headers=headers
            )

    def note(self, email: str) -> None:
        self._wrong.setdefault(email.casefold(), deque(maxlen=TRIES)).append(time.monotonic())

    def forget(self, email: str) -> None:
        self._wrong.pop(email.casefold(), None)


@router.post("/register", status_code=HTTPStatus.CREATED, summary="Add a user who logs in with a password")
async def register(request: Request, body: Registering) -> Response:
    """On the server's own machine anybody may; elsewhere it needs the scope admin."""
    await admitted(request, "admin")
    return JSONResponse(await core_of(request).act(_register, body), HTTPStatus.CREATED)


@router.post("/login", summary="Get a token for a day")
async def login(request: Request, body: LoggingIn) -> Response:
    tries: Tries = request.app.state.tries
    tries.check(body.email)
    tries.note(body.email)  # before it is known: of many at once no more are tried either
    told = await core_of(request).act(_login, body)
    if told is None:
        text = "the email or the password is wrong"
        raise Problem(HTTPStatus.UNAUTHORIZED, text, "register first, or try again", headers=CHALLENGE)
    tries.forget(body.email)
    return JSONResponse(told)


@router.post("/api-keys", status_code=HTTPStatus.CREATED, summary="Make an API key, which is shown once")
async def api_key(request: Request, body: NewKey) -> Response:
    """Send it as `X-API-Key`. It allows what your token allows, until it is revoked: `aideator token revoke`."""
    caller = await known(request)
    request.state.caller = caller
    if caller.name is None:
        raise Problem(
            HTTPStatus.UNAUTHORIZED, "an API key belongs to a user", "log in, and send the token", headers=CHALLENGE
        )
    token, secret = await core_of(request).act(_key, caller.name, body.name, caller.scopes)
    told = {
        "id": token.id,
        "name": token.name,
        "description": body.description,
        "api_key": secret,
        "created_at": token.created,
    }
    return JSONResponse(told, HTTPStatus.CREATED)


def _register(here: Here, body: Registering) -> dict[str, Any]:
    store = ServerStore.of(here.store)
    if not store.add_user(User(body.username, body.email), body.password):
        raise Problem(HTTPStatus.CONFLICT, "the username or the email is taken", "log in, or choose another one")
    return {"username": body.username, "email": body.email.casefold()}


def _login(here: Here, body: LoggingIn) -> dict[str, Any] | None:
    store = ServerStore.of(here.store)
    user = store.user_of_email(body.email)
    if not store.has_password(user, body.password) or user is None:
        return None
    token, secret = store.create_token(user.name, "login", SCOPES, SESSION_SECONDS)
    return {
        "access_token": secret,
        "token_type": "bearer",
        "expires_in": int(SESSION_SECONDS),
        "expires_at": token.expires,
    }


def _key(here: Here, user: str, name: str, scopes: frozenset[Scope]) -> tuple[Token, str]:
    return ServerStore.of(here.store).create_token(user, name, scopes)
