"""Draws a time line as boxes in a frame 1,000 units wide, and as text for people who can't see it."""

from typing import Final

from aideator_agent.values import frozen
from aideator_cli.text.figures import duration, plural
from aideator_cli.views.html.timeline import Span, Timeline

WIDTH: Final = 1000.0
LEAST: Final = 2.0  # of a box
LETTER: Final = 8.0  # of a label
BOXES: Final = 500  # of calls that are drawn
ROWS: Final = 200  # of calls that are told


@frozen
class Box:
    x: float
    width: float
    label: str  # empty: it has no room
    failed: bool


@frozen
class Row:
    at: str
    took: str
    words: str
    ended: str


@frozen
class Drawing:
    words: str
    phases: tuple[Box, ...]
    calls: tuple[Box, ...]
    rows: tuple[Row, ...]
    left: int  # calls that are not told
    messages: tuple[Row, ...]  # of the user


def drawing(timeline: Timeline, longest: float) -> Drawing:
    """`longest`: the seconds that fill the frame."""
    scale = WIDTH / longest if longest > 0 else 0.0
    return Drawing(
        _words(timeline),
        tuple(_box(span, scale, span.words) for span in timeline.phases[:BOXES]),
        tuple(_box(span, scale, "") for span in timeline.calls[:BOXES]),
        tuple(_row(span) for span in timeline.calls[:ROWS]),
        max(0, len(timeline.calls) - ROWS),
        tuple(_row(span) for span in timeline.messages[:ROWS]),
    )


def _words(timeline: Timeline) -> str:
    phases = [f"{phase.words} {duration(phase.seconds)}" for phase in timeline.phases[:20]]
    failed = sum(call.failed for call in timeline.calls)
    calls = plural(len(timeline.calls), "tool call") + (f", {failed} failed" if failed else "")
    return f"{duration(timeline.seconds)}: {'; '.join([*phases, calls])}"


def _box(span: Span, scale: float, label: str) -> Box:
    width = max(LEAST, span.seconds * scale)
    x = min(span.start * scale, WIDTH - width)
    return Box(round(x, 1), round(width, 1), label if len(label) * LETTER <= width else "", span.failed)


def _row(span: Span) -> Row:
    return Row(duration(span.start), duration(span.seconds), span.words, span.ended)
