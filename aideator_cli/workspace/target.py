"""The working tree that receives a patch."""

import os
import re
from pathlib import Path

from aideator_agent.values import frozen
from aideator_cli.errors import AideatorError, ExitCode, not_found
from aideator_cli.system.git import Git
from aideator_cli.workspace.journal import ROOM

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@frozen
class Target:
    top: Path  # of the working tree
    git_dir: Path  # this working tree's own
    objects: Path

    @property
    def git(self) -> Git:
        return Git(self.top)

    @property
    def room(self) -> Path:
        """Our own folder, next to git's files."""
        return self.git_dir / ROOM

    def has_commit(self, commit: str | None) -> bool:
        return bool(commit and is_commit(commit)) and not self.git.run(
            "cat-file", "-e", f"{commit}^{{commit}}"
        ).code  # fmt: skip

    def head(self) -> str | None:
        """Returns the commit. None if there is none yet."""
        done = self.git.run("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
        return None if done.code else done.out.decode().strip()


def is_commit(text: str) -> bool:
    """Returns whether it is a commit's whole hash."""
    return _COMMIT.fullmatch(text) is not None


def removal(path: str, commit: str) -> str:
    """Returns the line for update-index --index-info that removes all entries of a path. The commit shows the length of the hashes."""
    return f"0 {'0' * len(commit)}\t{path}\0"


def working_tree(folder: Path) -> Target:
    """Raises `AideatorError` (not found) if there is none."""
    git = Git(folder)
    done = git.run("rev-parse", "--show-toplevel")
    if done.code:
        raise not_found(
            _no_tree(folder, done.said), hint="run it in a clone of the run's repository, or name one with -C DIR"
        )
    top = Path(os.fsdecode(done.out.removesuffix(b"\n")))
    inside = Git(top)
    git_dir, objects = (
        inside.line("rev-parse", *words) for words in (["--absolute-git-dir"], ["--git-path", "objects"])
    )
    return Target(top, Path(git_dir), top / objects)


def default_tree(base: str | None, origin: Path | None) -> Target:
    """Returns the current folder's tree. A run of a local repository uses that one, unless the current tree has its base commit."""
    try:
        here = working_tree(Path.cwd())
    except AideatorError:
        if origin is None:
            raise
        return working_tree(origin)
    return here if origin is None or here.has_commit(base) else working_tree(origin)


def expect_base(target: Target, base: str | None, name: str) -> str:
    """Returns the commit that the patch was made on. Raises `AideatorError` (does not apply) if it is missing."""
    if base and target.has_commit(base):
        return base
    head = None if base else target.head()
    if head:
        return head
    raise AideatorError(
        f"{target.top} does not have commit {(base or 'HEAD')[:12]}, on which {name} was made",
        hint="is it a clone of the run's repository? git fetch",
        code=ExitCode.DOES_NOT_APPLY,
    )


def _no_tree(folder: Path, said: str) -> str:
    return f"{folder} is not in a git working tree" + ("" if "not a git repository" in said else f": {said}")
