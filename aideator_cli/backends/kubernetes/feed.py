"""Lists one kind of object and then watches it for as long as needed. Puts changes into a queue."""

import json
import random
import time
from collections.abc import Iterator, Mapping
from queue import SimpleQueue
from threading import Event as Flag
from threading import Thread
from typing import Any, Final, Literal

from aideator_agent.values import frozen
from aideator_cli.backends.kubernetes.client import ApiError, Client, ConnectionFailed, Stream
from aideator_cli.backends.kubernetes.queue_words import Turn

Kind = Literal["pods", "jobs", "job_events", "pod_events", "workloads", "turns", "unsubmitted"]

_SILENCE_SECONDS: Final = 120.0  # the server sends a bookmark about every minute
_BACKOFF: Final = (0.2, 10.0)
_QUICK_SECONDS: Final = 1.0


@frozen
class Listed:
    """The complete list: an object that is missing no longer exists."""

    kind: Kind
    items: list[Mapping[str, Any]]


@frozen
class Changed:
    kind: Kind
    item: Mapping[str, Any]
    deleted: bool


@frozen
class Lost:
    kind: Kind
    error: ApiError | ConnectionFailed


@frozen
class Back:
    kind: Kind


@frozen
class Failed:
    """The feed could not even begin, for a reason that lasts, and has stopped."""

    kind: Kind
    error: Exception  # other than ApiError and ConnectionFailed: a mistake, which nobody expects


@frozen
class Turns:
    """Where each waiting Job (by UID) stands in its queue."""

    turns: Mapping[str, Turn]
    kind: Kind = "turns"


@frozen
class Unsubmitted:
    """The variations that are not submitted yet. One that has a Job may be among them."""

    numbers: frozenset[int]
    kind: Kind = "unsubmitted"


Message = Listed | Changed | Lost | Back | Failed | Turns | Unsubmitted


class _Expired(Exception):
    """The server no longer knows this resourceVersion."""


class Feed:
    """Runs in its own thread. `end` stops it soon, wherever it waits."""

    def __init__(
        self,
        client: Client,
        kind: Kind,
        path: str,
        selector: Mapping[str, str],
        queue: "SimpleQueue[Message]",
        *,
        past: bool = True,
    ) -> None:
        self._client = client
        self._kind: Kind = kind
        self._path = path
        self._selector = dict(selector)
        self._queue = queue
        self._past = past  # false: only what happens from now on matters
        self._ended = Flag()
        self._stream: Stream | None = None
        self._lost = False
        self._listed = False  # ever
        self._pause = _BACKOFF[0]
        Thread(target=self._run, name=f"watch {kind}", daemon=True).start()

    def end(self) -> None:
        self._ended.set()
        stream = self._stream
        if stream is not None:
            stream.close()

    def _run(self) -> None:
        try:
            self._follow_on()
        except Exception as error:  # for the caller: a thread that dies silently would be waited for
            self._queue.put(Failed(self._kind, error))

    def _follow_on(self) -> None:
        version: str | None = None
        while not self._ended.is_set():
            version = self._follow(version)

    def _follow(self, version: str | None) -> str | None:
        """Watches once from `version`, or lists first if that is None. Returns the version to continue from.

        Raises `ApiError` or `ConnectionFailed` if the first list of all is refused for good.
        """
        begun = time.monotonic()
        try:
            version = version or self._list(retry=not self._listed and not self._lost)
            stream = self._open(version)
        except _Expired:
            return None
        except (ApiError, ConnectionFailed) as error:
            if not self._listed and not self._client.may_pass(error):
                raise
            self._tell_lost(error)
            self._wait()
            return None if isinstance(error, ApiError) else version
        self._tell_back()
        last = self._read(stream, version)
        if time.monotonic() - begun < _QUICK_SECONDS:
            self._wait()
        return last

    def _list(self, *, retry: bool) -> str:
        query = self._selector if self._past else {**self._selector, "limit": "1"}
        answer = self._client.call("GET", self._path, query=query, retry=retry)
        self._queue.put(Listed(self._kind, answer["items"] or []))
        self._listed = True
        return str(answer["metadata"]["resourceVersion"])

    def _open(self, version: str) -> Stream:
        # The server ends it when it likes, after half an hour or so, and another one continues
        query = {"watch": "1", "resourceVersion": version, "allowWatchBookmarks": "true"}
        try:
            stream = self._client.stream(self._path, query={**self._selector, **query}, silence=_SILENCE_SECONDS)
        except ApiError as error:
            if error.status == 410:
                raise _Expired from error
            raise
        self._stream = stream
        if self._ended.is_set():
            stream.close()
        return stream

    def _read(self, stream: Stream, version: str) -> str | None:
        """Reads until the stream ends, for any reason. Returns None if a new list is needed."""
        try:
            for record in _records(stream):
                item = record["object"]
                if record["type"] == "ERROR":
                    return None
                version = item["metadata"]["resourceVersion"]
                self._pause = _BACKOFF[0]
                if record["type"] != "BOOKMARK":
                    self._queue.put(Changed(self._kind, item, deleted=record["type"] == "DELETED"))
        except ConnectionFailed:
            return version
        except (ValueError, KeyError, TypeError):  # a proxy wrote into the stream
            return None
        return version

    def _wait(self) -> None:
        self._ended.wait(self._pause * random.uniform(0.7, 1.3))
        self._pause = min(self._pause * 2, _BACKOFF[1])

    def _tell_lost(self, error: ApiError | ConnectionFailed) -> None:
        if not self._lost:
            self._lost = True
            self._queue.put(Lost(self._kind, error))

    def _tell_back(self) -> None:
        if self._lost:
            self._lost = False
            self._queue.put(Back(self._kind))


def _records(stream: Stream) -> Iterator[Any]:
    tail = b""
    for chunk in stream.chunks():
        lines = (tail + chunk).split(b"\n")
        tail = lines.pop()
        for line in lines:
            yield json.loads(line)
