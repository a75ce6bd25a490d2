"""The repository: cloned, checked out at the base, with a copy of its `.git` where no command reaches it.

On this machine only that copy has the objects, and every tree's `.git` borrows them. If the source is a folder of this machine, they are
hard links to its objects; git never writes into an object. In a pod commands can't see the copy, so the working tree has its own objects.
"""

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from aideator_agent import brought, guides, lfs, origin, sent
from aideator_agent.access import Access
from aideator_agent.checkout import Checkout, Submodule
from aideator_agent.cloning import Cloner, CloneRefused, commit, find_base
from aideator_agent.git import Git
from aideator_agent.lfs import Store
from aideator_agent.refusals import fetchable, refuse_tricks, refused
from aideator_agent.settings import Settings
from aideator_agent.spec import Repository
from aideator_agent.verdict import failed

PARTLY: Final = ("--filter=blob:none",)


def clone(settings: Settings, access: Access, check: Callable[[], None], tell: Callable[[str], None]) -> Checkout:
    """Clones and checks out. `tell` gets what a reader should know. Raises `Ended` (failed/repository), or what `check` raises."""
    asked = settings.spec.repository
    refuse_tricks(asked.url, asked.ref, asked.base)
    brought.unpack(settings, check)
    with access.environment() as environment:
        cloner = Cloner(environment, check, tell)
        try:
            git, base = _obtained(cloner, settings, asked)
        except CloneRefused as error:
            raise refused(access, f"repository {asked.url}", asked.url, str(error)) from error
        start = origin.begun(settings, git, base)
        _expect_folders(git, start, asked)
        _check_out(access, git, start, asked)
        submodules = _submodules(settings, access, cloner, start) if asked.submodules else ()
        large = _large(settings, cloner, ["", *(submodule.path for submodule in submodules)])
    git_dir = settings.private / "git"
    keep(settings, settings.repo, git_dir)
    for submodule in submodules:
        keep(settings, settings.repo / submodule.path, submodule.git_dir)
    before = start if start != base else None
    return Checkout(settings.repo, git_dir, base, before, submodules, bool(asked.sparse), large)


def keep(settings: Settings, folder: Path, git_dir: Path) -> None:
    """Puts a copy of a working tree's `.git` where commands don't reach it; on this machine with all objects."""
    git_dir.parent.mkdir(exist_ok=True)
    if settings.channel is not None:
        shutil.copytree(folder / ".git", git_dir, symlinks=True)
        return
    shutil.move(folder / ".git", git_dir)
    shutil.copytree(git_dir, folder / ".git", symlinks=True, ignore=_objects_of(git_dir))
    borrow_objects(folder / ".git", git_dir)


def borrow_objects(git_dir: Path, lender: Path) -> None:
    """Makes the repository `git_dir`, which has no objects, read those of another."""
    (git_dir / "objects" / "info").mkdir(parents=True)
    (git_dir / "objects" / "info" / "alternates").write_bytes(os.fsencode(lender / "objects") + b"\n")


def _objects_of(git_dir: Path) -> Callable[[str, list[str]], list[str]]:
    return lambda folder, _: ["objects"] if Path(folder) == git_dir else []


def _obtained(cloner: Cloner, settings: Settings, asked: Repository) -> tuple[Git, str]:
    """Returns git in the clone, and the base. Raises `CloneRefused`, or `Ended` without a base."""
    bundle = sent.commits(settings, cloner.check)
    if bundle is not None and not sent.builds_on_url(settings):
        sent.begin(cloner.git(settings.workspace), settings, bundle)
        return _at_base(cloner.git(settings.repo), asked)
    here = settings.channel is None and (settings.workspace / asked.url).is_dir()
    options = PARTLY if asked.sparse and not here else ()
    if asked.depth is not None and bundle is None:
        wanted = [what for what in (asked.base, fetchable(asked.ref) or "HEAD") if what]
        git = cloner.shallow(asked.url, settings.repo, asked.depth, wanted, *options)
        base = commit(git, asked.base or "FETCH_HEAD") if git else None
        if git and base:
            return git, base
        if git:
            cloner.tell(f"{asked.url} does not give commit {asked.base} alone, so all of the history is fetched.")
        shutil.rmtree(settings.repo)
    linked = cloner.linked(settings.workspace / asked.url, settings.repo) if here else None
    git = linked or cloner.whole(asked.url, settings.repo, "--no-local", *options)
    if bundle is not None:
        sent.add(git, bundle, asked.url)
    return _at_base(git, asked)


def _at_base(git: Git, asked: Repository) -> tuple[Git, str]:
    base = find_base(git, fetchable(asked.ref), asked.base)
    if base is not None:
        return git, base
    if asked.base is None and asked.ref is None:
        raise failed("repository", "the repository has no commit to start from")
    missing = f"commit {asked.base}" if asked.base else f"ref {asked.ref}"
    raise failed("repository", f"{missing} does not exist in the repository")


def _expect_folders(git: Git, base: str, asked: Repository) -> None:
    for option, path in (("--subdir", asked.subdir), *(("--sparse", path) for path in asked.sparse)):
        if path and git.run("cat-file", "-t", f"{base}:{path}").out.strip() != b"tree":
            raise failed("repository", f"the repository has no folder {path} at {base[:12]}, which {option} names")


def _check_out(access: Access, git: Git, base: str, asked: Repository) -> None:
    if asked.sparse:
        paths = "\n".join(_quoted(path) for path in dict.fromkeys([*asked.sparse, guides.FOLDER]))
        done = git.run("sparse-checkout", "set", "--cone", "--stdin", stdin=paths.encode(errors="surrogateescape"))
        if done.code:
            raise failed("repository", f"the folders {', '.join(asked.sparse)} can't be chosen ({done.error})")
    done = git.run("checkout", "--quiet", "--detach", base, "--")
    if done.code:
        raise refused(access, f"commit {base} of {asked.url} could not be checked out", asked.url, done.error)


def _quoted(path: str) -> str:
    """Returns the path as git reads it from a list of folders."""
    return '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _submodules(settings: Settings, access: Access, cloner: Cloner, base: str) -> tuple[Submodule, ...]:
    if not os.path.lexists(settings.repo / ".gitmodules") and not _has_links(cloner.git(settings.repo)):
        return ()
    from aideator_agent.submodules import Adding

    return tuple(Adding(settings, access, cloner).all(base))


def _large(settings: Settings, cloner: Cloner, paths: Sequence[str]) -> dict[str, Store]:
    """Lays what pointers to Git LFS stand for into the working tree, if it can be had."""
    found = {}
    for number, path in enumerate(paths):
        tree = settings.repo / path
        git = cloner.git(tree)
        if wanted := lfs.pointers(git, tree):
            folder = settings.private / "lfs" / str(number) / "objects"
            some = bool(settings.spec.repository.sparse)
            found[path] = lfs.fetched(git, folder, wanted, _own_objects(settings, git), some=some, tell=cloner.tell)
            found[path].lay(tree, git, cloner.check)
    return found


def _own_objects(settings: Settings, git: Git) -> Path | None:
    """Returns where objects are that need no server: sent ones, or those of the repository on this machine that this one is a clone of."""
    given = brought.large(settings)
    if given is not None or settings.channel is not None:
        return given
    source = settings.workspace / os.fsdecode(git.run("config", "--get", "remote.origin.url").out.removesuffix(b"\n"))
    if not source.is_dir():
        return None
    at = Git(source, git.environment, git.check).run("rev-parse", "--path-format=absolute", "--git-common-dir")
    return Path(os.fsdecode(at.out.removesuffix(b"\n"))) / "lfs" / "objects" if at.code == 0 else None


def _has_links(git: Git) -> bool:
    return b"160000 " in git.run("ls-files", "--stage").out
