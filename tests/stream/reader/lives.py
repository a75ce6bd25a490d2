"""What hypothesis draws: containers' lives, and what befalls those who read of them."""

import os
from collections import Counter
from itertools import count
from math import prod

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
RAW = (None,) * 4 + STRAYS
PAUSES = (*range(31), *(0, 0, 1_000, 15_000) * 8)
BACK = 5
TENTHS = 10

_numbers = count()


def writes(rotating: float = 0, steps: tuple[int, ...] = (0,)) -> st.SearchStrategy[Write]:
    """Each is one number: to draw its five parts one by one took most of the time of the tests."""
    sizes = (len(RAW), len(PAUSES), BACK + 1, len(steps), TENTHS if rotating else 1)

    def write(number: int) -> Write:
        parts = []
        for size in reversed(sizes):
            number, part = divmod(number, size)
            parts.append(part)
        rotates, step, back, pause, raw = parts
        return Write(RAW[raw], PAUSES[pause], back, steps[step], rotates > TENTHS - 1 - TENTHS * rotating)

    return st.integers(0, prod(sizes) - 1).map(write)


def lives(rotating: float = 0, steps: tuple[int, ...] = (0,)) -> st.SearchStrategy[Life]:
    written = st.lists(writes(rotating, steps), max_size=40)
    return st.builds(_life, written, st.booleans(), st.booleans(), st.sampled_from((0, 300, 3_000, 60_000)))


def _life(written: list[Write], end: bool, torn: bool, lag: int) -> Life:
    return Life((*written, Write(None)) if end else tuple(written), end, torn and not end, lag)


faults = st.builds(
    Fault,
    st.sampled_from(("broken", "clean", "refused", "not_ready")),
    st.integers(0, 25),
    st.sampled_from((None, None, "unable to retrieve container logs for containerd://35e9a2bd", "{")),
)
misfortunes = st.lists(st.one_of(st.none(), faults), max_size=14)


def pods(rotating: float = 0, steps: tuple[int, ...] = (0,), faulty: bool = True) -> st.SearchStrategy[Pod]:
    return st.builds(
        Pod,
        lives(rotating, steps),
        st.builds(_attempt),
        misfortunes if faulty else st.just(()),
        st.lists(st.integers(1, 20), min_size=1, max_size=5).map(tuple),
        st.sampled_from(("stale", "jumps")),
        st.integers(1, 2),
    )


def _attempt() -> Attempt:
    return Attempt(f"uid-{next(_numbers)}", RUN, 1, "2026-11-21T12:00:00Z", "pod")


def events_of(items: list[Item]) -> list[Event]:
    return [item for item in items if isinstance(item, Event)]


def each_once(lines: list[Line]) -> list[bytes]:
    """What is to be read of these: a line that repeats another with its very mark can't be told from it."""
    return [raw for raw, _ in dict.fromkeys((line.raw, line.mark) for line in lines)]


def doubled(events: list[Event]) -> list[object]:
    seen = Counter((event.seq, None if event.seq is not None else (event.mark, event.raw)) for event in events)
    return [key for key, times in seen.items() if times > 1]
