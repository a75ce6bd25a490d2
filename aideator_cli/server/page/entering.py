"""The page's login and logout, for a server that wants a token."""

import re
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from aideator_cli.actions.here import Here
from aideator_cli.domain.accounts import Token
from aideator_cli.server import accounts, sessions
from aideator_cli.server.access import Caller, known
from aideator_cli.server.page import frame
from aideator_cli.server.page.forms import posted
from aideator_cli.server.page.troubles import PageRoute, login
from aideator_cli.server.problems import Problem
from aideator_cli.server.runs import core_of
from aideator_cli.store.serving import ServerStore

_OWN_PATH: Final = re.compile(
    r"/(?:[!-.0-\[\]-~][!-\[\]-~]*)?"
)  # no second slash, no backslash: those name another server

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/login")
async def ask(request: Request) -> Response:
    return login(request, own_path(request.query_params.get("next", "")))


@router.post("/login")
async def enter(request: Request) -> Response:
    """By a token, or by email and password, which make a token for a day."""
    form = await posted(request)
    secret, email, password = (form.text("token"), form.text("email"), form.fields.get("password", ""))
    back = own_path(form.text("next"))
    before = sessions.cookie_of(request)
    try:
        if secret:
            told = await core_of(request).act(_by_token, secret, before)
        else:
            told = await _by_password(request, email, password, before)
    except Problem as problem:
        return login(request, back, problem, email=email)
    token, session = told
    request.state.caller = Caller(token.owner, token.scopes, token.id)  # for the audit
    response = RedirectResponse(f"{frame.root(request)}{back}", HTTPStatus.SEE_OTHER)
    sessions.set_cookie(request, response, session, frame.root(request))
    return response


@router.post("/logout")
async def leave(request: Request) -> Response:
    request.state.caller = await known(request)
    await posted(request)
    await core_of(request).act(sessions.close, sessions.cookie_of(request))
    response = RedirectResponse(f"{frame.root(request)}/login", HTTPStatus.SEE_OTHER)
    response.delete_cookie(sessions.COOKIE, path=frame.root(request) or "/")
    return response


def own_path(text: str) -> str:
    """Returns the path of this page that a login goes on to, or that of the list for anything else."""
    return text if _OWN_PATH.fullmatch(text) and not text.startswith(("/login", "/logout")) else "/"


async def _by_password(request: Request, email: str, password: str, before: str | None) -> tuple[Token, str]:
    if not email or not password:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "nothing to log in with", "give a token, or email and password")
    tries: accounts.Tries = request.app.state.tries
    tries.check(email)
    tries.note(email)  # before it is known: of many at once no more are tried either
    async with core_of(request).turn(accounts.LOGINS):
        told = await core_of(request).act(_password, email, password, before)
    if told is None:
        raise Problem(HTTPStatus.UNAUTHORIZED, "the email or the password is wrong", "try again, or use a token")
    tries.forget(email)
    return told


def _by_token(here: Here, secret: str, before: str | None) -> tuple[Token, str]:
    token = ServerStore.of(here.store).token(secret)
    if token is None:
        text = "this token does not count: it is unknown, has expired or was revoked"
        raise Problem(HTTPStatus.UNAUTHORIZED, text, "get another one: aideator token create")
    return token, sessions.open_session(here, token, own=False, before=before)


def _password(here: Here, email: str, password: str, before: str | None) -> tuple[Token, str] | None:
    store = ServerStore.of(here.store)
    user = store.user_of_email(email)
    if not store.has_password(user, password) or user is None:
        return None
    token, _ = store.create_token(user.name, "login by the page", accounts.SCOPES, sessions.SECONDS, login=True)
    return token, sessions.open_session(here, token, own=True, before=before)
