"""The page's login by a provider of OpenID Connect."""

import base64
import hashlib
import json
import re
from dataclasses import asdict
from http import HTTPStatus
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from aideator_cli.actions.here import Here
from aideator_cli.domain.accounts import Deed, User
from aideator_cli.errors import AideatorError, not_found
from aideator_cli.server import accounts, sessions
from aideator_cli.server.openid import WORDS, Identity, OpenId, Pending
from aideator_cli.server.page import frame
from aideator_cli.server.page.entering import own_path
from aideator_cli.server.page.troubles import PageRoute, login
from aideator_cli.server.problems import Problem, of_error
from aideator_cli.server.runs import core_of
from aideator_cli.store.serving import ServerStore
from aideator_cli.system.clock import now
from aideator_cli.text.clean import one_line

COOKIE: Final = "aideator_login"
SECONDS: Final = 600  # for a login at the provider
LONGEST: Final = 50  # characters of a name, before what tells it from another's
AGAIN: Final = Problem(
    HTTPStatus.BAD_REQUEST, "this login took too long, or was begun in another browser", "log in once more"
)

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/login/oidc")
async def begin(request: Request) -> Response:
    openid, back = _openid(request), own_path(request.query_params.get("next", ""))
    try:
        url, pending = await core_of(request).act(lambda _: openid.begin(_address(request)))
    except (Problem, AideatorError) as error:
        return login(request, back, error if isinstance(error, Problem) else of_error(error))
    response = RedirectResponse(url, HTTPStatus.SEE_OTHER)
    kept = base64.urlsafe_b64encode(json.dumps({**asdict(pending), "next": back}).encode()).decode()
    response.set_cookie(
        COOKIE, kept, max_age=SECONDS, path=_cookie_path(request), secure=sessions.is_secure(request), httponly=True,
        samesite="lax",
    )  # fmt: skip
    return response


@router.get("/login/oidc/done")
async def end(request: Request) -> Response:
    """The provider sends the browser here."""
    openid = _openid(request)
    back = "/"
    try:
        pending, back = _pending(request)
        code = _code(request, openid, pending)
        identity = await core_of(request).act(lambda _: openid.finish(_address(request), code, pending))
        address = request.client.host if request.client else None
        session = await core_of(request).act(_entered, identity, sessions.cookie_of(request), address)
    except (Problem, AideatorError) as error:
        response = login(request, back, error if isinstance(error, Problem) else of_error(error))
    else:
        response = RedirectResponse(f"{frame.root(request)}{back}", HTTPStatus.SEE_OTHER)
        sessions.set_cookie(request, response, session, frame.root(request))
    response.delete_cookie(COOKIE, path=_cookie_path(request))
    return response


def _code(request: Request, openid: OpenId, pending: Pending) -> str:
    asked = request.query_params
    if not asked.get("state") or asked["state"] != pending.state:
        raise AGAIN
    if not asked.get("code"):
        said = one_line(asked.get("error_description") or asked.get("error") or "it sent no code")[:WORDS]
        text = f"{openid.provider.name} did not log you in: {said}"
        raise Problem(HTTPStatus.UNAUTHORIZED, text, "begin again, or log in with a token")
    return asked["code"]


def _openid(request: Request) -> OpenId:
    found: OpenId | None = request.app.state.openid
    if found is None:
        raise not_found("this server knows no provider of OpenID Connect", hint="log in with a token")
    return found


def _address(request: Request) -> str:
    """Returns the address of `end` as the browser and the provider know it."""
    public: str | None = request.app.state.public_url
    base = public.rstrip("/") if public else f"{request.url.scheme}://{request.url.netloc}{frame.root(request)}"
    return f"{base}/login/oidc/done"


def _cookie_path(request: Request) -> str:
    return f"{frame.root(request)}/login/oidc"


def _pending(request: Request) -> tuple[Pending, str]:
    try:
        kept: Any = json.loads(base64.urlsafe_b64decode(request.cookies.get(COOKIE, "")))
        pending = Pending(*(str(kept[name]) for name in ("state", "nonce", "verifier")))
        return pending, own_path(str(kept["next"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        raise AGAIN from None


def _entered(here: Here, identity: Identity, before: str | None, address: str | None) -> str:
    """Returns the secret of the new session."""
    store = ServerStore.of(here.store)
    user = _user(store, identity)
    if user.disabled:
        raise Problem(HTTPStatus.FORBIDDEN, f"the user {user.name} is disabled", "ask whoever runs this server")
    token, _ = store.create_token(user.name, "login by OpenID Connect", accounts.SCOPES, sessions.SECONDS, login=True)
    store.note_deed(Deed(now(), user.name, "GET /login/oidc/done", None, 303, token.id, address))
    return sessions.open_session(here, token, own=True, before=before)


def _user(store: ServerStore, identity: Identity) -> User:
    """Returns the user with this subject: a new one gets a name that nobody has. Whoever has the same name or email is somebody else."""
    known = store.user_of_subject(identity.subject)
    email = identity.email if identity.email and store.user_of_email(identity.email) is None else None
    names = iter(_names(identity))
    while known is None:
        store.add_user(User(next(names), email, subject=identity.subject))
        known, email = store.user_of_subject(identity.subject), None
    return known


def _names(identity: Identity) -> list[str]:
    digest = hashlib.sha256(identity.subject.encode(errors="replace")).hexdigest()
    plain = re.sub(r"[^A-Za-z0-9._@-]+", "-", identity.name)[:LONGEST]
    plain = re.sub(r"^[^A-Za-z0-9]+", "", plain).rstrip("-.") or "user"
    return [plain, plain, *(f"{plain}-{digest[:length]}" for length in (4, 8, 12))]
