"""Makes and compares git trees in a scratch: our own index and folder, next to a repository that does not change."""

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from aideator_agent.values import frozen
from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.system.git import Git
from aideator_cli.workspace.patches import FilePatch, parse
from aideator_cli.workspace.target import Target

GITLINK: Final = "160000"
RAW: Final = ("--raw", "-z", "--no-abbrev", "--no-renames")


@frozen
class Entry:
    """A file in a tree: its mode (six octal digits) and its blob."""

    mode: str
    blob: str


Entries = Mapping[str, Entry | None]  # by path (bytes that are not UTF-8 become surrogates); None: no file


@frozen
class Change:
    old: Entry | None
    new: Entry | None


@frozen
class Scratch:
    git: Git  # with the scratch's index and folder
    folder: Path  # stands for the working tree
    target: Target

    def load(self, tree: str | None) -> None:
        """Loads this tree into the index. None empties the index."""
        self.git.need("read-tree", *([tree] if tree else ["--empty"]))

    def tree(self) -> str:
        return self.git.line("write-tree", "--missing-ok")

    def patched(self, base: str, patch: bytes, name: str) -> str:
        """Returns the tree that results from the patch on the base. Raises `AideatorError` (does not apply)."""
        self.load(base)
        done = self.git.run("apply", "--cached", "--binary", "-", stdin=quoted(patch))
        if done.code:
            raise AideatorError(
                f"the patch of {name} does not apply to {base[:7]}: {done.said}", code=ExitCode.DOES_NOT_APPLY
            )
        return self.tree()

    def changes(self, old: str, new: str) -> dict[str, Change]:
        return _changes(self.git.need("diff-tree", "-r", *RAW, old, new))

    def staged(self, head: str | None) -> dict[str, Change]:
        """Returns the differences between the index and a commit."""
        return _changes(self.git.need("diff-index", "--cached", *RAW, head or self._empty()))

    def check_out(self, paths: Iterable[str]) -> None:
        """Writes the index's files to the folder like a checkout: the user's configuration decides line ends, filters and links."""
        self.git.need("checkout-index", "-f", "-u", "-z", "--stdin", stdin=listed(paths))

    def _empty(self) -> str:
        return self.git.line("hash-object", "-t", "tree", "--stdin", "-w")


@contextmanager
def scratch(target: Target, *, keep: bool) -> Iterator[Scratch]:
    """With `keep`, new objects go into the repository. Without it, nothing is written to the repository."""
    if keep:
        target.room.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="scratch-", dir=target.room if keep else None) as name:
        place = Path(name)
        folder = place / "tree"
        folder.mkdir()
        variables = {
            "GIT_DIR": str(target.git_dir),
            "GIT_INDEX_FILE": str(place / "index"),
            "GIT_WORK_TREE": str(folder),
        }
        if not keep:
            (place / "objects").mkdir()
            variables |= borrowed(target.objects, place / "objects")
        yield Scratch(Git(folder, variables), folder, target)


def borrowed(objects: Path, own: Path) -> dict[str, str]:
    """Returns variables that make git read a repository's objects and write new ones elsewhere."""
    path = str(objects).replace("\\", "\\\\").replace('"', '\\"')
    return {"GIT_OBJECT_DIRECTORY": str(own), "GIT_ALTERNATE_OBJECT_DIRECTORIES": f'"{path}"'}


def quoted(patch: bytes) -> bytes:
    """Quotes the names in a patch: `git apply` reads some unquoted names with blanks as two names."""
    return b"".join(_quoted(file) for file in parse(patch)) or patch


def _quoted(file: FilePatch) -> bytes:
    first, _, rest = file.raw.partition(b"\n")
    if b'"' in first or first.count(b" ") == 3 or file.change in ("renamed", "copied"):
        return file.raw
    name = os.fsencode(file.path).replace(b"\\", b"\\\\")
    return b'diff --git "a/%s" "b/%s"\n' % (name, name) + rest


def listed(paths: Iterable[str]) -> bytes:
    return b"".join(os.fsencode(path) + b"\0" for path in paths)


def _changes(out: bytes) -> dict[str, Change]:
    words = out.split(b"\0")
    found = {}
    for about, path in zip(words[::2], words[1::2], strict=False):
        old_mode, new_mode, old, new, _ = about.decode().removeprefix(":").split(" ")
        found[os.fsdecode(path)] = Change(_entry(old_mode, old), _entry(new_mode, new))
    return found


def _entry(mode: str, blob: str) -> Entry | None:
    return None if mode == "000000" else Entry(mode, blob)
