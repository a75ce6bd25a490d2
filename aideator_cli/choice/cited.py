"""The places that answers cite: which ones several answers share, and which ones only one of them has."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from aideator_agent.citation import Citation
from aideator_agent.values import frozen

NEAR: Final = 3  # lines: citations that are no further apart mean the same place


@frozen
class CitedPlace:
    """Lines of a file. Citations that overlap or are near to each other are one place."""

    path: str
    first: int | None  # None: the file as a whole
    last: int | None
    numbers: tuple[int, ...]  # variations whose answers cite it, ascending


def cited_places(cited: Mapping[int, Sequence[Citation]]) -> tuple[CitedPlace, ...]:
    """Returns the places that exist: those that most answers share first, then by path and line."""
    files: dict[str, list[tuple[int, int, int]]] = {}
    for number, citations in cited.items():
        for each in citations:
            if not each.problem:
                first = each.first or 0
                files.setdefault(each.path, []).append((first, max(first, each.last or 0), number))
    found = [place for path, spans in files.items() for place in _merged(path, sorted(spans))]
    return tuple(sorted(found, key=lambda place: (-len(place.numbers), place.path, place.first or 0)))


def shared(found: Sequence[CitedPlace], number: int) -> int:
    """Returns how many of the places that this variation's answer cites another one cites too."""
    return sum(number in place.numbers and len(place.numbers) > 1 for place in found)


def _merged(path: str, spans: Sequence[tuple[int, int, int]]) -> Iterator[CitedPlace]:
    """`spans` are sorted; one that begins with line 0 is the file as a whole."""
    whole = {number for first, _, number in spans if first == 0}
    if whole:
        yield CitedPlace(path, None, None, tuple(sorted(whole)))
    lines = [span for span in spans if span[0] > 0]
    while lines:
        first, last, _ = lines[0]
        count = 0
        while count < len(lines) and lines[count][0] <= last + NEAR:
            last = max(last, lines[count][1])
            count += 1
        yield CitedPlace(path, first, last, tuple(sorted({number for *_, number in lines[:count]})))
        lines = lines[count:]
