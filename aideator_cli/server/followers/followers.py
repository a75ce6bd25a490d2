"""One follower for each run, here or in another replica.

`Followers.start()` begins, `stop()` hands over: other replicas may take the runs at once. A process that was killed holds its leases for
`LEASE_SECONDS` more. Then another takes its runs, which is at most `LEASE_SECONDS + LOOK_SECONDS` after the kill.

A run whose agents are processes of this machine (the local backend) is followed only on its machine: its host is stored with the run where
others share the store. If that machine does not come back, the run stays as it was last seen.
"""

import contextlib
import logging
import os
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from aideator_cli.actions.here import Here
from aideator_cli.actions.retrying import Retried
from aideator_cli.domain.events import Item
from aideator_cli.domain.leases import Lease
from aideator_cli.errors import AideatorError
from aideator_cli.server.followers.following import attended
from aideator_cli.store import DatabaseAway
from aideator_cli.store.away import is_of_database
from aideator_cli.store.serving import ServerStore
from aideator_cli.system.host import this_host

LEASE_SECONDS: Final = 15.0
RENEW_SECONDS: Final = 4.0
LOOK_SECONDS: Final = 2.0  # between two looks for runs that nobody follows
SUBMITTING_SECONDS: Final = 180.0  # after which a submission counts as broken off
MOST: Final = 200  # runs that one process follows; others stay for other replicas, or until one is over
_HAND_OVER_SECONDS: Final = 20.0
_LONGEST_PAUSE: Final = 60.0  # seconds between two tries to follow a run whose backend can't be asked

Told = Callable[
    [str, list[Item]], None
]  # a run, and items of it that are stored by now; called in the follower's thread


def told_to(*listeners: Told) -> Told:
    """Returns what tells all of them, one after the other."""

    def told(run: str, items: list[Item]) -> None:
        for listener in listeners:
            listener(run, items)

    return told


_log = logging.getLogger(__name__)


@dataclass
class _Follower:
    lease: Lease
    stop: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None


class Followers:
    """The followers of this process."""

    def __init__(self, here: Here, told: Told | None = None, *, most: int = MOST) -> None:
        self._given = here
        self._told: Told = told or (lambda *_: None)
        self._most = most
        self._holder = f"{this_host()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._followers: dict[str, _Follower] = {}  # by run
        self._retried: dict[str, Retried] = {}  # by run
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._look = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Returns at once. A database that can't be reached is tried again."""
        for work, name in ((self._seek, "followers"), (self._renew, "leases")):
            thread = threading.Thread(target=work, name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Hands the runs over to other replicas, and returns when that is done."""
        self._stop.set()
        self._look.set()
        with self._lock:
            left = list(self._followers.values())
        for follower in left:
            follower.stop.set()
        for thread in (*self._threads, *(each.thread for each in left if each.thread)):
            thread.join(_HAND_OVER_SECONDS)

    def look(self) -> None:
        """Looks for runs now: one was just started."""
        self._look.set()

    def retried(self, retried: Retried) -> None:
        """Takes over a run that a user has retried. Its own rules don't act on this attempt, and the time to start counts anew."""
        with self._lock:
            self._retried[retried.run] = retried
        self.look()

    @property
    def runs(self) -> list[str]:
        """Returns the runs that this process follows."""
        with self._lock:
            return sorted(self._followers)

    # Threads

    def _seek(self) -> None:
        store: ServerStore | None = None
        while not self._stop.is_set():
            self._look.clear()
            try:
                store = store or self._opened()
                for run in store.unfollowed(this_host(), SUBMITTING_SECONDS):
                    if self._stop.is_set() or len(self.runs) >= self._most:
                        break
                    self._take(store, run)
            except Exception as error:  # whatever the database says: it may answer again
                _log.warning("runs are not looked for: %s", error)
                store = None
            self._look.wait(LOOK_SECONDS)

    def _take(self, store: ServerStore, run: str) -> None:
        if run in self.runs:  # its thread is about to end
            return
        lease = store.lease(run, self._holder, this_host(), LEASE_SECONDS)
        if lease is None:
            return
        follower = _Follower(lease)
        follower.thread = threading.Thread(target=self._follow, args=(follower,), name=f"follow {run}", daemon=True)
        with self._lock:
            self._followers[run] = follower
        follower.thread.start()

    def _renew(self) -> None:
        store: ServerStore | None = None
        while not self._stop.wait(RENEW_SECONDS):
            with self._lock:
                held = list(self._followers.values())
            try:
                store = store or self._opened()
                for follower in held:
                    if not store.renew(follower.lease, LEASE_SECONDS):
                        follower.stop.set()
            except Exception as error:  # a lease that has expired can still be renewed unless another has taken the run
                _log.warning("leases are not renewed: %s", error)
                store = None

    def _follow(self, follower: _Follower) -> None:
        run, pause = follower.lease.run, LOOK_SECONDS
        try:
            while not follower.stop.is_set():
                try:
                    with self._lock:
                        retried = self._retried.pop(run, None)
                    return attended(self._here(follower.lease), run, follower.stop, self._told, retried)
                except Exception as error:
                    if not isinstance(error, AideatorError) and not is_of_database(error):
                        raise
                    is_away = isinstance(error, DatabaseAway) or is_of_database(error)
                    pause = LOOK_SECONDS if is_away else min(pause * 2, _LONGEST_PAUSE)
                    _log.warning("run %s is followed again in %.0f s: %s", run, pause, error)
                    follower.stop.wait(pause)
        except Exception:
            _log.exception("run %s is not followed by a mistake in AIdeator", run)
            follower.stop.wait(_LONGEST_PAUSE)
        finally:
            with contextlib.suppress(Exception):
                self._opened().give_back(follower.lease)
            with self._lock:
                self._followers.pop(run, None)

    def _opened(self) -> ServerStore:
        return ServerStore.of(self._given.again().store)

    def _here(self, lease: Lease) -> Here:
        return Here(self._given.settings, given=self._opened().under(lease))
