"""Sessions of the page: a cookie that stands for a token. It counts as long as the token does, for pages, their forms and reading."""

import hashlib
import hmac
import json
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from aideator_agent.values import frozen
from aideator_cli.actions.here import Here
from aideator_cli.domain.accounts import Token
from aideator_cli.store.secrecy import new_secret
from aideator_cli.store.serving import ServerStore

COOKIE: Final = "aideator_session"
SECONDS: Final = 24 * 3600.0


@frozen
class Opened:
    """What a cookie stands for. `own`: the token was made by this login, so it ends with it."""

    token: Token
    own: bool


def open_session(here: Here, token: Token, *, own: bool, before: str | None) -> str:
    """Returns the secret of a new session. The one that this browser had `before` ends."""
    secret = new_secret()
    close(here, before)
    ServerStore.of(here.store).open_session(secret, token.owner, json.dumps({"token": token.id, "own": own}), SECONDS)
    return secret


def opened(here: Here, secret: str) -> Opened | None:
    """Returns None for a session that does not count: it is unknown or over, or its token no longer counts."""
    store = ServerStore.of(here.store)
    found = store.session(secret)
    if found is None:
        return None
    data = json.loads(found.data)
    token = store.token_of_id(data["token"])
    return None if token is None else Opened(token, data["own"])


def close(here: Here, secret: str | None) -> None:
    if secret is None:
        return
    store = ServerStore.of(here.store)
    known = opened(here, secret)
    store.close_session(secret)
    if known is not None and known.own:
        store.revoke_token(known.token.id)


def form_token(secret: str) -> str:
    """Returns what every form of this session has to hold. Another site can't find it out, nor another session."""
    return hmac.new(secret.encode("utf-8", "surrogatepass"), b"aideator form", hashlib.sha256).hexdigest()


def cookie_of(request: Request) -> str | None:
    return request.cookies.get(COOKIE) or None


def is_secure(request: Request) -> bool:
    """Returns whether the browser speaks https with this server, perhaps through a proxy in front that speaks http with it."""
    public: str | None = request.app.state.public_url
    return (
        request.url.scheme == "https"
        or request.headers.get("origin", "").startswith("https://")  # the browser says there what it speaks
        or (public or "").startswith("https://")
    )


def set_cookie(request: Request, response: Response, secret: str, path: str) -> None:
    response.set_cookie(
        COOKIE, secret, max_age=int(SECONDS), path=path or "/", secure=is_secure(request), httponly=True, samesite="lax"
    )
