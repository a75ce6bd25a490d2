"""One thing that an agent said or did, as every view of its course shows it: bounded, cleaned, without a terminal."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from aideator_cli.text.clean import clean

TEXT_CHARACTERS = 64 * 1024  # of one entry's text: its end
LINE_CHARACTERS = 16 * 1024  # of one line: its beginning

Kind = Literal[
    "say",
    "think",
    "call",
    "patch",
    "signal",
    "note",
    "answer",
    "check",
    "base",
    "told",
    "notice",
    "gap",
    "seen",
    "waits",
    "asked",
    "attempt",
    "end",
    "stray",
    "other",
    # signal, note: found in the patch; told: the user's message; base: a check's run on the base; waits, asked, seen: it waits, was asked
    # to stop, or what else was observed
]


class Text:
    """Cleaned lines as they arrive. Keeps only the last lines if there are very many, and only the beginning of a very long line."""

    __slots__ = ("_open", "characters", "cut", "left_out", "lines")

    def __init__(self, text: str = "") -> None:
        self.lines: deque[str] = deque()
        self.left_out = 0  # lines that stood before those that are kept
        self.cut = 0  # characters that were cut off at the ends of lines
        self.characters = 0
        self._open = False  # the last line has had no newline yet
        if text:
            self.add(text)

    def __str__(self) -> str:
        return "\n".join(self.lines)

    @property
    def count(self) -> int:
        """All lines that there were."""
        return self.left_out + len(self.lines)

    def add(self, text: str) -> None:
        if not text:
            return
        first, *rest = clean(text).split("\n")
        if self._open:
            self._extend(first)
        elif first or rest:
            self._append(first)
        for line in rest:
            self._append(line)
        self._open = True
        if rest and not rest[-1]:  # it ended with a newline
            self.lines.pop()
            self._open = False
        while self.characters > TEXT_CHARACTERS and len(self.lines) > 1:
            self.characters -= len(self.lines.popleft())
            self.left_out += 1

    def _append(self, line: str) -> None:
        kept = line[:LINE_CHARACTERS]
        self.lines.append(kept)
        self.characters += len(kept)
        self.cut += len(line) - len(kept)

    def _extend(self, more: str) -> None:
        if self.lines[-1].endswith("\u240d") and not more:  # a carriage return whose newline is only coming now
            self.lines[-1] = self.lines[-1][:-1]
            self.characters -= 1
        kept = more[: LINE_CHARACTERS - len(self.lines[-1])]
        self.lines[-1] += kept
        self.characters += len(kept)
        self.cut += len(more) - len(kept)


@dataclass(slots=True, eq=False)
class Entry:
    """`words` is its one line, `text` what stands below it: a call's output, a check's last lines, the model's words."""

    number: int  # 0, 1, 2, … within its variation
    kind: Kind
    time: str  # RFC 3339, UTC
    words: str = ""
    text: Text = field(default_factory=Text)
    failed: bool = False
    version: int = 0  # its transcript's, when it was changed last
    tool: str = ""  # of a call, as all that follows
    arguments: Mapping[str, str] = field(default_factory=dict)  # cleaned, each at most `TEXT_CHARACTERS`
    running: bool = False
    ended: str = ""  # `exit 1, 3.4 s`
    seconds: float | None = None
    exit_code: int | None = None

    @property
    def characters(self) -> int:
        return len(self.words) + self.text.characters + sum(map(len, self.arguments.values()))

    @property
    def is_edit(self) -> bool:
        """It has changed a file, or is about to."""
        return self.tool in ("write_file", "str_replace") and not self.failed


def bounded(arguments: Mapping[str, Any]) -> dict[str, str]:
    """A call's arguments as texts that can be shown."""
    return {
        clean(name)[:100]: clean(value if isinstance(value, str) else repr(value))[:TEXT_CHARACTERS]
        for name, value in list(arguments.items())[:20]
    }
