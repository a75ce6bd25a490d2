"""Follows what Kueue does with a run's Jobs: one watch of Workloads, and from time to time each waiting Job's place in its queue."""

import time
from collections.abc import Iterable, Mapping
from queue import SimpleQueue
from threading import Event as Flag
from threading import Thread
from typing import Any, Final

from aideator_cli.backends.kubernetes import kueue
from aideator_cli.backends.kubernetes.client import ApiError, ConnectionFailed
from aideator_cli.backends.kubernetes.feed import Failed, Feed, Message, Turns
from aideator_cli.backends.kubernetes.objects import Objects
from aideator_cli.backends.kubernetes.queue_words import Turn

Object = Mapping[str, Any]

_ASK_SECONDS: Final = 5.0  # the order of a queue is made anew for each question


class QueueWatch:
    """Asks nothing before it sees the first Job that has a queue. Runs in its own thread from then on."""

    def __init__(self, objects: Objects, messages: "SimpleQueue[Message]") -> None:
        self._objects = objects
        self._messages = messages
        self._jobs: dict[str, Object] = {}  # by UID: those in a queue that have not ended
        self._waiting: dict[str, float] = {}  # UID -> when it was first seen to wait; monotonic
        self._followed: frozenset[str] = frozenset()
        self._feed: Feed | None = None
        self._places = _Places(objects)
        self._ended, self._news = Flag(), Flag()
        self._thread: Thread | None = None

    def look(self, jobs: Iterable[Object]) -> None:
        """Takes the run's Jobs as they are now."""
        self._jobs = {
            job["metadata"]["uid"]: job for job in jobs if kueue.queue_of(job) is not None and not _has_ended(job)
        }
        if not self._jobs:
            return
        if self._thread is None:
            self._thread = Thread(target=self._run, name="watch queue", daemon=True)
            self._thread.start()
        elif not self._followed.issuperset(self._jobs):
            self._news.set()

    def end(self) -> None:
        self._ended.set()
        self._news.set()
        if self._feed is not None:
            self._feed.end()

    def _run(self) -> None:
        try:
            self._look_on()
        except Exception as error:  # for the caller: a thread that dies silently would be waited for
            self._messages.put(Failed("workloads", error))

    def _look_on(self) -> None:
        while not self._ended.is_set():
            self._news.clear()
            jobs = dict(self._jobs)
            self._follow(frozenset(jobs))
            self._tell_turns({uid: job for uid, job in jobs.items() if job["spec"].get("suspend")})
            self._news.wait(_ASK_SECONDS)

    def _follow(self, jobs: frozenset[str]) -> None:
        """Watches the Workloads of these Jobs."""
        if self._followed.issuperset(jobs):
            return
        try:
            api = self._places.api()
        except (ApiError, ConnectionFailed) as error:  # it is asked again at the next look
            if not self._objects.client.may_pass(error):
                self._messages.put(Failed("workloads", error))
            return
        if api is None:  # Kueue is gone
            return
        self._followed |= jobs
        former = self._feed
        selector = {"labelSelector": f"{kueue.JOB_UID} in ({','.join(sorted(self._followed))})"}
        self._feed = Feed(
            self._objects.client, "workloads", kueue.workloads(self._objects, api), selector, self._messages
        )
        if former is not None:
            former.end()
        if self._ended.is_set():
            self._feed.end()

    def _tell_turns(self, waiting: Mapping[str, Object]) -> None:
        now = time.monotonic()
        self._waiting = {uid: self._waiting.get(uid, now) for uid in waiting}
        if not waiting:
            return
        queues = {str(kueue.queue_of(job)) for job in waiting.values()}
        found = {queue: self._places.of(queue) for queue in queues}
        turns = {}
        for uid, job in waiting.items():
            ahead, pending = found[str(kueue.queue_of(job))]
            turns[uid] = Turn(now - self._waiting[uid], ahead.get(uid), pending)
        self._messages.put(Turns(turns))


class _Places:
    """The order of queues, as far as the server tells it to this user."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._api: str | None = None
        self._visibility: str | None = None
        self._hidden = False  # the order: it will not be told to this user
        self._closed = False  # the queue itself, too

    def api(self) -> str | None:
        if self._api is None:
            self._api = kueue.version(self._objects)
        return self._api

    def of(self, queue: str) -> tuple[Mapping[str, int], int | None]:
        """Returns how many are before each Job (by UID), and without that how many wait in the queue, where the user may see either."""
        ahead = {} if self._hidden else self._order(queue)
        return ahead, None if ahead or self._closed else self._pending(queue)

    def _order(self, queue: str) -> Mapping[str, int]:
        try:
            self._visibility = self._visibility or kueue.version(self._objects, kueue.VISIBILITY)
            if self._visibility is None:
                self._hidden = True
                return {}
            path = kueue.pending(self._objects, self._visibility, queue)
            items = self._objects.client.call("GET", path, retry=False)["items"] or []
        except ApiError as error:
            self._hidden = error.status == 403  # 404: Kueue does not know the queue yet
            return {}
        except ConnectionFailed:
            return {}
        return {uid: item["positionInClusterQueue"] for item in items for uid in _owners(item)}

    def _pending(self, queue: str) -> int | None:
        try:
            api = self.api()
            if api is None:
                return None
            found = self._objects.client.call("GET", f"{kueue.local_queues(self._objects, api)}/{queue}", retry=False)
        except ApiError as error:
            self._closed = error.status == 403
            return None
        except ConnectionFailed:
            return None
        count = (found.get("status") or {}).get("pendingWorkloads")
        return count if isinstance(count, int) else None


def _owners(item: Object) -> Iterable[str]:
    return [str(owner.get("uid")) for owner in item["metadata"].get("ownerReferences") or ()]


def _has_ended(job: Object) -> bool:
    conditions = (job.get("status") or {}).get("conditions") or ()
    return any(found.get("type") in ("Complete", "Failed") and found.get("status") == "True" for found in conditions)
