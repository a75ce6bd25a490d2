"""The page's settings: a user's keys for providers, and their tokens."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from aideator_cli.domain.accounts import SCOPES, Token
from aideator_cli.errors import AideatorError, usage
from aideator_cli.intake.keys import checked_name
from aideator_cli.intake.models import provider_keys
from aideator_cli.server import accounts, keys
from aideator_cli.server.access import Caller, caller_with
from aideator_cli.server.page import frame
from aideator_cli.server.page.acting import done
from aideator_cli.server.page.forms import posted
from aideator_cli.server.page.routes import said
from aideator_cli.server.page.troubles import PageRoute
from aideator_cli.server.problems import Problem, of_error
from aideator_cli.server.runs import core_of
from aideator_cli.text.clean import one_line

DAY: Final = 86400.0
LASTING: Final = (("30", "30 days"), ("90", "90 days"), ("365", "a year"), ("", "as long as it may"))
ALLOWS: Final = {"read": "see your runs", "run": "start and change them", "admin": "everything"}

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Reader = Annotated[Caller, Depends(caller_with("read"))]
Runner = Annotated[Caller, Depends(caller_with("run"))]


@router.get("/settings")
async def show(request: Request, caller: Reader) -> Response:
    return await _screen(request, caller)


@router.post("/settings/keys")
async def store(request: Request, caller: Runner) -> Response:
    form = await posted(request)
    name, value = form.text("name"), form.fields.get("value", "")
    try:
        request.state.target = checked_name(name)
        await core_of(request).act(keys.keep, caller, name, value)
    except AideatorError as error:
        return await _screen(request, caller, wrong=of_error(error))
    return done(request, "/settings", "stored")


@router.post("/settings/keys/{name}/delete")
async def forget(request: Request, caller: Runner, name: str) -> Response:
    await posted(request)
    request.state.target = checked_name(name)
    await core_of(request).act(keys.forget, caller, name)
    return done(request, "/settings", "deleted")


@router.post("/settings/tokens")
async def make(request: Request, caller: Reader) -> Response:
    """Shows the secret, once: it is not kept, so there is no address to come back to."""
    form, by = await posted(request), _token(caller)
    name, days = form.text("name"), form.text("days")
    try:
        if not name or len(name) > 100 or not name.isprintable():
            raise usage("a token's name has 1 to 100 characters", "say what it is for, such as laptop")
        if days and not (days.isdecimal() and 0 < int(days[:6]) <= 36500):
            raise usage(f"{days[:20]!r} is no number of days")
        scopes = [scope for scope in SCOPES if form.text(f"scope-{scope}") == "yes"] or ["read"]
        asked = accounts.NewKey.model_validate(
            {"name": name, "scopes": scopes, "expires_in": float(days) * DAY if days else None}
        )
        token, secret = await core_of(request).act(accounts.make_key, by, asked)
    except AideatorError as error:
        return await _screen(request, caller, wrong=of_error(error))
    request.state.target = token.id
    return await _screen(request, caller, made=(one_line(token.name), secret))


@router.post("/settings/tokens/{token}/revoke")
async def revoke(request: Request, caller: Reader, token: str) -> Response:
    await posted(request)
    request.state.target = token
    await core_of(request).act(accounts.revoke, _token(caller).owner, token)
    return done(request, "/settings", "revoked")


def _token(caller: Caller) -> Token:
    if caller.shown is None:
        raise usage("a token belongs to a user", "aideator token create makes one, where the server runs")
    return caller.shown


async def _screen(
    request: Request, caller: Caller, *, wrong: Problem | None = None, made: tuple[str, str] | None = None
) -> Response:
    own: dict[str, Any] = {"kept": [], "trouble": None}
    if "run" in caller.scopes:
        try:
            own["kept"] = await core_of(request).act(keys.records, caller)
        except AideatorError as error:  # the tokens don't need the cluster
            own["trouble"] = of_error(error).told()
    tokens = await core_of(request).read(accounts.tokens_of, caller.name) if caller.name is not None else []
    values = {
        **own,
        "known": sorted(provider_keys()),
        "tokens": [_row(each, caller) for each in tokens],
        "scopes": [(scope, ALLOWS[scope]) for scope in SCOPES if scope in caller.scopes],
        "lasting": LASTING,
        "is_user": caller.shown is not None,
        "made": made,
        "wrong": None if wrong is None else wrong.told(),
    }
    status = 200 if wrong is None else wrong.status.value
    return frame.screen(request, "settings", values, here="settings", said=said(request), status=status)


def _row(token: Token, caller: Caller) -> dict[str, Any]:
    return {
        "id": token.id,
        "name": one_line(token.name),
        "scopes": " ".join(scope for scope in SCOPES if token.allows(scope)),
        "created": token.created,
        "expires": token.expires,
        "used": token.used,
        "own": token.id == caller.token,
        "login": token.login,
    }
