"""Events (what the agent reports, kept as raw lines) and observations (what the backend showed)."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeGuard

from jiter import from_json

from aideator_agent.values import frozen
from aideator_cli.domain.attempts import Attempt

if TYPE_CHECKING:
    from aideator_agent.spec import VariationSpec


class Event(NamedTuple):  # a tuple: one is made for every line, in a third of the time that a frozen dataclass takes
    """One line of an attempt's log. A line that is not a protocol record has `seq` None and type `stray`."""

    run: str
    variation: int
    attempt: str
    seq: int | None
    time: str  # RFC 3339, UTC; from the record if it has one, else from the log keeper
    type: str
    data: Mapping[str, Any]
    raw: bytes
    mark: str | None = None  # set by the log keeper: see backend.Line
    after: int = -1  # the highest seq before this line: the position of a stray


HANDED: Final = "handed"  # the kind of an observation of a team: who hands what to whom


@frozen
class Observation:
    """Something that the backend showed about a run, a variation or an attempt. It is not an event and never appears in `logs`."""

    run: str
    time: str  # RFC 3339, UTC
    kind: str  # a stable word: Status.reason, gap, connection_lost, connection_back, start_timeout, ...
    text: str
    variation: int | None = None
    attempt: str | None = None


@frozen
class Opened:
    """This follower sees the attempt for the first time."""

    attempt: Attempt


@frozen
class Closed:
    """The attempt is over: no more items follow.

    `reason` and `text` come from the backend. After `recording` they are set only if they are the verdict: the attempt left no `end`, or
    its `end` says that it was told to stop. `last` means that the variation is over too.
    """

    attempt: Attempt
    reason: str | None = None
    text: str | None = None
    last: bool = True


@frozen
class Ended:
    """A variation ended without an attempt: it never started, or its objects no longer exist."""

    variation: int
    reason: str
    text: str


@frozen
class Joined:
    """More variations come to those that are shown: a team has begun another step."""

    variations: "tuple[VariationSpec, ...]"


Item = Event | Observation | Opened | Closed | Ended | Joined


def parse(attempt: Attempt, raw: bytes, mark: str | None, after: int = -1) -> Event:
    """Parses a line into an event. A line that is not a record becomes a `stray` with its text."""
    data = strict(raw)
    if data is None:
        data = _lenient(raw)
    if not isinstance(data, dict) or type(data.get("seq")) is not int or not _is_text(data.get("type")):
        return stray(attempt, raw, mark, after)
    time = data.get("time")
    stamp = time if _is_text(time) else _stamp(mark)
    return Event(attempt.run, attempt.variation, attempt.id, data["seq"], stamp, data["type"], data, raw, mark, after)


def strict(raw: bytes) -> Any:
    """Returns the JSON value of the line. None if it is not JSON, or only the standard library accepts it (lone surrogates, deep
    nesting)."""
    try:
        return from_json(raw, cache_mode="keys")
    except ValueError:
        return None


def _lenient(raw: bytes) -> Any:
    if not raw.lstrip().startswith(b"{"):  # no record, and what is nested deeply takes long to be refused
        return None
    try:
        return json.loads(raw.decode())
    except (ValueError, RecursionError):
        return None


def stray(attempt: Attempt, raw: bytes, mark: str | None, after: int = -1) -> Event:
    """Returns the event for a line that is not a record, or not a credible one."""
    text = {"text": raw.decode(errors="replace")}
    return Event(attempt.run, attempt.variation, attempt.id, None, _stamp(mark), "stray", text, raw, mark, after)


def _is_text(value: object) -> TypeGuard[str]:
    """Whether the value is a string that can be encoded: it has no lone surrogates."""
    return isinstance(value, str) and (value.isascii() or not any("\ud800" <= char <= "\udfff" for char in value))


def _stamp(mark: str | None) -> str:
    return mark if mark and "T" in mark else ""
