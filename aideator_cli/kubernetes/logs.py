"""A pod's log as lines: what the agent wrote, apart from what kubelet and API server write into the same stream."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from aideator_cli.backend import Attempt, Line, LogBroken, LogGone, LogNotReady, Remark
from aideator_cli.kubernetes import problems
from aideator_cli.kubernetes.client import ApiError, ConnectionFailed, Stream
from aideator_cli.kubernetes.objects import Objects

_SILENCE_SECONDS: Final = 45.0  # the agent beats every 15
_OVERLAP: Final = timedelta(
    seconds=2
)  # time stamps may go back a little; the API server cuts `sinceTime` to whole seconds
_NANOSECONDS: Final = len("2026-11-21T14:00:00.000000000Z")
_USUAL: Final = re.compile(
    rb"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z) (.*)$", re.MULTILINE
)  # as nearly every kubelet writes it
_STAMPED: Final = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)) (.*)", re.DOTALL)
_new: Final = tuple.__new__  # of a named tuple: its own constructor takes twice as long


def read_log(
    objects: Objects, attempt: Attempt, container: str, *, follow: bool, since: str | None
) -> Iterator[list[Line | Remark]]:
    """The log in the pieces in which it comes. Raises `LogNotReady`, `LogGone`, `LogBroken`, and `AideatorError` when it may not be read.

    A last line without its newline is a `Remark`: a stream that breaks ends just like one that is complete.
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
    unknown = error.status == 404 and error.message.startswith("pods ")  # kubelet's own 404: it has just begun
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
        yield [Remark(f"the log breaks off in the middle of a line: {_text(broken[2])}" if broken else _text(tail))]


def _lines(whole: bytes) -> list[Line | Remark]:
    """Those of a piece of the log, all at once where they are as usual."""
    usual = _USUAL.findall(whole)
    if len(usual) == whole.count(b"\n") + 1:
        return [_new(Line, (raw, stamp.decode())) for stamp, raw in usual]
    return [_line(line) for line in whole.split(b"\n")]


def _line(line: bytes) -> Line | Remark:
    found = _STAMPED.fullmatch(line)
    return Line(found[2], _mark(found[1].decode())) if found else Remark(_text(line))


def _mark(stamp: str) -> str:
    """In UTC with nine digits, as kubelet writes it on nearly every node: then time stamps sort as text."""
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
