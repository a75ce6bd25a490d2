"""Conditions with a bound, and how late something was told."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from tests.faults.soaking import amount
from tests.faults.watching import Record

LATE_SECONDS = amount(
    10.0, soak=4.0
)  # three, and what a stamp cut to whole seconds leaves open; a loaded machine has more


def until(true: Callable[[], object], what: str, seconds: float = 60, tick: float = 0.1) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(tick)


def told_in_time(observed: Record, stamp: str) -> None:
    """Not later than `LATE_SECONDS` after the cluster's own stamp."""
    late = datetime.fromisoformat(observed["time"]) - datetime.fromisoformat(stamp)
    print(f"{observed['observed']} told {late.total_seconds():.1f} s after its stamp, which is cut to seconds")
    assert late < timedelta(seconds=LATE_SECONDS), f"{observed} is {late} after {stamp}"
