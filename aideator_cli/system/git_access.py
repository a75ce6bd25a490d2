"""How git on this machine asks a server: as nobody, without what the user logs in with, and with authorities of the user's own.

A host that somebody else names (`git_token.withheld`) is asked only at the addresses that were looked at.
"""

import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from aideator_agent.surroundings import with_usual_authorities
from aideator_agent.values import frozen
from aideator_cli.errors import unavailable, usage
from aideator_cli.system import git_token
from aideator_cli.system.git import Git

_CAINFO: Final = "GIT_SSL_CAINFO"
# Settings of http
_LOGINS: Final = (
    "extraheader", "cookiefile", "savecookies", "sslcert", "sslkey", "sslcertpasswordprotected", "emptyauth", "delegation",
)  # fmt: skip
_DROPPED: Final = ("GIT_SSL_CERT", "GIT_SSL_KEY", "GIT_SSL_CERT_PASSWORD_PROTECTED", "GIT_CONFIG_PARAMETERS")
_OF_ENVIRONMENT: Final = re.compile(r"GIT_CONFIG_(COUNT|KEY_\d+|VALUE_\d+)")

_AUTHORITY: Final = re.compile(r"(?P<host>\[[0-9a-f:.]+\]|[\w.-]+)(?::(?P<port>\d*))?", re.ASCII | re.IGNORECASE)
_NOWHERE: Final = "255.255.255.255"  # nobody is reached there


@frozen
class Asking:
    """What git is started with."""

    folder: Path
    environment: Mapping[str, str]
    options: tuple[str, ...] = ()


def as_user(git: Git, url: str) -> Asking:
    """Returns git with all that the user has, and with GIT_TOKEN for the URL's host."""
    return Asking(git.folder, os.environ, _options(*git_token.settings(url), *_pinned(url)))


@contextmanager
def as_nobody(git: Git, url: str) -> Iterator[Asking]:
    """Yields git without a login of the user's: none of a helper, a cookie, a header, a certificate or ~/.netrc.

    Of the user's settings, those of http apply, so that a proxy and authorities do, and those that rewrite URLs without a login. Raises
    `AideatorError` if git can't read the settings.
    """
    home = Path(os.environ.get("HOME") or os.devnull)
    kept = [pair for pair in _settings(git) if _is_kept(pair[0])] + [("http.emptyAuth", "false")]
    environment = {
        name: value
        for name, value in git.environment().items()
        if name not in _DROPPED and not _OF_ENVIRONMENT.fullmatch(name)
    }
    for number, (name, value) in enumerate(kept):
        environment[f"GIT_CONFIG_KEY_{number}"] = name
        environment[f"GIT_CONFIG_VALUE_{number}"] = str(home / value[2:]) if value.startswith("~/") else value
    with tempfile.TemporaryDirectory(prefix="aideator-nobody-") as room:
        nobodys = {
            "HOME": room,  # curl looks for .netrc there
            "GIT_CEILING_DIRECTORIES": str(Path(room).parent),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_COUNT": str(len(kept)),
            "GIT_ASKPASS": "false",
            "SSH_ASKPASS": "false",
        }
        yield Asking(Path(room), {**environment, **nobodys}, _options(*_pinned(url)))


@contextmanager
def trusting(ca: str | None, git: Git, url: str) -> Iterator[Mapping[str, str]]:
    """Yields the variables with which git trusts the authorities (PEM) for the URL, besides those that it trusts without them."""
    if ca is None or not url.lower().startswith("https:"):
        yield {}
        return
    named = os.environ.get(_CAINFO) or os.fsdecode(
        git.run("config", "--type=path", "--get-urlmatch", "http.sslCAInfo", url).out.removesuffix(b"\n")
    )
    usual = {"SSL_CERT_FILE": named} if named else os.environ
    with tempfile.TemporaryDirectory(prefix="aideator-ca-") as room:
        bundle = Path(room) / "ca.crt"
        bundle.write_bytes(with_usual_authorities(ca, usual))
        yield {_CAINFO: str(bundle)}


def _pinned(url: str) -> tuple[str, ...]:
    """Returns settings for the host of an http URL if somebody else names it: a name may mean another address when git asks.

    Nor does git follow it elsewhere. Raises `AideatorError` for a host that is not asked.
    """
    if not git_token.is_withheld() or not url.lower().startswith(("http://", "https://")):
        return ()
    authority = _AUTHORITY.fullmatch(url.partition("://")[2].partition("/")[0])
    if authority is None:
        raise usage(f"{url}: the host has characters that git is not asked with", hint="write those of a name as xn--…")
    from aideator_cli.system import addresses

    host, port = authority["host"], authority["port"] or ("443" if url.lower().startswith("https:") else "80")
    found = [f"[{each}]" if ":" in each else each for each in addresses.of_repository(host.strip("[]"))]
    settings = ("http.followRedirects=false",)
    if host.startswith("["):
        return settings
    places = ",".join(found) or _NOWHERE
    return (
        *settings,
        *(f"http.curloptResolve={name}:{port}:{places}" for name in (host.rstrip("."), f"{host.rstrip('.')}.")),
    )


def _options(*settings: str) -> tuple[str, ...]:
    return tuple(word for setting in settings for word in ("-c", setting))


def _settings(git: Git) -> list[tuple[str, str]]:
    """Returns git's settings, which include those of the repository that it is in, in the order in which the later one counts."""
    done = git.run("config", "--list", "-z")
    if done.code:
        raise unavailable(f"git can't read its settings: {done.said}", hint="git config --list --show-origin")
    pairs = (os.fsdecode(entry).partition("\n") for entry in done.out.split(b"\0")[:-1])
    return [(name, value if separator else "true") for name, separator, value in pairs]


def _is_kept(name: str) -> bool:
    section, _, rest = name.partition(".")
    if section == "http":
        return name.rpartition(".")[2] not in _LOGINS
    return section == "url" and _is_plain(rest.rpartition(".")[0])


def _is_plain(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("https", "http", "git") and parts.username is None
