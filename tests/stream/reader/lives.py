"""What hypothesis draws: containers' lives, and what befalls those who read of them."""

import os
from collections import Counter
from itertools import count

from hypothesis import settings
from hypothesis import strategies as st

from aideator_cli.backends.base import Line
from aideator_cli.domain.attempts import Attempt
from aideator_cli.domain.events import Event, Item
from tests.stream.reader.pod import Fault, Life, Pod, Write

RUN = "k3v9x2q"
EXAMPLES = 3_000 if os.environ.get("AIDEATOR_SOAK") else 200
thorough = settings(max_examples=EXAMPLES, deadline=None, print_blob=True)
threaded = settings(thorough, max_examples=EXAMPLES // 4)  # which take real time

STRAYS = (
    b"",
    b"Segmentation fault",
    b'{"v": 1, "seq": 1, "ty',
    b'{"v": 1, "seq": -1, "type": "say"}',
    b'{"v": 1, "seq": 999999999999, "type": "end"}',
    b'{"v": 1, "seq": 0, "type": "\\ud800"}',
    b"\xff\x00\xfe",
    b"[" * 5_000,
)
PAUSES = st.one_of(st.integers(0, 30), st.sampled_from((0, 0, 1_000, 15_000)))

_numbers = count()


@st.composite
def writes(draw: st.DrawFn, rotating: float = 0, steps: tuple[int, ...] = (0,)) -> Write:
    raw = draw(st.sampled_from((None, None, None, None, *STRAYS)))
    rotates = rotating > 0 and draw(st.integers(0, 9)) < 10 * rotating
    return Write(raw, draw(PAUSES), draw(st.integers(0, 5)), draw(st.sampled_from(steps)), rotates)


@st.composite
def lives(draw: st.DrawFn, rotating: float = 0, steps: tuple[int, ...] = (0,)) -> Life:
    written = draw(st.lists(writes(rotating, steps), max_size=40))
    end = draw(st.booleans())
    if end:
        written.append(Write(None))
    return Life(tuple(written), end, not end and draw(st.booleans()), draw(st.sampled_from((0, 300, 3_000, 60_000))))


faults = st.builds(
    Fault,
    st.sampled_from(("broken", "clean", "refused", "not_ready")),
    st.integers(0, 25),
    st.sampled_from((None, None, "unable to retrieve container logs for containerd://35e9a2bd", "{")),
)
misfortunes = st.lists(st.one_of(st.none(), faults), max_size=14)


@st.composite
def pods(draw: st.DrawFn, rotating: float = 0, steps: tuple[int, ...] = (0,), faulty: bool = True) -> Pod:
    return Pod(
        draw(lives(rotating, steps)),
        Attempt(f"uid-{next(_numbers)}", RUN, 1, "2026-11-21T12:00:00Z", "pod"),
        draw(misfortunes) if faulty else (),
        tuple(draw(st.lists(st.integers(1, 20), min_size=1, max_size=5))),
        draw(st.sampled_from(("stale", "jumps"))),
        draw(st.integers(1, 2)),
    )


def events_of(items: list[Item]) -> list[Event]:
    return [item for item in items if isinstance(item, Event)]


def each_once(lines: list[Line]) -> list[bytes]:
    """What is to be read of these: a line that repeats another with its very mark can't be told from it."""
    return [raw for raw, _ in dict.fromkeys((line.raw, line.mark) for line in lines)]


def doubled(events: list[Event]) -> list[object]:
    seen = Counter((event.seq, None if event.seq is not None else (event.mark, event.raw)) for event in events)
    return [key for key, times in seen.items() if times > 1]
