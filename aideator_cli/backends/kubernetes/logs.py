"""A pod's log as lines. Separates what the agent wrote from what kubelet and the API server write into the same stream."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from aideator_cli.backends.base import Line, LogBroken, LogGone, LogNotReady, Remark
from aideator_cli.backends.kubernetes import problems
from aideator_cli.backends.kubernetes.client import ApiError, ConnectionFailed, Stream
from aideator_cli.backends.kubernetes.objects import Objects
from aideator_cli.domain.attempts import Attempt

_SILENCE_SECONDS: Final = 45.0  # the agent sends a heartbeat every 15 s
_OVERLAP: Final = timedelta(
    seconds=2
)  # time stamps may go back a little, and the API server truncates `sinceTime` to whole seconds
_NANOSECONDS: Final = len("2026-11-21T14:00:00.000000000Z")
_USUAL: Final = re.compile(
    rb"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z) (.*)$", re.MULTILINE
)  # the form that nearly every kubelet writes
_STAMPED: Final = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)) (.*)", re.DOTALL)
_new: Final = tuple.__new__  # a named tuple's own constructor takes twice as long


def read_log(
    objects: Objects, attempt: Attempt, container: str, *, follow: bool, since: str | None
) -> Iterator[list[Line | Remark]]:
    """Yields the log in the pieces in which it arrives.

    A last line without a newline is a `Remark`: a broken stream ends just like a complete one. Raises `LogNotReady`, `LogGone`,
    `LogBroken`, and `AideatorError` if reading is not allowed.
    """
    query = {"container": container, "timestamps": "true"}
    if follow:
        query["follow"] = "true"
    if since is not None:
        query["sinceTime"] = f"{_parsed(since) - _OVERLAP:%Y-%m-%dT%H:%M:%SZ}"
    stream = _open(objects, attempt, query)
    try:
        yield from _pieces(stream)
    except ConnectionFailed as error:
        raise LogBroken(str(error)) from error
    finally:
        stream.close()


def _open(objects: Objects, attempt: Attempt, query: dict[str, str]) -> Stream:
    try:
        stream = objects.client.stream(f"{objects.pods_path}/{attempt.name}/log", query=query, silence=_SILENCE_SECONDS)
    except ConnectionFailed as error:
        raise LogBroken(str(error)) from error
    except ApiError as error:
        raise _refused(error, objects) from error
    if stream.status == 204:
        stream.close()
        raise LogNotReady("the pod is not scheduled")
    return stream


def _refused(error: ApiError, objects: Objects) -> Exception:
    unknown = error.status == 404 and error.message.startswith("pods ")  # kubelet's own 404: it has just started
    if unknown or "is not valid for pod" in error.message:
        return LogGone(error.message)
    if error.status == 400:
        return LogNotReady(error.message)
    if error.status in (401, 403):
        return problems.explain(error, objects.place)
    return LogBroken(error.message)


def _pieces(stream: Stream) -> Iterator[list[Line | Remark]]:
    tail = b""
    for chunk in stream.chunks():
        whole, newline, tail = (tail + chunk).rpartition(b"\n")
        if newline:
            yield _lines(whole)
    if tail:
        broken = _STAMPED.fullmatch(tail)
        yield [Remark(f"the log ends in the middle of a line: {_text(broken[2])}" if broken else _text(tail))]


def _lines(whole: bytes) -> list[Line | Remark]:
    """Returns the lines of a piece of the log, parsed all at once if they have the usual form."""
    usual = _USUAL.findall(whole)
    if len(usual) == whole.count(b"\n") + 1:
        return [_new(Line, (raw, stamp.decode())) for stamp, raw in usual]
    return [_line(line) for line in whole.split(b"\n")]


def _line(line: bytes) -> Line | Remark:
    found = _STAMPED.fullmatch(line)
    return Line(found[2], _mark(found[1].decode())) if found else Remark(_text(line))


def _mark(stamp: str) -> str:
    """Returns the stamp in UTC with nine digits, as nearly every kubelet writes it. Such stamps sort as text."""
    if len(stamp) == _NANOSECONDS and stamp.endswith("Z"):
        return stamp
    digits = re.search(r"\.(\d+)", stamp)
    nanoseconds = (digits[1] if digits else "").ljust(9, "0")[:9]
    return f"{_parsed(stamp):%Y-%m-%dT%H:%M:%S}.{nanoseconds}Z"


def _parsed(stamp: str) -> datetime:
    """To the second, in UTC."""
    return datetime.fromisoformat(re.sub(r"\.\d+", "", stamp)).astimezone(UTC)


def _text(line: bytes) -> str:
    return line.decode(errors="replace")
