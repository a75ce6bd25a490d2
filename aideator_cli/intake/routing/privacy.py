"""Whether a repository is private, and that what a run would ask is at hosts that may get its text."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from aideator_agent import confinement
from aideator_agent.mcp.server import McpServer
from aideator_agent.spec import VariationSpec
from aideator_cli.errors import AideatorError, reason, usage
from aideator_cli.intake import models
from aideator_cli.intake.routing.policies import FILE, load
from aideator_cli.system.configuration import repository

MOST_BYTES: Final = 4 * 1024 * 1024
HINT: Final = "add your own endpoint to models.yaml, and its host to `local` in router.toml (docs/routing.md)"


def is_private(root: Path | None) -> bool:
    """Returns whether the repository's `.aideator.toml` says so. It only ever forbids, so it counts without anybody's trust.

    A file that AIdeator would not read as settings is searched for it, as far as it is one.
    """
    path = None if root is None else root / repository.NAME
    if path is None or not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            return confinement.says_private(file.read(MOST_BYTES))
    except OSError as error:
        raise usage(
            f"{path} can't be read, so nobody knows whether the repository is private: {reason(error)}"
        ) from error


def hosts_now(
    known: Sequence[str] | None, began: Path | None, config_folder: Path, *, on_cluster: bool
) -> tuple[str, ...] | None:
    """Returns the hosts that may get what an earlier run holds: a repository may have become private since. None: any.

    `known`: those of that run; `began`: the working tree where it began.
    """
    if known is not None:
        return tuple(known)
    root = None if began is None else repository.root_of(began)
    return load(config_folder, root).hosts(on_cluster=on_cluster) if is_private(root) else None


def check(
    hosts: Sequence[str], variations: Iterable[VariationSpec], servers: Iterable[McpServer], *, own_home: bool = False
) -> None:
    """Raises `AideatorError` (usage) that names every model and server that may not get the text."""
    if own_home:
        raise usage(
            "the repository is private, and with --agent-home an agent asks its model behind AIdeator's back",
            "leave out --agent-home",
        )
    wrong = [f"{each.model} is asked at {place}" for each in variations if (place := _elsewhere(each, hosts))]
    wrong += [
        f"the MCP server {each.name} is at {urlsplit(each.url).hostname}"
        for each in servers
        if each.url is not None and not confinement.lists_url(hosts, each.url)
    ]
    if wrong and not hosts:
        raise nowhere()
    if wrong:
        raise _private(f"{'; '.join(dict.fromkeys(wrong))}", hosts)


def check_model(hosts: Sequence[str] | None, variation: VariationSpec) -> None:
    """Raises `AideatorError` (usage) for a model that may not see what a private run has made."""
    if hosts is not None and (place := _elsewhere(variation, hosts)):
        raise _private(f"{variation.model} is asked at {place}", hosts)


def nowhere() -> AideatorError:
    """Returns the error for a private repository whose text may go to no host."""
    why = f"`local` in {FILE} is empty or missing; in a pod, localhost is the pod itself"
    return usage(f"the repository is private, and no host is on the list of local ones ({why})", HINT)


def _elsewhere(variation: VariationSpec, hosts: Sequence[str]) -> str | None:
    """Returns the host that is not on the list; None if it is."""
    if variation.model.startswith(models.SCRIPTED):
        return None
    if variation.agent is not None:
        url: str | None = variation.agent.upstream
    else:
        url = variation.api_base
    if url:
        return None if confinement.lists_url(hosts, url) else urlsplit(url).netloc.rpartition("@")[2]
    return None if confinement.is_listed(hosts, variation.host) else variation.host or "a host that nobody knows"


def _private(what: str, hosts: Sequence[str]) -> AideatorError:
    listed = f"only {', '.join(hosts)} may get its text"
    return usage(f"the repository is private, so {listed}, but {what}", HINT)
