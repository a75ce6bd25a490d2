"""Reads the addresses of issues, pull requests and repositories, as a user copies them."""

import re
from dataclasses import dataclass, replace
from typing import Final, Literal
from urllib.parse import unquote, urlsplit

from aideator_agent.git_failures import is_ssh
from aideator_cli.actions.forges.base import Address
from aideator_cli.errors import AideatorError, usage

_PART: Final = re.compile(r"(?!\.{1,2}$)[\w.][\w.-]{0,99}", re.ASCII)
_GITLAB: Final = re.compile(r"/(.+)/-/(issues|work_items|merge_requests)/(\d{1,9})(?:/.*)?")
_OTHER: Final = re.compile(r"(.*)/([^/]+/[^/]+)/(issues|pull|pulls)/(\d{1,9})(?:/.*)?")
_SCP: Final = re.compile(r"[\w.-]+@([\w.-]+):(.+)")
_HOST: Final = re.compile(r"[a-z0-9.-]{1,253}(?::\d{1,5})?|\[[0-9a-f:.]{2,45}\](?::\d{1,5})?")
_EXAMPLE: Final = "for example https://github.com/you/project/issues/12"


@dataclass(frozen=True)
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
    option, what = ("URL", "pull request") if pull else ("--issue", "issue")
    host, path = _parts(url, f"{option} takes the address of a{'' if pull else 'n'} {what}")
    if found := _GITLAB.fullmatch(path):
        parsed = Place(Address(host, _name(found[1], url)), int(found[3]), found[2] == "merge_requests", True)
    elif found := _OTHER.fullmatch(path):
        address = Address(host, _name(found[2], url), _prefix(found[1], url))
        parsed = Place(address, int(found[4]), found[3] != "issues", False)
    else:
        raise usage(f"{option} takes the address of a{'' if pull else 'n'} {what}, not {url}", hint=_EXAMPLE)
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
        parts = urlsplit(url)
        if parts.scheme not in ("https", "http", "ssh", "git") or not parts.hostname:
            raise _no_forge(url)
        port = f":{parts.port}" if parts.port and not is_ssh(url) and parts.scheme == "https" else ""
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


def _parts(url: str, takes: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise usage(f"{takes}, not {url}", hint=_EXAMPLE) from error
    if parts.scheme != "https" or not parts.hostname:
        raise usage(f"{takes} that begins with https://, not {url}", hint=_EXAMPLE)
    if parts.username is not None:
        raise usage("the address contains credentials, which others can read", hint="export GIT_TOKEN=… instead")
    shown = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    host = f"{shown}:{port}" if port not in (None, 443) else shown
    if not _HOST.fullmatch(host):
        raise usage(f"{takes}, not {url}", hint=_EXAMPLE)
    return host, unquote(parts.path).rstrip("/")


def _name(path: str, url: str) -> str:
    if "/" not in path or not all(map(_PART.fullmatch, path.split("/"))):
        raise usage(f"{url} names no repository", hint=_EXAMPLE)
    return path


def _prefix(path: str, url: str) -> str:
    if path and not all(map(_PART.fullmatch, path.removeprefix("/").split("/"))):
        raise usage(f"{url} names no repository", hint=_EXAMPLE)
    return path


def _no_forge(url: str) -> AideatorError:
    return usage(
        f"{url} is on no forge, so nobody there takes a pull request",
        hint="--remote names a remote on GitHub, GitLab or Gitea, or a URL such as https://github.com/you/project.git",
    )
