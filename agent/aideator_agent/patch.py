"""The patch: what the working tree holds against the base, byte for byte, cut with a private GIT_DIR.

Nothing of the model's may run any more. Its `.git` is not believed: hooks, filters, attributes and configuration of
the working tree's own repository are never read.
"""

import base64
import hashlib
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from aideator_agent import files, pieces
from aideator_agent.checks import guarded
from aideator_agent.git import Done, Git, bare_environment
from aideator_agent.keys import Redactor
from aideator_agent.protocol import PATCH_BYTES
from aideator_agent.repository import Checkout
from aideator_agent.spec import RunSpec
from aideator_agent.verdict import Ended, failed

LISTED: Final = 2000  # bytes for names of files in a sentence
TESTS_LISTED: Final = 4000  # bytes for names of test files in the last record
CONFIG_LISTED: Final = 2000  # and for those of what checks are configured by
BINARY_BYTES: Final = 32 * 1024 * 1024  # of a binary file that is searched for keys
SETTINGS: Final = ("core.attributesFile=/dev/null", "core.excludesFile=/dev/null", "core.safecrlf=false",
                   "core.untrackedCache=false", "core.fileMode=true", "color.ui=never")  # fmt: skip
LEFTOVERS: Final = ("__pycache__/", ".pytest_cache/", ".mypy_cache/", ".ruff_cache/", "node_modules/")
DIFF: Final = ("--cached", "--binary", "--full-index", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames",
               "--src-prefix=a/", "--dst-prefix=b/")  # fmt: skip


@dataclass(frozen=True)
class Change:
    path: str  # bytes that are not UTF-8 stand as surrogates
    additions: int
    deletions: int
    binary: bool
    hides_tests: bool = (
        False  # a package's own file is gone, and the base has tests below, which unittest finds no more
    )


@dataclass(frozen=True)
class Patch:
    data: bytes
    encoding: str  # utf-8 or base64
    text: str  # the data in that encoding
    changes: tuple[Change, ...]

    def guarded(self, spec: RunSpec) -> list[str]:
        """The files that it touches of those that decide what the run's checks mean."""
        named = guarded.named_in(spec.check_commands)
        return [
            c.path
            for c in self.changes
            if c.hides_tests or guarded.is_test(c.path) or guarded.is_setting(c.path, named)
        ]

    def numbers(self, spec: RunSpec) -> dict[str, object]:
        """What the last record tells. `tests` are the test files and `config` what checks are configured by, as many as fit;
        `tests_left_out` and `config_left_out` count the others."""
        touched = self.guarded(spec)
        tests = [path for path in touched if guarded.is_test(path)]
        config = [path for path in touched if path not in set(tests)]
        fitting, fitting_config = list(pieces.fitting(tests, TESTS_LISTED)), list(pieces.fitting(config, CONFIG_LISTED))
        return {
            "sha256": hashlib.sha256(self.data).hexdigest(),
            "files": len(self.changes),
            "additions": sum(c.additions for c in self.changes),
            "deletions": sum(c.deletions for c in self.changes),
            "tests": fitting,
            "tests_left_out": len(tests) - len(fitting),
            "config": fitting_config,
            "config_left_out": len(config) - len(fitting_config),
        }


@dataclass(frozen=True)
class Cutter:
    checkout: Checkout
    home: Path  # an empty folder, for git
    redactor: Redactor
    check: Callable[[], None]  # raises when there is no time left
    tell: Callable[[str], None]  # what a reader should know of the patch

    def cut(self) -> Patch:
        """Raises `Ended` (failed) when there can be no patch, with the reason."""
        self._expect_folder()
        self._prepare()
        self._add()
        changes = self._changes()
        data = self._diff(changes)
        self._expect_no_key(data, changes)
        encoding, text = _encode(data, changes)
        return Patch(data, encoding, text, changes)

    def _git(self, *arguments: str, stdin: bytes = b"", limit: int | None = None) -> Done:
        environment = {
            **bare_environment(os.environ, self.home),
            "GIT_DIR": str(self.checkout.git_dir),
            "GIT_WORK_TREE": str(self.checkout.folder),
        }
        git = Git(self.checkout.folder, environment, self.check)
        options = [word for setting in SETTINGS for word in ("-c", setting)]
        return git.run(*options, *arguments, stdin=stdin, **({} if limit is None else {"limit": limit}))

    def _expect_folder(self) -> None:
        """Git would follow a link to anywhere, and put what it finds there into the patch."""
        with suppress(OSError):
            if stat.S_ISDIR(self.checkout.folder.lstat().st_mode):
                return
        raise failed("agent", "the repository's folder was removed or replaced, so there is no patch")

    def _prepare(self) -> None:
        try:
            files.remove_nested_git(self.checkout.folder)
            _make_readable(self.checkout.folder)
        except OSError as error:
            raise failed("infrastructure", f"the patch cannot be cut: {error}") from error
        info = self.checkout.git_dir / "info"
        info.mkdir(exist_ok=True)
        (info / "exclude").write_text("".join(f"{name}\n" for name in LEFTOVERS))

    def _add(self) -> None:
        self._tell_leftovers()
        submodules = self._submodules()
        paths = b"\0".join([b":/", *(b":(top,exclude,literal)" + path for path in submodules)])
        done = self._git("add", "-A", "--ignore-errors", "--pathspec-from-file=-", "--pathspec-file-nul", stdin=paths)
        if done.code not in (0, 1):
            raise failed("infrastructure", f"the patch cannot be cut: {done.error[-LISTED:]}")
        if done.code == 1:
            self.tell(f"Not in the patch: {pieces.shortened(done.error, LISTED)}")

    def _tell_leftovers(self) -> None:
        """Only of what the repository's own .gitignore does not speak."""
        ours = str(self.checkout.git_dir / "info" / "exclude")
        found = self._git("ls-files", "-z", "--others", "--ignored", "--directory", f"--exclude-from={ours}").out
        told = self._git("check-ignore", "-z", "-v", "--stdin", stdin=found).out.split(b"\0") if found else []
        names = [
            os.fsdecode(path)
            for source, path in zip(told[::4], told[3::4], strict=False)
            if source == os.fsencode(ours)
        ]
        if names:
            self.tell(f"Left out of the patch (caches and installed packages): {_list(names)}")

    def _submodules(self) -> list[bytes]:
        done = self._git("ls-tree", "-r", "-z", "--full-tree", self.checkout.base)
        return [line.partition(b"\t")[2] for line in done.out.split(b"\0") if line.startswith(b"160000 ")]

    def _changes(self) -> tuple[Change, ...]:
        done = self._git("diff", "--numstat", "-z", *DIFF[:1], *DIFF[3:], self.checkout.base)
        if done.code:
            raise failed("infrastructure", f"the patch cannot be cut: {done.error[-LISTED:]}")
        hiding = self._hiding()
        changes = (_change(line) for line in done.out.split(b"\0") if line)
        return tuple(replace(change, hides_tests=True) if change.path in hiding else change for change in changes)

    def _hiding(self) -> set[str]:
        gone = self._git("diff", "--name-only", "-z", "--diff-filter=D", *DIFF[:1], *DIFF[3:], self.checkout.base).out
        packages = {path for path in map(os.fsdecode, gone.split(b"\0")) if path.endswith("/__init__.py")}
        if not packages:
            return packages
        listed = self._git("ls-tree", "-r", "-z", "--name-only", "--full-tree", self.checkout.base).out.split(b"\0")
        tests = [path for path in map(os.fsdecode, listed) if guarded.is_test(path)]
        return {path for path in packages if any(test.startswith(path.removesuffix("__init__.py")) for test in tests)}

    def _diff(self, changes: tuple[Change, ...]) -> bytes:
        done = self._git("diff", *DIFF, self.checkout.base, limit=PATCH_BYTES)
        if not done.whole:
            raise _too_large(changes)
        if done.code:
            raise failed("infrastructure", f"the patch cannot be cut: {done.error[-LISTED:]}")
        return done.out

    def _expect_no_key(self, data: bytes, changes: tuple[Change, ...]) -> None:
        texts = (data, *(self._binary(change) for change in changes if change.binary))
        if any(self.redactor.found(text.decode("latin-1")) for text in texts):
            raise failed("agent", "the patch holds one of the keys that the agent was given, so it is withheld")

    def _binary(self, change: Change) -> bytes:
        """What a compressed hunk hides. Empty for a deleted file."""
        return self._git("cat-file", "blob", f":0:{change.path}", limit=BINARY_BYTES).out


def _make_readable(folder: Path) -> None:
    """Gives the owner's right to read back to files that lost it. The folders have theirs already."""
    for place, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)  # noqa: PTH118 (a hundred thousand of them)
            mode = os.lstat(path).st_mode
            if stat.S_ISREG(mode) and not mode & stat.S_IRUSR:
                with suppress(PermissionError):  # another user's; git will say so
                    os.chmod(path, stat.S_IMODE(mode) | stat.S_IRUSR)  # noqa: PTH101


def _encode(data: bytes, changes: tuple[Change, ...]) -> tuple[str, str]:
    with suppress(UnicodeDecodeError):
        text = data.decode()
        if len(pieces.encoded(text)) - 2 <= PATCH_BYTES:
            return "utf-8", text
    text = base64.b64encode(data).decode()
    if len(text) > PATCH_BYTES:
        raise _too_large(changes)
    return "base64", text


def _too_large(changes: tuple[Change, ...]) -> Ended:
    largest = sorted(changes, key=lambda c: (not c.binary, -c.additions - c.deletions))
    names = _list([c.path for c in largest])
    return failed("agent", f"patch too large: more than {PATCH_BYTES // 2**20} MiB in {len(changes)} files: {names}")


def _change(line: bytes) -> Change:
    added, deleted, path = line.split(b"\t", 2)
    if added == b"-":
        return Change(os.fsdecode(path), 0, 0, binary=True)
    return Change(os.fsdecode(path), int(added), int(deleted), binary=False)


def _list(names: list[str]) -> str:
    fitting = list(pieces.fitting(names, LISTED))
    more = len(names) - len(fitting)
    return ", ".join(fitting) + (f" … and {more} more" if more else "")
