"""What the core passes on: events (the agent's own words, kept as raw lines) and observations (what was seen of the backend)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """One line of an attempt's log. A line that is no record of the protocol has `seq` None and type `stray`."""

    run: str
    variation: int
    attempt: str
    seq: int | None
    time: str  # RFC 3339, UTC; the record's own, else the log keeper's
    type: str
    data: Mapping[str, Any]
    raw: bytes


@dataclass(frozen=True, slots=True)
class Observation:
    """What was seen of the backend, about a run, a variation or an attempt; not an event, never in `logs`."""

    run: str
    time: str  # RFC 3339, UTC
    kind: str  # a stable word: Status.reason, gap, connection_lost, connection_back, start_timeout, ...
    text: str
    variation: int | None = None
    attempt: str | None = None


Item = Event | Observation


def parse(raw: bytes, *, run: str, variation: int, attempt: str, time: str | None) -> Event:
    """An event out of a line; whatever is no record becomes a `stray` with its text."""
    try:
        data = json.loads(raw)
    except ValueError:
        data = None
    if isinstance(data, dict) and type(data.get("seq")) is int and isinstance(data.get("type"), str):
        stamp = data.get("time")
        return Event(run, variation, attempt, data["seq"], stamp if isinstance(stamp, str) else time or "", data["type"], data, raw)
    return Event(run, variation, attempt, None, time or "", "stray", {"text": raw.decode(errors="replace")}, raw)
