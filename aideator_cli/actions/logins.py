"""Logs in to a server: the token is tried before it is stored."""

from typing import Final

from aideator_agent.values import frozen
from aideator_cli.actions.here import Here
from aideator_cli.backends.server.address import checked, host_of
from aideator_cli.backends.server.client import API, Client
from aideator_cli.errors import AideatorError, ExitCode, command, not_found, refused, usage
from aideator_cli.system.logins import Logins

MOST: Final = 4096  # characters of a token


@frozen
class LoggedIn:
    url: str
    where: str
    user: str | None
    scopes: tuple[str, ...]
    version: str  # of the server
    place: str  # where the token is stored


def login(here: Here, url: str, token: str) -> LoggedIn:
    """Raises `AideatorError` if the server does not know the token, or can't be reached. Then nothing is stored."""
    url, token = checked(url), token.strip()
    if not token:
        raise usage(
            "no token is given", hint=("pipe it in, or type it; on the server: ", command("token", "create", "NAME"))
        )
    if len(token) > MOST or not token.isascii() or not token.isprintable() or " " in token:
        raise usage("what is given is no token", hint=("on the server: ", command("token", "create", "NAME")))
    try:
        told = Client(url, token).ask("GET", f"{API}/whoami")
    except AideatorError as error:
        if error.code != ExitCode.REFUSED:
            raise
        raise refused(
            error.message, hint=("get another one on the server: ", command("token", "create", "NAME"))
        ) from error
    place = _logins(here).keep(url, token)
    return LoggedIn(url, host_of(url), told["user"], tuple(told["scopes"]), str(told["version"]), place)


def logout(here: Here, url: str) -> str:
    """Returns the server's name. Raises `AideatorError` (not found) if there is no token for it."""
    url, logins = checked(url), _logins(here)
    if not logins.forget(url):
        known = logins.urls()
        raise not_found(f"there is no token for {url}", hint=f"there is one for {', '.join(known)}" if known else None)
    return host_of(url)


def _logins(here: Here) -> Logins:
    return Logins(here.settings.config_folder, here.settings.environment)
