"""What an agent has changed, as a unified diff by file: from its patch, or while it works from its edits."""

import difflib
import re
from collections.abc import Iterable, Iterator

from aideator_agent.values import frozen
from aideator_cli.text.clean import clean
from aideator_cli.views.course.entries import Entry

COMPARED = 4_000_000  # pairs of lines of an edit; more are shown as all removed and all added
_NAME = re.compile(r"^diff --git a/(.*) b/(.*)$")


@frozen
class FileChange:
    """`lines` as a unified diff has them behind its file names: cleaned, each with its sign."""

    path: str
    lines: tuple[str, ...]
    known: bool = True  # whether the places in the file are known: of an edit they are not


def of_patch(patch: bytes) -> list[FileChange]:
    """A patch of git's by file; hostile bytes are made harmless."""
    files: list[tuple[str, list[str]]] = []
    for line in clean(patch.decode(errors="replace")).removesuffix("\n").split("\n"):
        if line.startswith("diff --git "):
            found = _NAME.match(line)
            files.append((found[2] if found else line.removeprefix("diff --git "), []))
        elif files and not _is_heading(line, files[-1][1]):
            files[-1][1].append(line)
    return [FileChange(path, tuple(lines)) for path, lines in files]


def _is_heading(line: str, before: list[str]) -> bool:
    return not before and line.startswith(("index ", "--- ", "+++ "))


def of_entries(entries: Iterable[Entry]) -> list[FileChange]:
    """Returns the changes that the edits show, each by itself, in the order they were made."""
    files: dict[str, list[str]] = {}
    for entry in entries:
        if entry.is_edit:
            files.setdefault(entry.arguments.get("path", "?"), []).extend(_edit(entry))
    return [FileChange(path, tuple(lines), known=False) for path, lines in files.items()]


def _edit(entry: Entry) -> Iterator[str]:
    at = f"step at {entry.time[11:19]}"
    if entry.tool == "write_file":
        yield f"@@ written whole, {at} @@"
        yield from (f"+{line}" for line in entry.arguments.get("content", "").splitlines())
        return
    yield f"@@ {at} @@"
    old, new = (entry.arguments.get(name, "").splitlines() for name in ("old", "new"))
    if len(old) * len(new) > COMPARED:
        yield from (f"-{line}" for line in old)
        yield from (f"+{line}" for line in new)
        return
    yield from list(difflib.unified_diff(old, new, n=3, lineterm=""))[3:]
