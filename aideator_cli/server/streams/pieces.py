"""What a stream consists of, between the store and those who encode it."""

import heapq
from collections.abc import Sequence
from operator import itemgetter
from typing import Final, NamedTuple, Protocol

from aideator_cli.actions.here import Here
from aideator_cli.domain.events import Observation
from aideator_cli.domain.result import Result
from aideator_cli.server.streams.position import Position
from aideator_cli.store.arrivals import Arrived

PAGE: Final = 500  # events that are read at once
News = Arrived | Observation


class Placed(NamedTuple):
    """An item, and the position behind it."""

    position: Position
    item: News


class View(Protocol):
    """One way to write a stream. Views that are equal write the same."""

    def begun(self, state: str, results: Sequence[Result]) -> bytes:
        """What a stream begins with."""

    def item(self, placed: Placed) -> bytes: ...

    def ended(self, result: Result) -> bytes:
        """That a variation has ended, or has again: this was its last attempt's result."""

    def over(self, position: Position, results: Sequence[Result]) -> bytes:
        """What a stream ends with, when the run has ended."""

    def gone(self) -> bytes:
        """What a stream ends with, when the run was deleted."""


class Piece:
    """Some items one after the other, encoded once for each view and variation."""

    def __init__(self, items: Sequence[Placed], end: Position) -> None:
        self.items = items
        self.end = end
        self._encoded: dict[tuple[View, int | None], bytes] = {}

    def encoded(self, view: View, variation: int | None) -> bytes:
        known = self._encoded.get((view, variation))
        if known is None:
            known = self._encoded[view, variation] = encode(self.items, view, variation)
        return known


def encode(items: Sequence[Placed], view: View, variation: int | None) -> bytes:
    """`variation` None means all. What is about the whole run belongs to each."""
    wanted = items if variation is None else [each for each in items if each.item.variation in (None, variation)]
    return b"".join(map(view.item, wanted))


class Page(NamedTuple):
    items: list[Placed]
    end: Position  # up to which everything is in this page or an earlier one


def page(here: Here, run: str, after: Position, upto: Position) -> Page:
    """Reads the next items after one position and at most up to another, the older ones first."""
    events = here.store.arrived(run, after.event, upto.event, PAGE)
    seen = [(row, each) for row, each in here.store.observed(run, after.observation) if row <= upto.observation]
    if len(events) == PAGE:  # what was seen later comes with the events of that time
        latest = events[-1].time
        seen = seen[: next((at for at, (_, each) in enumerate(seen) if each.time > latest), len(seen))]
        return Page(placed(after, events, seen), Position(events[-1].row, seen[-1][0] if seen else after.observation))
    return Page(
        placed(after, events, seen), Position(max(after.event, upto.event), max(after.observation, upto.observation))
    )


def placed(after: Position, events: Sequence[Arrived], seen: Sequence[tuple[int, Observation]]) -> list[Placed]:
    """Puts both in the order of their times, each kind in that of its rows."""
    rows: list[tuple[str, int, int, News]] = [(each.time, 0, each.row, each) for each in events]
    other: list[tuple[str, int, int, News]] = [(each.time, 1, row, each) for row, each in seen]
    merged = heapq.merge(rows, other, key=itemgetter(0)) if rows and other else rows or other
    made, position = list[Placed](), after
    for _, kind, row, item in merged:
        position = Position(position.event, row) if kind else Position(row, position.observation)
        made.append(Placed(position, item))
    return made
