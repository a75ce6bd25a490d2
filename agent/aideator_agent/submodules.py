"""Submodules: each cloned from where .gitmodules says, at the commit that its repository records. What can't be had ends the attempt.

Names, paths and URLs are those of the repository, so they are hostile: git gets no name, no option, and no protocol that was not asked for.
"""

import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Final

from aideator_agent import brought
from aideator_agent.access import Access
from aideator_agent.checkout import Submodule
from aideator_agent.cloning import Cloner, CloneRefused, commit, fetch
from aideator_agent.git import Git
from aideator_agent.refusals import refuse_tricks, refused
from aideator_agent.settings import Settings
from aideator_agent.values import frozen
from aideator_agent.verdict import Ended, failed

REMOTE: Final = "git:http:https:ssh"
DEEPEST: Final = 20  # submodules in submodules
MOST: Final = 500
LINK: Final = "160000"


@frozen
class Declared:
    """What .gitmodules says about a path."""

    name: str
    url: str | None
    is_left_out: bool  # `update = none`


@frozen
class Source:
    """Where a repository comes from."""

    url: str
    store: Path | None = None  # its git folder on this machine, which may have its submodules' in `modules`

    def of(self, declared: Declared, url: str) -> "Source":
        """Returns where one of its submodules comes from."""
        name = PurePosixPath(declared.name)
        is_safe = bool(name.parts) and not name.is_absolute() and ".." not in name.parts
        return Source(url, self.store / "modules" / name if self.store and is_safe else None)


class Adding:
    def __init__(self, settings: Settings, access: Access, cloner: Cloner) -> None:
        self._settings = settings
        self._access = access
        self._cloner = cloner
        self._count = 0

    def all(self, base: str) -> Iterator[Submodule]:
        """Checks out every submodule, at any depth. Raises `Ended` (failed/repository) with the name and URL of one that can't be had."""
        yield from self._inside("", base, self._origin(), 1)

    def _inside(self, parent: str, at: str, source: Source, depth: int) -> Iterator[Submodule]:
        folder = self._settings.repo / parent
        git = self._cloner.git(folder)
        links = recorded(git, at)
        if not links:
            return
        if depth > DEEPEST:
            raise failed("repository", f"submodule {parent}: submodules are nested more than {DEEPEST} deep")
        known = declared(git, at)
        for path, wanted in links.items():
            whole = f"{parent}/{path}" if parent else path
            found = known.get(path)
            if not is_real_folder(folder, path):
                if self._settings.spec.repository.sparse:
                    continue
                raise failed("repository", f"submodule {whole}: something else is in its place")
            if found is None or found.url is None:
                raise failed("repository", f"submodule {whole}: .gitmodules has no URL for it")
            if found.is_left_out:
                self._cloner.tell(f"Submodule {whole} is not checked out: .gitmodules says update = none.")
                continue
            inner = source.of(found, _resolved(found.url, source.url, whole))
            made = self._add(whole, wanted, inner, is_relative=found.url != inner.url)
            _remember(git, found.name, inner.url)
            yield made
            yield from self._inside(whole, wanted, inner, depth + 1)

    def _add(self, path: str, wanted: str, source: Source, *, is_relative: bool) -> Submodule:
        self._count += 1
        if self._count > MOST:
            raise failed("repository", f"submodule {path}: there are more than {MOST} submodules")
        what = f"submodule {path} ({source.url})"
        try:
            refuse_tricks(source.url)
            git = self._obtained(path, wanted, source, is_relative=is_relative)
            if commit(git, wanted) is None and not fetch(git, wanted):
                raise failed("repository", f"{what}: it has no commit {wanted}, which the repository records")
        except CloneRefused as error:
            raise refused(self._access, what, source.url, str(error)) from error
        except Ended as ended:
            told = ended.verdict.reason
            raise failed(
                "repository", told if told.startswith("submodule ") else f"submodule {path}: {told}"
            ) from ended
        done = git.run("checkout", "--quiet", "--detach", wanted, "--")
        if done.code:
            raise failed("repository", f"{what}: commit {wanted} could not be checked out ({done.error})")
        return Submodule(path, self._settings.private / "modules" / str(self._count), wanted, source.url)

    def _obtained(self, path: str, wanted: str, source: Source, *, is_relative: bool) -> Git:
        folder = self._settings.repo / path
        store = source.store if source.store is not None and self._has(source.store, wanted) else None
        store = store or brought.repository(self._settings, self._cloner.git(self._settings.private), wanted)
        if store is not None:
            git = self._cloner.linked(store, folder)
            if git is not None:
                git.run("remote", "set-url", "origin", source.url)
                return git
        cloner = self._cloner_for(source.url, is_relative=is_relative)
        depth = self._settings.spec.repository.depth
        if depth is not None and (git := cloner.shallow(source.url, folder, depth, [wanted])) is not None:
            return git
        shutil.rmtree(folder)
        return cloner.whole(source.url, folder, "--no-local")

    def _has(self, store: Path, wanted: str) -> bool:
        return store.is_dir() and commit(self._cloner.git(store), wanted) == wanted

    def _cloner_for(self, url: str, *, is_relative: bool) -> Cloner:
        """Lets git read a folder of this machine only beside a repository that is one itself."""
        beside = is_relative and self._settings.channel is None and _is_path(url)
        allowed = f"file:{REMOTE}" if beside else REMOTE
        return replace(self._cloner, environment={**self._cloner.environment, "GIT_ALLOW_PROTOCOL": allowed})

    def _origin(self) -> Source:
        """Returns where the repository comes from. That of a folder on this machine is where it came from itself, as for git."""
        url = self._settings.spec.repository.url
        place = self._settings.workspace / url
        if self._settings.channel is not None or not place.is_dir():
            return Source(url)
        git = self._cloner.git(place)
        store = git.run("rev-parse", "--path-format=absolute", "--git-common-dir").out.removesuffix(b"\n")
        origin = git.run("config", "--get", "remote.origin.url").out.removesuffix(b"\n")
        return Source(os.fsdecode(origin) or str(place), Path(os.fsdecode(store)))


def recorded(git: Git, at: str) -> dict[str, str]:
    """Returns the commit of each submodule that a commit or tree records, by its path."""
    lines = git.run("ls-tree", "-r", "-z", "--full-tree", at).out.split(b"\0")
    links = (line.partition(b"\t") for line in lines if line.startswith(LINK.encode()))
    return {os.fsdecode(path): about.split(b" ")[2].decode() for about, _, path in links}


def is_real_folder(root: Path, path: str) -> bool:
    """Whether the path leads to a folder without a link on the way."""
    place = root
    for name in path.split("/"):
        place = place / name
        try:
            if not stat.S_ISDIR(place.lstat().st_mode):
                return False
        except OSError:
            return False
    return True


def declared(git: Git, at: str) -> dict[str, Declared]:
    """Returns what a commit's .gitmodules says, by the submodule's path."""
    settings: dict[str, dict[str, str]] = {}
    for entry in git.run("config", "--blob", f"{at}:.gitmodules", "--null", "--list").out.split(b"\0"):
        key, _, value = os.fsdecode(entry).partition("\n")
        name, _, variable = key.removeprefix("submodule.").rpartition(".")
        if key.startswith("submodule.") and name:
            settings.setdefault(name, {})[variable] = value
    return {
        of["path"].rstrip("/"): Declared(name, of.get("url"), of.get("update") == "none")
        for name, of in settings.items()
        if "path" in of
    }


def _resolved(url: str, parent: str, path: str) -> str:
    """Returns a URL that .gitmodules gives from the repository's own, as git does."""
    if not url.startswith(("./", "../")):
        return url
    base, separator = parent.rstrip("/"), "/"
    while url.startswith(("./", "../")):
        word, _, url = url.partition("/")
        if word == "..":
            base, separator = _above(base)
            if not base:
                raise failed("repository", f"submodule {path}: its URL leads out of {parent}")
    return f"{base}{separator}{url}".rstrip("/")


def _above(url: str) -> tuple[str, str]:
    for separator in ("/", ":"):
        head, found, _ = url.rpartition(separator)
        if found:
            return head, separator
    return "", ""


def _is_path(url: str) -> bool:
    return url.startswith("/")


def _remember(git: Git, name: str, url: str) -> None:
    """Makes the tree's own git treat the submodule as one that is in use."""
    git.run("config", f"submodule.{name}.url", url)
    git.run("config", f"submodule.{name}.active", "true")
