"""The working tree as a commit on top of HEAD, made beside the user's repository: its index, refs and files stay as they are."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from aideator_agent.values import frozen
from aideator_cli.errors import usage
from aideator_cli.intake.sending.overlay import Overlay
from aideator_cli.system.git import Git
from aideator_cli.text.figures import size
from aideator_cli.workspace.trees import listed

MESSAGE: Final = "Uncommitted changes\n\nAIdeator took them from the working tree for a run.\n"
BYTES: Final = 1024**3  # of changed and new files
NOBODY: Final = {
    "GIT_AUTHOR_NAME": "AIdeator", "GIT_AUTHOR_EMAIL": "aideator@localhost",
    "GIT_COMMITTER_NAME": "AIdeator", "GIT_COMMITTER_EMAIL": "aideator@localhost",
}  # fmt: skip


@frozen
class Snapshot:
    commit: str  # HEAD's own if nothing has changed
    paths: Sequence[str]  # changed and new files
    left_out: Sequence[str]  # repositories inside the working tree that are no submodules


def take(overlay: Overlay, top: Path, head: str, room: Path) -> Snapshot:
    """Raises `AideatorError` if the working tree has conflicts, or more than a GiB of changes."""
    git = overlay.source.with_variables({"GIT_INDEX_FILE": str(room / "index")})
    _copy_index(Git(top), room / "index", git, head)
    if git.need("ls-files", "--unmerged", "-z"):
        raise usage("the working tree has files with conflicts, and --dirty takes it as it is", hint="git status")
    nested = _nested(git)
    _expect_little(git, top)
    paths = [":/", *(f":(top,exclude,literal){path}" for path in nested)]
    git.need("add", "--all", "--pathspec-from-file=-", "--pathspec-file-nul", stdin=listed(paths))
    changed = git.need("diff-index", "--cached", "--name-only", "-z", "--no-renames", head)
    tree = git.line("write-tree", "--missing-ok")
    if tree == git.line("rev-parse", f"{head}^{{tree}}"):
        return Snapshot(head, (), nested)
    unknown = {} if git.run("var", "GIT_COMMITTER_IDENT").code == 0 else NOBODY
    commit = git.with_variables(unknown).line("commit-tree", tree, "-p", head, stdin=MESSAGE.encode())
    return Snapshot(commit, [os.fsdecode(path) for path in changed.split(b"\0")[:-1]], nested)


def _copy_index(user: Git, target: Path, git: Git, head: str) -> None:
    """Copies the index, which saves git from reading every file. Without one, HEAD's tree takes its place.

    The copy keeps its time: git reads a file again if it was written in the same moment as the index.
    """
    source = user.folder / os.fsdecode(user.need("rev-parse", "--git-path", "index").removesuffix(b"\n"))
    try:
        shutil.copy2(source, target)
    except FileNotFoundError:
        git.need("read-tree", head)


def _nested(git: Git) -> list[str]:
    """Returns untracked repositories: git would record their commit, which nobody else has."""
    others = git.need("ls-files", "--others", "--exclude-standard", "-z").split(b"\0")[:-1]
    return [os.fsdecode(path.removesuffix(b"/")) for path in others if path.endswith(b"/")]


def _expect_little(git: Git, top: Path) -> None:
    found = git.need("ls-files", "--others", "--modified", "--exclude-standard", "-z").split(b"\0")[:-1]
    sizes: dict[str, int] = {}
    for path in map(os.fsdecode, found):
        try:
            sizes[path] = os.lstat(top / path).st_size
        except OSError:  # deleted
            continue
    if sum(sizes.values()) > BYTES:
        largest = max(sizes, key=lambda path: sizes[path])
        raise usage(
            f"the uncommitted changes have {size(sum(sizes.values()))}; --dirty takes at most {size(BYTES)}",
            hint=f"the largest file is {largest} ({size(sizes[largest])}); add what should not be sent to .gitignore",
        )
