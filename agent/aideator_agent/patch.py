"""The patch: the difference between the working tree and the base, byte for byte, made with a private GIT_DIR.

Nothing of the model's may still run. Its `.git` is not trusted: hooks, filters, attributes and configuration of the working tree's own
repository are never read.
"""

import base64
import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from aideator_agent import files, left_out, pieces, pointers
from aideator_agent.access import Access
from aideator_agent.checkout import Checkout
from aideator_agent.checks import guarded
from aideator_agent.checks.allowing import allowed
from aideator_agent.files import Odd
from aideator_agent.git import Done, Git, bare_environment
from aideator_agent.keys import Redactor
from aideator_agent.left_out import LISTED, listed, size_of
from aideator_agent.pointers import Pointers
from aideator_agent.protocol import PATCH_BYTES
from aideator_agent.spec import MAX_FILE, RunSpec
from aideator_agent.values import frozen
from aideator_agent.verdict import Ended, failed

TESTS_LISTED: Final = 3000  # bytes for names of test files in the last record
CONFIG_LISTED: Final = 1000  # and for those of what checks are configured by
ALLOWED_LISTED: Final = 500  # and for those of both that the patch may change
OUTSIZED: Final = 256 * 1024  # bytes of a file that is left out of a patch that is too large
BINARY_BYTES: Final = 32 * 1024 * 1024  # of a binary file that is searched for keys
SETTINGS: Final = ("core.attributesFile=/dev/null", "core.excludesFile=/dev/null", "core.safecrlf=false",
                   "core.untrackedCache=false", "core.fileMode=true", "color.ui=never")  # fmt: skip
READ_BY_GIT: Final = frozenset((".gitignore", ".gitattributes", ".gitmodules"))  # git waits for ever at a pipe
LEFTOVERS: Final = (
    "__pycache__/",
    ".pytest_cache/",
    ".mypy_cache/",
    ".ruff_cache/",
    "node_modules/",
    ".aider.tags.cache.v*/",
)
DIFF: Final = ("--cached", "--binary", "--full-index", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames",
               "--src-prefix=a/", "--dst-prefix=b/")  # fmt: skip


@frozen
class Change:
    path: str  # bytes that are not UTF-8 stand as surrogates
    additions: int
    deletions: int
    binary: bool
    hides_tests: bool = (
        False  # a package's own file is gone, and the base has tests below, which unittest finds no more
    )
    supports_tests: bool = False  # only tests use it, although its name does not say so
    is_module: bool = False  # a new module of a crate with tests: without it the crate is not built


@frozen
class Patch:
    data: bytes
    encoding: str  # utf-8 or base64
    text: str  # the data in that encoding
    changes: tuple[Change, ...]
    adds_nothing: bool = False  # whether the tree is as it was when the work began, with what was done before

    def marked(self, supports: Callable[[str], bool]) -> "Patch":
        """Returns the patch, whose changes say which files only tests use."""
        return replace(self, changes=tuple(replace(each, supports_tests=supports(each.path)) for each in self.changes))

    def guarded(self, spec: RunSpec) -> list[str]:
        """Returns the changed files that decide the meaning of the run's checks, and that the task need not change."""
        may = allowed(spec.allow_change)
        return [path for path in self._deciding(spec) if not may(path)]

    def _deciding(self, spec: RunSpec) -> list[str]:
        named = guarded.named_in(spec.check_commands)
        return [
            c.path
            for c in self.changes
            if c.hides_tests
            or c.supports_tests
            or (guarded.is_test(c.path) and not c.is_module)
            or guarded.is_setting(c.path, named)
        ]

    def numbers(self, spec: RunSpec) -> dict[str, object]:
        """Returns the fields of the last record.

        `tests` has the test files and `config` the check settings, as many as fit; `tests_left_out` and `config_left_out` count the others.
        `allowed` has those of both that the user allows the patch to change.
        """
        touched = self.guarded(spec)
        may = [path for path in self._deciding(spec) if path not in set(touched)]
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
            **({"allowed": list(pieces.fitting(may, ALLOWED_LISTED))} if may else {}),
        }


@frozen
class Cutter:
    checkout: Checkout
    home: Path  # an empty folder, for git
    redactor: Redactor
    check: Callable[[], None]  # raises when there is no time left
    tell: Callable[[str], None]  # what a reader should know of the patch
    access: Access | None = None  # to what a part of the repository lacks; None: nothing is fetched
    max_file: int = MAX_FILE  # bytes; a larger file is left out
    expects_more: bool = True  # whether what was done before is no result by itself

    def cut(self) -> Patch:
        """Returns an empty patch for work that adds nothing to what was done before.

        Raises `Ended` (failed), with the reason, if no patch can be made. One large file does not prevent it.
        """
        changes = self.changed()
        if self.expects_more and self.adds_nothing():
            return Patch(b"", "utf-8", "", (), adds_nothing=True)
        while True:
            try:
                return self._cut(changes)
            except _TooLarge as error:
                rest = self._without_the_largest(changes)
                if not rest:
                    raise _too_large(changes) from error
                changes = rest

    def _cut(self, changes: tuple[Change, ...]) -> Patch:
        data = self._diff()
        self._expect_no_key(data, changes)
        encoding, text = _encode(data)
        return Patch(data, encoding, text, changes)

    def adds_nothing(self) -> bool:
        """Whether the tree is still as it was when the work began, with what was done before. To be asked after `changed`."""
        start = self.checkout.start
        return start is not None and self._git("diff", "--cached", "--quiet", *DIFF[3:], start).code == 0

    def changed(self, since: str | None = None) -> tuple[Change, ...]:
        """Returns what a patch would hold, or what was changed since another commit. Raises `Ended` (failed) like `cut`."""
        self._expect_folder()
        heads = pointers.heads(self.checkout)
        self._add(heads, self._prepare())
        self._complete()
        return self._changes(since)

    def _git(self, *arguments: str, stdin: bytes = b"", limit: int | None = None) -> Done:
        git = self._in_checkout()
        options = [word for setting in SETTINGS for word in ("-c", setting)]
        return git.run(*options, *arguments, stdin=stdin, **({} if limit is None else {"limit": limit}))

    def private_git(self, check: Callable[[], None]) -> Git:
        """Returns git for questions about the base's objects alone."""
        return Git(self.checkout.git_dir, {**self._environment(), "GIT_DIR": str(self.checkout.git_dir)}, check)

    def _in_checkout(self) -> Git:
        places = {"GIT_DIR": str(self.checkout.git_dir), "GIT_WORK_TREE": str(self.checkout.folder)}
        return Git(self.checkout.folder, {**self._environment(), **places}, self.check)

    def _environment(self) -> dict[str, str]:
        return bare_environment(os.environ, self.home)

    def _expect_folder(self) -> None:
        """Refuses a link: git would follow it anywhere and put what it finds into the patch."""
        with suppress(OSError):
            if stat.S_ISDIR(self.checkout.folder.lstat().st_mode):
                return
        raise failed("agent", "the repository's folder was removed or replaced, so there is no patch")

    def _prepare(self) -> Odd:
        odd = Odd()
        try:
            removed = files.remove_nested_git(self.checkout.folder, odd)
            for path, _ in odd.special:
                if path.rpartition("/")[2] in READ_BY_GIT:
                    (self.checkout.folder / path).unlink()
        except OSError as error:
            raise failed("infrastructure", f"the patch cannot be cut: {error}") from error
        known = {submodule.path for submodule in self.checkout.submodules}
        nested = [name for path in removed if (name := path.rpartition("/")[0]) and name not in known]
        if nested:
            self.tell(f"In the patch, without their .git: {listed(sorted(nested))}")
        for git_dir in (self.checkout.git_dir, *(submodule.git_dir for submodule in self.checkout.submodules)):
            (git_dir / "info").mkdir(exist_ok=True)
            (git_dir / "info" / "exclude").write_text("".join(f"{name}\n" for name in LEFTOVERS))
        if self.checkout.carried is not None:
            self.checkout.carried.exclude(self.checkout.git_dir)
        return odd

    def _add(self, heads: Mapping[str, str], odd: Odd) -> None:
        self._tell_leftovers()
        self._release()
        given = Pointers(self.checkout, self.access, self._environment(), self.check, self.tell)
        submodules = given.untouched(self._submodules())
        left = left_out.found(self.checkout.folder, odd, self._git, self.checkout.base, self.max_file, self.tell)
        paths = b"\0".join([b":/", *(b":(top,exclude,literal)" + path for path in (*submodules, *left))])
        options = ["--sparse"] if self.checkout.sparse else []
        done = self._git(
            "add", "-A", *options, "--ignore-errors", "--pathspec-from-file=-", "--pathspec-file-nul", stdin=paths
        )
        if done.code not in (0, 1):
            raise failed("infrastructure", f"the patch cannot be cut: {done.error[-LISTED:]}")
        if done.code == 1:
            self.tell(f"Not in the patch: {pieces.shortened(done.error, LISTED)}")
        self._withdraw_carried()
        moved = "".join(f"160000 {commit}\t{path}\0" for path, commit in given.moved(heads).items())
        if moved:
            self._git("update-index", "-z", "--index-info", stdin=os.fsencode(moved))

    def _without_the_largest(self, changes: tuple[Change, ...]) -> tuple[Change, ...]:
        """Leaves the largest changed file out. Returns the other changes; none if no file is large."""
        sizes = {change.path: size_of(self.checkout.folder, change.path) for change in changes}
        largest = max(sizes, key=lambda path: sizes[path])
        if sizes[largest] < OUTSIZED:
            return ()
        where = (self.checkout.base, "--pathspec-from-file=-", "--pathspec-file-nul")
        self._git("reset", "--quiet", *where, stdin=b":(top,literal)" + os.fsencode(largest))
        self.tell(f"Left out of the patch, which may have {PATCH_BYTES // 2**20} MiB: {listed([largest])}")
        return tuple(change for change in changes if change.path != largest)

    def _withdraw_carried(self) -> None:
        """Takes the carried files out of the index: the model may have written anything about them into .gitignore."""
        if self.checkout.carried is None:
            return
        paths = b"".join(os.fsencode(path) + b"\0" for path in sorted(self.checkout.carried.paths))
        done = self._git("update-index", "--force-remove", "-z", "--stdin", stdin=paths)
        if done.code:
            raise failed("infrastructure", f"the patch cannot be cut: {done.error[-LISTED:]}")

    def _release(self) -> None:
        """Lets git see which files of Git LFS have changed."""
        changed = self.checkout.store().release(self.checkout.folder, self._in_checkout(), self.check)
        there = [path for path in changed if os.path.lexists(self.checkout.folder / path)]
        if there:
            self.tell(f"In the patch as they are, not as pointers to Git LFS: {listed(there)}")

    def _complete(self) -> None:
        """Fetches what the base has in the place of changed files, if --sparse left it out."""
        if not self.checkout.sparse or self.access is None:
            return
        raw = self._git("diff", "--raw", "-z", "--no-abbrev", *DIFF[:1], *DIFF[3:], self.checkout.base).out
        old = [
            entry.split(b" ")[2]
            for entry in raw.split(b"\0")
            if entry.startswith(b":") and not entry.startswith(b":000000")
        ]
        with self.access.environment() as environment:
            git = Git(self.checkout.git_dir, {**environment, "GIT_DIR": str(self.checkout.git_dir)}, self.check)
            git.run("cat-file", "--batch-check", stdin=b"\n".join(old))

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
        if self.checkout.carried is not None:
            names = [name for name in names if name not in self.checkout.carried.paths]
        if names:
            self.tell(f"Left out of the patch (caches and installed packages): {listed(names)}")

    def _submodules(self) -> list[bytes]:
        done = self._git("ls-tree", "-r", "-z", "--full-tree", self.checkout.base)
        return [line.partition(b"\t")[2] for line in done.out.split(b"\0") if line.startswith(b"160000 ")]

    def _changes(self, since: str | None = None) -> tuple[Change, ...]:
        """`since`: a commit; None: the base."""
        done = self._git("diff", "--raw", "--numstat", "-z", *DIFF[:1], *DIFF[3:], since or self.checkout.base)
        if done.code:
            raise failed("infrastructure", f"the patch cannot be cut: {done.error[-LISTED:]}")
        kinds, lines = _kinds(done.out)
        hiding = self._hiding(path for path, kind in kinds.items() if kind == b"D")
        return tuple(
            replace(
                change,
                hides_tests=change.path in hiding,
                is_module=kinds.get(change.path) == b"A" and _is_module(change.path),
            )
            for change in map(_change, lines)
        )

    def _hiding(self, gone: Iterable[str]) -> set[str]:
        packages = {path for path in gone if path.endswith("/__init__.py")}
        if not packages:
            return packages
        listed = self._git("ls-tree", "-r", "-z", "--name-only", "--full-tree", self.checkout.base).out.split(b"\0")
        tests = [path for path in map(os.fsdecode, listed) if guarded.is_test(path)]
        return {path for path in packages if any(test.startswith(path.removesuffix("__init__.py")) for test in tests)}

    def _diff(self) -> bytes:
        done = self._git("diff", *DIFF, self.checkout.base, limit=PATCH_BYTES)
        if not done.whole:
            raise _TooLarge
        if done.code:
            raise failed("infrastructure", f"the patch cannot be cut: {done.error[-LISTED:]}")
        return done.out

    def _expect_no_key(self, data: bytes, changes: tuple[Change, ...]) -> None:
        texts = (data, *(self._binary(change) for change in changes if change.binary))
        if any(self.redactor.found(text.decode("latin-1")) for text in texts):
            raise failed("agent", "the patch contains one of the agent's keys, so it is withheld")

    def _binary(self, change: Change) -> bytes:
        """Returns the content that a compressed hunk hides. Empty for a deleted file."""
        return self._git("cat-file", "blob", f":0:{change.path}", limit=BINARY_BYTES).out


class _TooLarge(Exception):
    """The patch does not fit into the log."""


def _encode(data: bytes) -> tuple[str, str]:
    with suppress(UnicodeDecodeError):
        text = data.decode()
        if len(pieces.encoded(text)) - 2 <= PATCH_BYTES:
            return "utf-8", text
    text = base64.b64encode(data).decode()
    if len(text) > PATCH_BYTES:
        raise _TooLarge
    return "base64", text


def _too_large(changes: tuple[Change, ...]) -> Ended:
    largest = sorted(changes, key=lambda c: (not c.binary, -c.additions - c.deletions))
    names = listed([c.path for c in largest])
    return failed("agent", f"patch too large: more than {PATCH_BYTES // 2**20} MiB in {len(changes)} files: {names}")


def _is_module(path: str) -> bool:
    """Whether it is a module of a crate, with tests."""
    return guarded.SOURCE.fullmatch(path) is not None and guarded.is_test(path)


def _kinds(out: bytes) -> tuple[dict[str, bytes], list[bytes]]:
    """Returns what `git diff --raw --numstat -z` says: of each file A (it is new), D (it is gone) or another letter, and the lines with
    numbers."""
    kinds, lines = {}, []
    parts = iter(out.split(b"\0")[:-1])
    for part in parts:
        if part.startswith(b":"):
            kinds[os.fsdecode(next(parts))] = part[-1:]
        else:
            lines.append(part)
    return kinds, lines


def _change(line: bytes) -> Change:
    added, deleted, path = line.split(b"\t", 2)
    if added == b"-":
        return Change(os.fsdecode(path), 0, 0, binary=True)
    return Change(os.fsdecode(path), int(added), int(deleted), binary=False)
