"""A temporary repository that reads the user's objects and has its own refs and new objects. The user's repository does not change."""

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from aideator_agent.sent import BASE
from aideator_agent.values import frozen
from aideator_cli.errors import unavailable
from aideator_cli.system.git import Git
from aideator_cli.workspace.trees import borrowed

PIECE: Final = 1 << 20  # bytes
TAGS: Final = 2000  # that go with a bundle at most
# Bytes from which on git does not compare a file with others: that takes minutes, and seldom makes it smaller
BIG: Final = 16 << 20


class TooLarge(Exception):
    """The bundle has more bytes than it may have."""


@frozen
class Overlay:
    folder: Path  # of the temporary repository, which is bare
    source: Git  # the user's repository, whose new objects go into the temporary one
    own: Git  # the temporary repository

    @classmethod
    def make(cls, room: Path, repository: Path, commit: str) -> "Overlay":
        """`commit`: any commit of the repository; it shows the length of its hashes. Raises `AideatorError`."""
        user = Git(repository)
        objects = repository / os.fsdecode(user.need("rev-parse", "--git-path", "objects").removesuffix(b"\n"))
        folder = room / "repository"
        kind = "sha256" if len(commit) == 64 else "sha1"
        Git(room).need("init", "--quiet", "--bare", "--template=", f"--object-format={kind}", str(folder))
        (folder / "objects" / "info").mkdir(exist_ok=True)
        (folder / "objects" / "info" / "alternates").write_bytes(os.fsencode(objects) + b"\n")
        variables = borrowed(objects, folder / "objects")
        shallow = repository / os.fsdecode(user.need("rev-parse", "--git-path", "shallow").removesuffix(b"\n"))
        if shallow.is_file():
            shutil.copyfile(shallow, folder / "shallow")
        return cls(folder, user.with_variables(variables), Git(folder, {"GIT_DIR": str(folder)}))

    @property
    def is_shallow(self) -> bool:
        return (self.folder / "shallow").is_file()

    def name(self, base: str, tags: Iterable[tuple[str, str]] = ()) -> None:
        """Gives the base and the tags (hash, full name) the names that the bundle has."""
        lines = [f"update {BASE} {base}\n", *(f"update {name} {commit}\n" for commit, name in tags)]
        self.own.need("update-ref", "--stdin", stdin="".join(lines).encode())

    def cut_history(self, base: str) -> None:
        """Leaves the base without its parents."""
        (self.folder / "shallow").write_text(f"{base}\n")

    def bundle(self, target: Path, refs: Iterable[str], without: Iterable[str], limit: int) -> None:
        """Writes a bundle of these refs, without what the commits in `without` hold. Raises `TooLarge`, or `AideatorError`."""
        asked = "".join(f"^{commit}\n" for commit in without)
        # A large file that the receiver has is compared: a changed line of it would travel as the whole file
        alone = () if asked else ("-c", f"core.bigFileThreshold={BIG}")
        words = self.own.words(*alone, "bundle", "create", "--quiet", "-", *refs, "--stdin")
        with target.with_suffix(".asked").open("w+b") as stdin, target.with_suffix(".said").open("w+b") as said:
            stdin.write(asked.encode())
            stdin.seek(0)
            child = subprocess.Popen(
                words, cwd=self.folder, env=self.own.environment(), stdin=stdin, stdout=subprocess.PIPE, stderr=said
            )
            with child:
                try:
                    small = _copied(child, target, limit)
                except BaseException:  # a signal: git may compare files for minutes before it writes anything
                    child.kill()
                    raise
            said.seek(0)
            text = said.read().decode(errors="replace").strip().rpartition("\n")[2]
        if not small:
            target.unlink()
            raise TooLarge
        if child.returncode:
            raise unavailable(f"the commits can't be packed: {text.removeprefix('fatal: ')}")


def tags_below(repository: Path, commit: str) -> list[tuple[str, str]]:
    """Returns hash and full name of each tag in the history of the commit. Too many to be useful, or unreadable: none."""
    words = ("for-each-ref", "--format=%(objectname) %(refname)", f"--merged={commit}", "refs/tags")
    done = Git(repository).run(*words)
    lines = done.out.decode(errors="replace").splitlines() if done.code == 0 else []
    pairs = [(line.partition(" ")[0], line.partition(" ")[2]) for line in lines]
    return pairs if len(pairs) <= TAGS else []


def _copied(child: subprocess.Popen[bytes], target: Path, limit: int) -> bool:
    """Writes what the child prints. Ends it and returns False if that is more than `limit` bytes."""
    assert child.stdout is not None
    count = 0
    with target.open("wb") as file:
        while piece := child.stdout.read(PIECE):
            count += file.write(piece)
            if count > limit:
                child.kill()
                return False
    return True
