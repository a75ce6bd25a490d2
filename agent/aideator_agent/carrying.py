"""Lays the carried files into the working tree, and keeps what is secret in them out of all that others see."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from aideator_agent import sent
from aideator_agent.carried import READ, SECRETS, Carried, members, secrets_in, unusable
from aideator_agent.checkout import Checkout
from aideator_agent.git import Git, bare_environment
from aideator_agent.settings import Settings


def taken(settings: Settings, checkout: Checkout, check: Callable[[], None]) -> Checkout:
    """Lays the carried files into the working tree. Raises `Ended` (failed/infrastructure), or what `check` raises."""
    archive = sent.carried(settings, check)
    if archive is None:
        return checkout
    environment = {**bare_environment(os.environ, settings.private), "GIT_DIR": str(checkout.git_dir)}
    git = Git(settings.private, environment, check)
    carried = Carried(archive, frozenset(member.name for member, _ in members(archive, reading=False)))
    if clash := carried.paths & _tracked(git, checkout.base):
        raise unusable(f"{min(clash)!r} is a part of the commit")
    for git_dir in (checkout.folder / ".git", checkout.git_dir):
        carried.exclude(git_dir)
    if refused := carried.lay(checkout.folder, check):
        raise unusable(f"{refused[0]!r} can't be put into the working tree")
    return replace(checkout, carried=replace(carried, secrets=_unpublished(git, checkout.base, archive)))


def _unpublished(git: Git, base: str, archive: Path) -> frozenset[str]:
    """Returns the values in the files that look like secrets. What stands in the commit too is none."""
    found: set[str] = set()
    for _, data in members(archive):
        found.update(secrets_in(data[:READ].decode(errors="replace")))
    values = sorted(found)[:SECRETS]
    if not values:
        return frozenset()
    words = ("grep", "-h", "-o", "-F", "--no-color", "-f", "-", base)
    public = git.run(*words, stdin="".join(f"{value}\n" for value in values).encode()).out
    return frozenset(values) - set(public.decode(errors="replace").splitlines())


def _tracked(git: Git, base: str) -> set[str]:
    done = git.run("ls-tree", "-r", "-z", "--name-only", "--full-tree", base)
    if done.code:
        raise unusable(f"the commit can't be listed: {done.error[-200:]}")
    return set(map(os.fsdecode, done.out.split(b"\0")))
