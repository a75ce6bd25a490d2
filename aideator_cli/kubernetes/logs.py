"""A pod's log as lines: what the agent wrote, apart from what kubelet and API server write into the same stream."""

import re
from collections.abc import Iterator
from typing import Final

from aideator_cli.backend import Attempt, Line, LogBroken, LogGone, LogNotReady, Remark
from aideator_cli.kubernetes import problems
from aideator_cli.kubernetes.client import ApiError, ConnectionFailed, Stream
from aideator_cli.kubernetes.objects import Objects

_SILENCE_SECONDS: Final = 45.0  # the agent beats every 15
_STAMPED: Final = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)) (.*)", re.DOTALL)


def read_log(
    objects: Objects, attempt: Attempt, container: str, *, follow: bool, since: str | None
) -> Iterator[Line | Remark]:
    """Lines in the log's order. Raises `LogNotReady`, `LogGone`, `LogBroken`, and `AideatorError` when it may not be read.

    A last line without its newline is a `Remark`: a stream that breaks ends just like one that is complete.
    """
    query = {"container": container, "timestamps": "true"}
    if follow:
        query["follow"] = "true"
    if since is not None:
        query["sinceTime"] = since
    stream = _open(objects, attempt, query)
    try:
        yield from _lines(stream)
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
    if error.status == 404 or "is not valid for pod" in error.message:
        return LogGone(error.message)
    if error.status == 400:
        return LogNotReady(error.message)
    if error.status in (401, 403):
        return problems.explain(error, objects.place)
    return LogBroken(error.message)


def _lines(stream: Stream) -> Iterator[Line | Remark]:
    tail = b""
    match = _STAMPED.fullmatch
    for chunk in stream.chunks():
        lines = chunk.split(b"\n")
        lines[0] = tail + lines[0]
        tail = lines.pop()
        for line in lines:
            found = match(line)
            yield Line(found[2], found[1].decode()) if found else _remark(line)
    if tail:
        yield _remark(tail)


def _remark(line: bytes) -> Remark:
    text = line.decode(errors="replace")
    return Remark(f"the log breaks off in a line: {text}" if _STAMPED.match(line) else text)
