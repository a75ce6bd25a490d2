"""Shows patches file by file, with every variation's change to each file. The size is bounded; a note says what is cut."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from aideator_agent.values import frozen
from aideator_cli.choice.comparison import Changed
from aideator_cli.text.figures import changes, plural
from aideator_cli.workspace.patches import NO_NEWLINE, FilePatch

LINES = 400  # of one file's change
CHARACTERS = 500  # of one line
ALL_CHARACTERS = 1_500_000  # of all changes together

Kind = Literal["add", "del", "same", "hunk", "note"]


@frozen
class Line:
    """`text` begins with its sign."""

    kind: Kind
    text: str


@frozen
class Column:
    numbers: tuple[int, ...]  # variations that left the file alike
    change: str  # `modified`, `renamed from …`, with the mode's change
    counts: str
    lines: tuple[Line, ...]
    cut: str  # what is not shown; empty: nothing


@frozen
class FileChange:
    path: str
    columns: tuple[Column, ...]

    @property
    def lines(self) -> int:
        return max((len(column.lines) for column in self.columns), default=0)


@dataclass
class Room:
    """How much may still be shown."""

    characters: int = field(default=ALL_CHARACTERS)

    def take(self, lines: Iterator[Line]) -> tuple[Line, ...]:
        taken: list[Line] = []
        for line in lines:
            if len(taken) == LINES or self.characters <= 0:
                break
            taken.append(line)
            self.characters -= len(line.text) + 30  # and its markup
        return tuple(taken)


def side_by_side(files: Sequence[Changed], patches: Mapping[int, Sequence[FilePatch]], room: Room) -> list[FileChange]:
    by_path = {number: {file.path: file for file in each} for number, each in patches.items()}
    return [FileChange(file.path, tuple(_columns(file, by_path, room))) for file in files]


def _columns(file: Changed, by_path: Mapping[int, Mapping[str, FilePatch]], room: Room) -> Iterator[Column]:
    for numbers in file.parts:
        patch = by_path[numbers[0]][file.path]
        lines = room.take(_lines(patch))
        left = sum(len(hunk.lines) + 1 for hunk in patch.hunks) - sum(line.kind != "note" for line in lines)
        cut = f"{plural(left, 'line')} more in the patch" if left > 0 else ""
        counts = "binary" if patch.binary else changes(patch.additions, patch.deletions)
        yield Column(numbers, _change(patch), counts, lines, cut)


def _change(patch: FilePatch) -> str:
    words = f"{patch.change} from {patch.old}" if patch.change in ("renamed", "copied") else patch.change
    if patch.old_mode and patch.new_mode and patch.old_mode != patch.new_mode:
        words += f", mode {patch.old_mode} to {patch.new_mode}"
    return words


def _lines(patch: FilePatch) -> Iterator[Line]:
    if patch.binary:
        yield Line("note", "The file is binary; its content is in the patch.")
    for hunk in patch.hunks:
        old, new = f"{hunk.old_start},{hunk.old_count}", f"{hunk.new_start},{hunk.new_count}"
        yield Line("hunk", _shown(f"@@ -{old} +{new} @@ ".encode() + hunk.section))
        for line in hunk.lines:
            yield Line("hunk", "\\ No newline at end of file") if line == NO_NEWLINE else _line(line)


def _line(line: bytes) -> Line:
    kinds: Mapping[bytes, Kind] = {b"+": "add", b"-": "del"}
    return Line(kinds.get(line[:1], "same"), _shown(line))


def _shown(line: bytes) -> str:
    text = line.decode(errors="replace")
    left = len(text) - CHARACTERS
    return text if left <= 0 else f"{text[:CHARACTERS]} … {left} more characters"
