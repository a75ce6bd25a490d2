"""Finds out which forge a host is, and by which login it can be asked."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, Literal

from aideator_cli.actions.forges.addresses import Place, split_prefix
from aideator_cli.actions.forges.base import Address, Answer, Asking, Forge
from aideator_cli.actions.forges.gitea import Gitea
from aideator_cli.actions.forges.github import HEADERS, GitHub
from aideator_cli.actions.forges.gitlab import GitLab
from aideator_cli.actions.forges.programs import logged_in
from aideator_cli.actions.forges.tokens import token_for
from aideator_cli.actions.forges.web import Web
from aideator_cli.errors import not_found

Kind = Literal["github", "gitlab", "gitea"]
_KNOWN: Final[Mapping[str, Kind]] = {
    "github.com": "github",
    "gitlab.com": "gitlab",
    "codeberg.org": "gitea",
    "gitea.com": "gitea",
}


def forge_of(place: Place, environment: Mapping[str, str], ca: str | None) -> Forge:
    """Returns the forge that has an issue or a pull request. Raises `AideatorError`."""
    return forge_at(place.address, environment, ca, "gitlab" if place.gitlab else None)


def forge_at(address: Address, environment: Mapping[str, str], ca: str | None, kind: Kind | None = None) -> Forge:
    """`kind`: what is known of it. `ca` (PEM) is trusted besides the usual authorities. Raises `AideatorError`."""
    kind = kind or _kind(address, environment, ca)
    if kind == "gitlab":
        address = replace(address, path=f"{address.prefix}/{address.path}".strip("/"), prefix="")
        return GitLab(address, _asking(kind, address, environment, ca))
    own = address if address.prefix else split_prefix(address)
    return (GitHub if kind == "github" else Gitea)(own, _asking(kind, own, environment, ca))


def _kind(address: Address, environment: Mapping[str, str], ca: str | None) -> Kind:
    if found := _KNOWN.get(address.host) or ("github" if address.host.endswith(".ghe.com") else None):
        return found
    prefixes = dict.fromkeys((address.prefix, split_prefix(address).prefix if address.path.count("/") > 1 else ""))
    for prefix in prefixes:
        web = Web(f"https://{address.host}{prefix}", ca=ca, environment=environment)
        if _is_there(web.ask("GET", "api/v1/version"), "version"):
            return "gitea"
    web = Web(f"https://{address.host}", ca=ca, environment=environment)
    if _is_there(web.ask("GET", "api/v4/version"), "version"):
        return "gitlab"
    if _is_there(web.ask("GET", "api/v3/meta"), "verifiable_password_authentication"):
        return "github"
    raise not_found(
        f"{address.host} is no GitHub, GitLab or Gitea: none of their APIs answers there", hint="check the address"
    )


def _is_there(answer: Answer, name: str) -> bool:
    """Returns whether this API is there: it answers, or wants to know who asks."""
    if not isinstance(answer.data, dict):
        return False
    return name in answer.data if answer.status == 200 else answer.status in (401, 403) and "message" in answer.data


def _asking(kind: Kind, address: Address, environment: Mapping[str, str], ca: str | None) -> Asking:
    if kind != "gitea" and (program := logged_in("gh" if kind == "github" else "glab", address.host)):
        return program
    name, token = token_for(address.host, environment) or (None, None)
    base = f"https://{address.host}"
    if kind == "gitlab":
        return Web(f"{base}/api/v4", name, token, ca=ca, environment=environment)
    if kind == "gitea":
        return Web(f"{base}{address.prefix}/api/v1", name, token, scheme="token", ca=ca, environment=environment)
    is_cloud = address.host == "github.com" or address.host.endswith(".ghe.com")
    root = f"https://api.{address.host}" if is_cloud else f"{base}/api/v3"
    return Web(root, name, token, HEADERS, ca=ca, environment=environment)
