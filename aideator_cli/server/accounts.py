"""The routes by which users register, log in and make API keys."""

import time
from collections import deque
from collections.abc import Collection
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request
from pydantic import Field
from starlette.responses import JSONResponse, Response

from aideator_cli.actions.here import Here
from aideator_cli.domain.accounts import SCOPES as ALL_SCOPES
from aideator_cli.domain.accounts import Scope, Token, User, widened
from aideator_cli.errors import not_found
from aideator_cli.server.access import CHALLENGE, admitted, counted
from aideator_cli.server.bodies import Body
from aideator_cli.server.described import TEXT, answered, short
from aideator_cli.server.problems import Problem
from aideator_cli.server.runs import core_of
from aideator_cli.store.serving import ServerStore
from aideator_cli.system.clock import now

router = APIRouter(prefix="/api/v1/auth", tags=["accounts"])
SESSION_SECONDS: Final = 24 * 3600.0
LONGEST: Final = 100 * 365 * 86400.0  # seconds that a key may count
SCOPES: Final[tuple[Scope, ...]] = ("read", "run")
LOGINS: Final = "\0logins"  # no user's name: all who log in have few threads together, so that they can't hold all
TRIES: Final = 10  # wrong passwords of one address, until it has to wait
WAIT_SECONDS: Final = 300.0
KEYS: Final = answered(short(api_keys={"type": "array", "items": short(id=TEXT, name=TEXT)}))


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
    scopes: list[Scope] | None = Field(default=None, description="Default: what your token allows, and never more.")
    expires_in: float | None = Field(
        default=None,
        gt=0,
        le=LONGEST,
        description="Seconds. Default: as long as your token; by a login's token, for ever.",
    )


class Tries:
    """Passwords that are wrong or not yet known to be right, by email. Belongs to the event loop."""

    def __init__(self) -> None:
        self._wrong: dict[str, deque[float]] = {}

    def check(self, email: str) -> None:
        """Raises `Problem` (429) if there were too many."""
        now = time.monotonic()
        while self._wrong and now - (oldest := next(iter(self._wrong.items())))[1][-1] > WAIT_SECONDS:
            del self._wrong[oldest[0]]
        if len(self._wrong.get(email.casefold(), ())) >= TRIES:
            headers = {"Retry-After": str(int(WAIT_SECONDS))}
            raise Problem(
                HTTPStatus.TOO_MANY_REQUESTS, "too many wrong passwords", "try again in some minutes", headers=headers
            )

    def note(self, email: str) -> None:
        """The emails are kept in the order of their last tries: there may be very many, and who looks for the old ones reads few."""
        times = self._wrong.pop(email.casefold(), None) or deque(maxlen=TRIES)
        times.append(time.monotonic())
        self._wrong[email.casefold()] = times

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
    async with core_of(request).turn(LOGINS):
        told = await core_of(request).act(_login, body)
    if told is None:
        text = "the email or the password is wrong"
        raise Problem(HTTPStatus.UNAUTHORIZED, text, "register first, or try again", headers=CHALLENGE)
    tries.forget(body.email)
    return JSONResponse(told)


@router.post("/api-keys", status_code=HTTPStatus.CREATED, summary="Make an API key, which is shown once")
async def api_key(request: Request, body: NewKey) -> Response:
    """Send it as `X-API-Key`. It allows no more than your token, counts no longer, and is revoked with it. A key that you make after
    you have logged in counts until it is revoked."""
    token, secret = await core_of(request).act(make_key, await _owner(request), body)
    request.state.target = token.id
    told = {
        "id": token.id,
        "name": token.name,
        "description": body.description,
        "api_key": secret,
        "scopes": _words(token.scopes),
        "created_at": token.created,
        "expires_at": token.expires,
    }
    return JSONResponse(told, HTTPStatus.CREATED)


@router.get("/api-keys", summary="Your tokens and API keys, the newest first", responses=KEYS)
async def api_keys(request: Request) -> Response:
    caller = await _owner(request)
    found = await core_of(request).read(tokens_of, caller.owner)
    told = [
        {
            "id": each.id, "name": each.name, "scopes": _words(each.scopes), "created_at": each.created,
            "expires_at": each.expires, "used_at": each.used, "this": each.id == caller.id,
        }
        for each in found
    ]  # fmt: skip
    return JSONResponse({"api_keys": told})


@router.delete("/api-keys/{id}", status_code=HTTPStatus.NO_CONTENT, summary="Revoke one, and what was made by it")
async def revoke_key(request: Request, id_: Annotated[str, Path(alias="id", max_length=40)]) -> Response:
    caller = await _owner(request)
    await core_of(request).act(revoke, caller.owner, id_)
    request.state.target = id_
    return Response(status_code=HTTPStatus.NO_CONTENT)


async def _owner(request: Request) -> Token:
    """Returns the token of the caller, whose tokens they may see. Raises `Problem` for one who is no user."""
    caller = await counted(request)
    if caller.shown is None:
        raise Problem(
            HTTPStatus.UNAUTHORIZED, "an API key belongs to a user", "log in, and send the token", headers=CHALLENGE
        )
    return caller.shown


def _words(scopes: Collection[Scope]) -> list[Scope]:
    return [scope for scope in ALL_SCOPES if scope in scopes]


def make_key(here: Here, by: Token, body: NewKey) -> tuple[Token, str]:
    """Raises `Problem` for more than the token `by` allows."""
    wanted = by.scopes if body.scopes is None else widened(body.scopes)
    if more := _words(wanted - by.scopes):
        text = f"your token does not have the scope {' or '.join(more)}, so it can't give it on"
        raise Problem(HTTPStatus.FORBIDDEN, text, f"leave it out; it has {', '.join(_words(by.scopes))}")
    return ServerStore.of(here.store).create_token_by(by, body.name, wanted, body.expires_in)


def tokens_of(here: Here, owner: str) -> list[Token]:
    """Returns those that count."""
    moment = now()
    found = ServerStore.of(here.store).tokens(owner)
    return [each for each in found if each.revoked is None and (each.expires is None or each.expires > moment)]


def revoke(here: Here, owner: str, id_: str) -> None:
    if not ServerStore.of(here.store).revoke_token(id_, owner):
        raise not_found(f"you have no token {id_[:40]}", hint="GET /api/v1/auth/api-keys lists yours")


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
    token, secret = store.create_token(user.name, "login", SCOPES, SESSION_SECONDS, login=True)
    return {
        "access_token": secret,
        "token_type": "bearer",
        "expires_in": int(SESSION_SECONDS),
        "expires_at": token.expires,
    }
