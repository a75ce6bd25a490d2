"""Reads the addresses of issues, pull requests and repositories, as a user copies them."""

import re
from dataclasses import replace
from typing import Final, Literal
from urllib.parse import unquote, urlsplit

from aideator_agent.git_failures import is_ssh
from aideator_agent.values import frozen
from aideator_cli.actions.forges.base import Address
from aideator_cli.errors import AideatorError, usage

_PART: Final = re.compile(r"(?!\.{1,2}$)[\w.][\w.-]{0,99}", re.ASCII)
_GITLAB: Final = re.compile(r"/(.+)/-/(issues|work_items|merge_requests)/(\d{1,9})(?:/.*)?")
_OTHER: Final = re.compile(r"(.*)/([^/]+/[^/]+)/(issues|pull|pulls)/(\d{1,9})(?:/.*)?")
_SCP: Final = re.compile(r"[\w.-]+@([\w.-]+):(.+)")
_HOST: Final = re.compile(r"[a-z0-9.-]{1,253}(?::\d{1,5})?|\[[0-9a-f:.]{2,45}\](?::\d{1,5})?")
_LOGIN: Final = re.compile(r"://(?!git@)\S*@")  # a password may hold what a URL may not


@frozen
class Place:
    """An issue or a pull request."""

    address: Address
    number: int
    pull: bool
    gitlab: bool  # whether only GitLab has such addresses

    @property
    def what(self) -> Literal["issue", "pull request"]:
        return "pull request" if self.pull else "issue"


def place(url: str, *, pull: bool) -> Place:
    """Reads the address of an issue, or of a pull request. Raises `AideatorError` (usage) for another one."""
    takes = "URL takes the address of a pull request" if pull else "--issue takes the address of an issue"
    example = f"for example https://github.com/you/project/{'pull' if pull else 'issues'}/12"
    host, path = _parts(url, takes, example)
    if found := _GITLAB.fullmatch(path):
        parsed = Place(Address(host, _name(found[1], url, example)), int(found[3]), found[2] == "merge_requests", True)
    elif found := _OTHER.fullmatch(path):
        address = Address(host, _name(found[2], url, example), _prefix(found[1], url, example))
        parsed = Place(address, int(found[4]), found[3] != "issues", False)
    else:
        raise usage(f"{takes}, not {_shown(url)}", hint=example)
    if parsed.pull == pull:
        return parsed
    if pull:
        raise usage(f"{url} is an issue, and no pull request", hint=f"aideator run --issue {url}")
    raise usage(f"{url} is a pull request, and no issue", hint=f"aideator review {url}")


def repository(url: str) -> Address:
    """Returns what a git URL names on its host's forge. Raises `AideatorError` (usage) for a URL that no forge has."""
    if "://" not in url and (found := _SCP.fullmatch(url)):
        host, path = found[1].lower(), "/" + found[2].lstrip("/")
    else:
        try:
            parts = urlsplit(url)
            named_port = parts.port
        except ValueError as error:
            raise _no_forge(url) from error
        if parts.scheme not in ("https", "http", "ssh", "git") or not parts.hostname:
            raise _no_forge(url)
        port = f":{named_port}" if named_port and not is_ssh(url) and parts.scheme == "https" else ""
        shown = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        host, path = f"{shown}{port}", unquote(parts.path)
    name = path.rstrip("/").removesuffix(".git").strip("/")
    if not _HOST.fullmatch(host) or name.count("/") < 1 or not all(map(_PART.fullmatch, name.split("/"))):
        raise _no_forge(url)
    return Address(host, name)


def split_prefix(address: Address) -> Address:
    """Returns the address of a repository OWNER/NAME below a path of its host. Only GitLab has longer names."""
    before, owner, name = ("/" + address.path).rsplit("/", 2)
    return replace(address, path=f"{owner}/{name}", prefix=before)


def _parts(url: str, takes: str, example: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise usage(f"{takes}, not {_shown(url)}", hint=example) from error
    if parts.scheme != "https" or not parts.hostname:
        raise usage(f"{takes} that begins with https://, not {_shown(url)}", hint=example)
    if parts.username is not None:
        raise usage("the address contains credentials, which others can read", hint="export GIT_TOKEN=… instead")
    shown = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    host = f"{shown}:{port}" if port not in (None, 443) else shown
    if not _HOST.fullmatch(host):
        raise usage(f"{takes}, not {_shown(url)}", hint=example)
    return host, unquote(parts.path).rstrip("/")


def _name(path: str, url: str, example: str) -> str:
    if "/" not in path or not all(map(_PART.fullmatch, path.split("/"))):
        raise usage(f"{url} names no repository", hint=example)
    return path


def _prefix(path: str, url: str, example: str) -> str:
    if path and not all(map(_PART.fullmatch, path.removeprefix("/").split("/"))):
        raise usage(f"{url} names no repository", hint=example)
    return path


def _shown(url: str) -> str:
    """Returns what may be shown of what a user has typed, or of a remote: a clone's remote may hold a token."""
    return _LOGIN.sub("://…@", url)


def _no_forge(url: str) -> AideatorError:
    return usage(
        f"{_shown(url)} is on no forge, so nobody there takes a pull request",
        hint="--remote names a remote on GitHub, GitLab or Gitea, or a URL such as https://github.com/you/project.git",
    )
