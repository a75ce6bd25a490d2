"""The conversation of a program as it keeps it itself: lines of a file below its HOME. It is foreign text to whoever reads it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Self

from aideator_agent.values import frozen

LINES: Final = 20_000
BYTES: Final = 4 * 1024 * 1024  # of all lines in UTF-8; as JSON in ASCII, a line may take 6 times that


@frozen
class Past:
    session: str  # by which the program knows the conversation
    by: str  # what the program called itself
    place: str  # the folder with its checkout and its HOME
    path: str  # of the file, below HOME
    lines: tuple[str, ...]
    kept: int = 0  # lines before these that are known already

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Raises `ValueError`."""
        data: Mapping[str, Any] = value if isinstance(value, dict) else {}
        texts = [data.get(name) for name in ("session", "by", "place", "path")]
        lines, kept = data.get("lines"), data.get("kept")
        if not isinstance(lines, list) or not all(
            isinstance(text, str) and "\n" not in text for text in (*texts, *lines)
        ):
            raise ValueError("the agent's own conversation can't be read")
        if type(kept) is not int or kept < 0 or not fits(lines, kept):
            raise ValueError("the agent's own conversation is too long")
        session, by, place, path = map(str, texts)
        if not place:  # it is replaced in every line
            raise ValueError("the agent's own conversation can't be read")
        return cls(session, by, place, path, tuple(lines), kept)

    def is_same(self, other: "Past") -> bool:
        """Whether both are the same conversation in the same file, however long it is."""
        return replace(self, lines=(), kept=0) == replace(other, lines=(), kept=0)

    def beyond(self, known: "Past | None") -> "Past | None":
        """Returns what follows the lines that are known. None: nothing has changed."""
        kept = _common(known.lines, self.lines) if known is not None and self.is_same(known) else 0
        if known is not None and kept == len(known.lines) == len(self.lines):
            return None
        return replace(self, lines=self.lines[kept:], kept=kept)

    def after(self, known: "Past | None") -> Self:
        """Returns all lines, where these follow those that are known. Raises `ValueError` if they do not."""
        before = () if known is None else known.lines[: self.kept]
        if len(before) != self.kept or (self.kept and known is not None and not self.is_same(known)):
            raise ValueError("a part of the agent's own conversation is missing")
        whole = replace(self, lines=(*before, *self.lines), kept=0)
        if not fits(whole.lines):
            raise ValueError("the agent's own conversation is too long")
        return whole


def fits(lines: Sequence[str], before: int = 0) -> bool:
    """Whether a conversation may have these lines, behind so many that are known."""
    return before + len(lines) <= LINES and sum(len(line.encode(errors="replace")) for line in lines) <= BYTES


def _common(old: tuple[str, ...], new: tuple[str, ...]) -> int:
    pairs = zip(old, new, strict=False)
    return next((at for at, (one, other) in enumerate(pairs) if one != other), min(len(old), len(new)))
