"""Searching what all agents did: entries that hold a text, in the order of the panes."""

from collections.abc import Iterable

from aideator_agent.values import frozen
from aideator_cli.views.course.entries import Entry
from aideator_cli.views.course.transcript import Transcript

Hit = tuple[int, int]  # the variation's place among the panes, the entry's number


@frozen
class Search:
    text: str  # in small letters

    def hits(self, transcripts: Iterable[Transcript]) -> list[Hit]:
        return [
            (place, entry.number)
            for place, transcript in enumerate(transcripts)
            for entry in transcript.entries
            if self._holds(entry)
        ]

    def _holds(self, entry: Entry) -> bool:
        if self.text in entry.words.casefold() or self.text in entry.ended.casefold():
            return True
        lines = (*entry.text.lines, *entry.arguments.values())
        return any(self.text in line.casefold() for line in lines)


def following(hits: list[Hit], at: Hit, direction: int) -> int:
    """The index of the hit behind this place (or before it), round the end."""
    if direction > 0:
        return next((index for index, hit in enumerate(hits) if hit > at), 0)
    return next((index for index in range(len(hits) - 1, -1, -1) if hits[index] < at), len(hits) - 1)
