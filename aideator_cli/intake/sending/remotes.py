"""The remotes of a local repository from which a pod can clone without a login, and what they have of a commit's history."""

import ipaddress
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from aideator_agent.values import frozen
from aideator_cli.intake.remotes import RemoteRefused, references
from aideator_cli.system.git import Git

MOST: Final = 4  # remotes that are asked
JOINED: Final = 500  # tips that are compared at once
SECONDS: Final = 10.0  # for an answer
SCHEMES: Final = ("https", "http", "git")
_HASH: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@frozen
class Remote:
    url: str
    tips: Sequence[str]  # commits that it has, and the local repository too
    missing: int  # commits of the history that it lacks


def find(repository: Path, history: Git, base: str, ca: str | None = None) -> Remote | None:
    """Returns the remote that has most of the commit's history. None: no remote has any. Asks over the network.

    `history` is the repository that has the commit. `ca` (PEM) is trusted, too.
    """
    git = Git(repository)
    best: tuple[int, Remote] | None = None
    urls = _urls(git)
    with ThreadPoolExecutor(MOST) as pool:
        answers = list(pool.map(lambda url: _advertised(repository, url, ca), urls))
    for url, hashes in zip(urls, answers, strict=True):
        tips = _known(git, hashes)
        if not tips or history.run("merge-base", base, *tips[:JOINED]).code:
            continue
        asked = "".join([f"{base}\n", *(f"^{tip}\n" for tip in tips)]).encode()
        missing = int(history.need("rev-list", "--count", "--stdin", stdin=asked))
        if best is None or missing < best[0]:
            best = missing, Remote(url, tips, missing)
        if not missing:
            break
    return best[1] if best else None


def may_reach(url: str) -> bool:
    """Whether a pod may reach the URL: over the network, not on this machine, and without a login in the URL."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".").lower()
    except ValueError:
        return False
    if parts.scheme not in SCHEMES or parts.username or parts.password or not host:
        return False
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host != "localhost" and not host.endswith((".localhost", ".local"))
    return not (address.is_loopback or address.is_link_local or address.is_unspecified)


def _urls(git: Git) -> list[str]:
    names = git.run("remote").out.decode(errors="replace").splitlines()
    names.sort(key=lambda name: name != "origin")
    urls = [git.run("remote", "get-url", "--", name).out.decode(errors="replace").strip() for name in names[:MOST]]
    return [url for url in dict.fromkeys(urls) if may_reach(url)]


def _advertised(repository: Path, url: str, ca: str | None) -> list[str]:
    """Returns the hashes of the remote's refs. Nothing if it does not answer, or wants a login: a pod has no login of this machine."""
    try:
        found = references(url, as_nobody=True, ca=ca, folder=repository, seconds=SECONDS)
    except RemoteRefused:
        return []
    return [each for each in dict.fromkeys(found.values()) if _HASH.fullmatch(each)]


def _known(git: Git, hashes: Sequence[str]) -> list[str]:
    """Returns those that the local repository has as commits, or as tags of commits."""
    if not hashes:
        return []
    asked = "".join(f"{each}^{{commit}}\n" for each in hashes).encode()
    lines = git.need("cat-file", "--batch-check", stdin=asked).decode().splitlines()
    return list(dict.fromkeys(line.split()[0] for line in lines if line.split()[1:2] == ["commit"]))
