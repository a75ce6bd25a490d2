"""Which variable holds a token for a host. A token is never given to another host than it is for."""

from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

from aideator_cli.system.git_token import GIT_TOKEN

_GITHUB: Final = ("GH_TOKEN", "GITHUB_TOKEN")
_GITHUB_ENTERPRISE: Final = ("GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN")
_GITLAB: Final = ("GITLAB_TOKEN", "GITLAB_ACCESS_TOKEN")
_GITEA: Final = ("GITEA_TOKEN",)
_OF_PROGRAMS: Final = frozenset((*_GITHUB, *_GITHUB_ENTERPRISE, *_GITLAB, "OAUTH_TOKEN"))


def token_for(host: str, environment: Mapping[str, str]) -> tuple[str, str] | None:
    """Returns the name of the variable and the token: GIT_TOKEN, which is for the host that the user names, else the forge's own."""
    names = (GIT_TOKEN, *_own(host, environment))
    return next(((name, found) for name in names if (found := environment.get(name, "").strip())), None)


def without_others(host: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Returns the environment without the tokens that gh and glab would give to this host, though they are for another one."""
    own = set(_own(host, environment))
    return {name: value for name, value in environment.items() if name in own or name not in _OF_PROGRAMS}


def _own(host: str, environment: Mapping[str, str]) -> Iterator[str]:
    if host == "github.com" or host.endswith(".ghe.com"):
        yield from _GITHUB
    elif host == _host_in(environment, "GITHUB_SERVER_URL"):  # in a job of GitHub Enterprise Server
        yield from (*_GITHUB_ENTERPRISE, *_GITHUB)
    elif host == _host_in(environment, "GH_HOST"):
        yield from _GITHUB_ENTERPRISE
    if host in ("gitlab.com", _host_in(environment, "GITLAB_HOST"), _host_in(environment, "CI_SERVER_URL")):
        yield from _GITLAB
    if host == _host_in(environment, "GITEA_SERVER_URL"):
        yield from _GITEA


def _host_in(environment: Mapping[str, str], name: str) -> str | None:
    """Returns the host in a variable that holds a host or a URL."""
    value = environment.get(name, "").strip().lower()
    try:
        return (urlsplit(value).netloc if "://" in value else value.rstrip("/")) or None
    except ValueError:
        return None
