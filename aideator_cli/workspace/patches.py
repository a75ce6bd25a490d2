"""Reads git patches: which files change, and how. Accepts any bytes; input that is not a git patch has no files."""

import os
import re
from collections.abc import Iterator
from functools import cached_property
from typing import Final, Literal

from aideator_agent.values import frozen

Change = Literal["added", "deleted", "modified", "renamed", "copied"]

_SECTION: Final = re.compile(rb"(?m)^(?=diff --git )")
_BODIES: Final = (b"\n@@ -", b"\nGIT binary patch\n", b"\nBinary files ")
_CHANGED: Final = re.compile(rb"(?m)^[+-].*$")
_HUNK: Final = re.compile(rb"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@ ?(.*)", re.DOTALL)
_INDEX: Final = re.compile(rb"([0-9a-f]{4,64})\.\.([0-9a-f]{4,64})(?: (\d{6}))?$")
_MODE: Final = re.compile(rb"\d{6}$")
_QUOTED: Final = re.compile(rb'"((?:[^"\\]|\\.)*)"')
_ESCAPE: Final = re.compile(rb"\\([0-3][0-7]{2}|.)", re.DOTALL)
_ESCAPED: Final = {b"a": b"\a", b"b": b"\b", b"t": b"\t", b"n": b"\n", b"v": b"\v", b"f": b"\f", b"r": b"\r"}
NO_NEWLINE: Final = b"\\ No newline at end of file"


@frozen
class Hunk:
    """One hunk.

    `lines` have their sign (blank, + or −) but no newline. `NO_NEWLINE` follows a last line that has none.
    """

    old_start: int  # of the first line, from 1; for an insertion, the line before it
    old_count: int
    new_start: int
    new_count: int
    section: bytes  # the text after the second @@
    lines: tuple[bytes, ...]


@frozen
class FilePatch:
    """The change to one file. Names are as in the patch, even hostile ones; bytes that are not UTF-8 become surrogates."""

    old: str | None  # None: the file is new
    new: str | None  # None: the file is deleted
    change: Change
    old_mode: str | None  # six octal digits, if the patch has them
    new_mode: str | None
    old_blob: str | None  # hex, possibly shortened as in the patch
    new_blob: str | None
    binary: bool
    raw: bytes  # this file's part of the patch

    @property
    def path(self) -> str:
        return self.new if self.new is not None else self.old or ""

    @cached_property
    def hunks(self) -> tuple[Hunk, ...]:
        return () if self.binary else tuple(_hunks(self.raw))

    @cached_property
    def changed(self) -> tuple[bytes, ...]:
        """Returns the added and removed lines with their signs, without context. Faster than reading the hunks."""
        return () if self.binary else tuple(_CHANGED.findall(self.raw, _body(self.raw)))

    @cached_property
    def additions(self) -> int:
        return sum(line.startswith(b"+") for line in self.changed)

    @cached_property
    def deletions(self) -> int:
        return len(self.changed) - self.additions

    @property
    def data(self) -> bytes:
        """Returns the first of git's two encoded blocks of a binary file, which makes the new content. Empty if there is none."""
        return self.raw.partition(b"\nGIT binary patch\n")[2].partition(b"\n\n")[0] if self.binary else b""


def parse(patch: bytes) -> tuple[FilePatch, ...]:
    """Returns a patch's files in order. Skips what precedes the first one, and anything it does not understand."""
    return tuple(_file(section) for section in _SECTION.split(patch) if section.startswith(b"diff --git "))


def _file(raw: bytes) -> FilePatch:
    body = _body(raw)
    header, *lines = raw[:body].rstrip(b"\n").split(b"\n")
    old, new = _both(header.removeprefix(b"diff --git "))
    told = dict(_told(lines))
    index = _INDEX.match(told.get(b"index", b""))
    old_mode = told.get(b"old mode") or told.get(b"deleted file mode") or (index and index[3])
    new_mode = told.get(b"new mode") or told.get(b"new file mode") or (index and index[3])
    change = _change(told)
    return FilePatch(
        None if change == "added" else _path(_first(told, _OLD_NAMES), old),
        None if change == "deleted" else _path(_first(told, _NEW_NAMES), new),
        change,
        None if change == "added" else _mode(old_mode),
        None if change == "deleted" else _mode(new_mode),
        index[1].decode() if index else None,
        index[2].decode() if index else None,
        raw[body : body + 2] in (b"GI", b"Bi"),
        raw,
    )


def _body(raw: bytes) -> int:
    """Returns where the header ends: the end of the text if nothing follows it."""
    return min((at + 1 for word in _BODIES if (at := raw.find(word)) >= 0), default=len(raw))


_WORDS: Final = (
    b"old mode", b"new mode", b"deleted file mode", b"new file mode", b"copy from", b"copy to", b"rename from", b"rename to",
    b"index", b"---", b"+++",
)  # fmt: skip
_BY_BEGINNING: Final = {word[:3]: tuple(w for w in _WORDS if w[:3] == word[:3]) for word in _WORDS}
_OLD_NAMES: Final = (b"rename from", b"copy from", b"---")
_NEW_NAMES: Final = (b"rename to", b"copy to", b"+++")


def _told(lines: list[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Yields the header lines by their first words. Names in `---` and `+++` come without what git adds around them."""
    for line in lines:
        for word in _BY_BEGINNING.get(line[:3], ()):
            if line.startswith(word + b" "):
                value = line[len(word) + 1 :]
                yield word, _name(value.removesuffix(b"\t"), prefixed=word in (b"---", b"+++"))


def _change(told: dict[bytes, bytes]) -> Change:
    if b"new file mode" in told:
        return "added"
    if b"deleted file mode" in told:
        return "deleted"
    if b"rename from" in told:
        return "renamed"
    return "copied" if b"copy from" in told else "modified"


def _first(told: dict[bytes, bytes], words: tuple[bytes, ...]) -> bytes | None:
    names = (told[word] for word in words if word in told)
    return next((name for name in names if name != b"/dev/null"), None)


def _path(name: bytes | None, otherwise: bytes) -> str:
    return os.fsdecode(otherwise if name is None else name)


def _mode(text: bytes | None) -> str | None:
    return text.decode() if text and _MODE.match(text) else None


def _both(names: bytes) -> tuple[bytes, bytes]:
    """Returns the old and the new name from the first line. If neither is quoted, they differ only in a/ and b/."""
    if quoted := _QUOTED.match(names):
        return _name(quoted[0], prefixed=True), _name(names[quoted.end() + 1 :], prefixed=True)
    if names.endswith(b'"') and b' "' in names:
        old, _, new = names.partition(b' "')
        return _name(old, prefixed=True), _name(b'"' + new, prefixed=True)
    middle = len(names) // 2
    if names[middle : middle + 1] != b" ":
        middle = max(names.find(b" b/"), 0)
    return _name(names[:middle], prefixed=True), _name(names[middle + 1 :], prefixed=True)


def _name(text: bytes, *, prefixed: bool) -> bytes:
    quoted = _QUOTED.fullmatch(text) if text.startswith(b'"') else None
    name = _ESCAPE.sub(_unescaped, quoted[1]) if quoted else text
    return name[2:] if prefixed and name[:2] in (b"a/", b"b/") else name


def _unescaped(match: re.Match[bytes]) -> bytes:
    code = match[1]
    return bytes([int(code, 8)]) if len(code) == 3 else _ESCAPED.get(code, code)


def _hunks(raw: bytes) -> Iterator[Hunk]:
    """Yields the hunks by the numbers in their headers, because a removed line may look like a header."""
    lines = raw[_body(raw) :].split(b"\n")
    at = 0
    while at < len(lines):
        header = _HUNK.match(lines[at])
        at += 1
        if header:
            old, new = (1 if header[n] is None else int(header[n]) for n in (2, 4))
            end = _end(lines, at, old, new)
            yield Hunk(
                int(header[1]), old, int(header[3]), new, header[5], tuple(line or b" " for line in lines[at:end])
            )
            at = end


def _end(lines: list[bytes], at: int, old: int, new: int) -> int:
    """Returns the position after a hunk's last line. The end of the text, or a line that can't belong to a hunk, also ends it."""
    last = len(lines) - 1  # nothing follows the last newline
    while (old > 0 or new > 0) and at < last + bool(lines[last]):
        sign = lines[at][:1]
        if sign not in (b" ", b"", b"+", b"-", b"\\"):
            break
        old -= sign in (b" ", b"", b"-")
        new -= sign in (b" ", b"", b"+")
        at += 1
    return at + 1 if at < len(lines) and lines[at].startswith(b"\\") else at
