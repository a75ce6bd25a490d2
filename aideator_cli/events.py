"""What the core passes on: events (the agent's own words, kept as raw lines) and observations (what was seen of the backend)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeGuard

from jiter import from_json

from aideator_cli.backend import Attempt


class Event(NamedTuple):  # made for every line: a third of a frozen dataclass's time
    """One line of an attempt's log. A line that is no record of the protocol has `seq` None and type `stray`."""

    run: str
    variation: int
    attempt: str
    seq: int | None
    time: str  # RFC 3339, UTC; the record's own, else the log keeper's
    type: str
    data: Mapping[str, Any]
    raw: bytes
    mark: str | None = None  # the log keeper's: see backend.Line
    after: int = -1  # the highest seq before it: where a stray belongs


@dataclass(frozen=True, slots=True)
class Observation:
    """What was seen of the backend, about a run, a variation or an attempt; not an event, never in `logs`."""

    run: str
    time: str  # RFC 3339, UTC
    kind: str  # a stable word: Status.reason, gap, connection_lost, connection_back, start_timeout, ...
    text: str
    variation: int | None = None
    attempt: str | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """An attempt was seen for the first time by this follower."""

    attempt: Attempt


@dataclass(frozen=True, slots=True)
class Closed:
    """Nothing more will come of the attempt. `reason` and `text` are the backend's; after `recording` only where they are the
    verdict: the attempt left no `end`, or one that says that it was told to stop. `last`: nor will of its variation."""

    attempt: Attempt
    reason: str | None = None
    text: str | None = None
    last: bool = True


@dataclass(frozen=True, slots=True)
class Ended:
    """A variation ended without an attempt: it never started, or its objects are gone."""

    variation: int
    reason: str
    text: str


Item = Event | Observation | Opened | Closed | Ended


def parse(attempt: Attempt, raw: bytes, mark: str | None, after: int = -1) -> Event:
    """An event out of a line; whatever is no record becomes a `stray` with its text."""
    data = strict(raw)
    if data is None:
        data = _lenient(raw)
    if not isinstance(data, dict) or type(data.get("seq")) is not int or not _is_text(data.get("type")):
        return stray(attempt, raw, mark, after)
    time = data.get("time")
    stamp = time if _is_text(time) else _stamp(mark)
    return Event(attempt.run, attempt.variation, attempt.id, data["seq"], stamp, data["type"], data, raw, mark, after)


def strict(raw: bytes) -> Any:
    """Of the JSON that the line is; None: it is none, or has what only the standard library reads (lone surrogates, deep nesting)."""
    try:
        return from_json(raw, cache_mode="keys")
    except ValueError:
        return None


def _lenient(raw: bytes) -> Any:
    try:
        return json.loads(raw.decode())
    except (ValueError, RecursionError):
        return None


def stray(attempt: Attempt, raw: bytes, mark: str | None, after: int = -1) -> Event:
    """A line that is no record, or none to believe."""
    text = {"text": raw.decode(errors="replace")}
    return Event(attempt.run, attempt.variation, attempt.id, None, _stamp(mark), "stray", text, raw, mark, after)


def _is_text(value: object) -> TypeGuard[str]:
    """A string that can be written: none with half of a surrogate pair."""
    return isinstance(value, str) and (value.isascii() or not any("\ud800" <= char <= "\udfff" for char in value))


def _stamp(mark: str | None) -> str:
    return mark if mark and "T" in mark else ""
