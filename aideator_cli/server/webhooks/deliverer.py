"""The threads that find what is to be told, and send it. Replicas share the work: the store gives each message to one of them."""

import logging
import queue
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from aideator_cli.actions.here import Here
from aideator_cli.actions.webhooks.book import EVERYBODY
from aideator_cli.actions.webhooks.events import message
from aideator_cli.actions.webhooks.sending import Outcome, send
from aideator_cli.domain.delivery import Delivery, Webhook
from aideator_cli.domain.events import Closed, Ended, Item, Opened
from aideator_cli.errors import AideatorError
from aideator_cli.server.webhooks.messages import happenings
from aideator_cli.store.away import is_of_database
from aideator_cli.store.serving import ServerStore
from aideator_cli.system.clock import now, shifted

LOOK_SECONDS: Final = 2.0  # between two looks for messages that are due
SWEEP_SECONDS: Final = 60.0  # between two looks for what nobody has told of, because a process died
PAST_SECONDS: Final = 900.0  # how far back that goes
LEASE_SECONDS: Final = 120.0  # a replica that took a message and died leaves it to others then
KEPT_SECONDS: Final = 7 * 86400.0  # for which messages that were delivered or given up are kept
# What is older may have been told, and that been forgotten; an hour is for clocks that differ
TOLD_SECONDS: Final = KEPT_SECONDS - 3600.0
AT_ONCE: Final = 8  # messages on their way
OF_ONE: Final = 2  # of these for the same webhook

_log = logging.getLogger(__name__)


class Deliverer:
    """`told` is called by followers' threads."""

    def __init__(self, here: Here) -> None:
        self._given = here
        self._runs: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._due = threading.Event()
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhook")
        self._under_way: dict[Future[Outcome], Delivery] = {}
        self._threads: list[threading.Thread] = []
        self._selected: set[tuple[str, str]] = set()  # runs whose selection is told, with its time

    def start(self) -> None:
        for work, name in ((self._find, "webhooks"), (self._deliver, "deliveries")):
            thread = threading.Thread(target=work, name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """What is on its way is finished, or taken up by another replica."""
        self._stop.set()
        self._runs.put(None)
        self._due.set()
        for thread in self._threads:
            thread.join(LOOK_SECONDS)
        self._pool.shutdown(wait=False, cancel_futures=True)

    def told(self, run: str, items: list[Item]) -> None:
        if not items or any(isinstance(item, Opened | Closed | Ended) for item in items):
            self._runs.put(run)

    def look(self) -> None:
        """Looks for messages that are due now: one was just made so."""
        self._due.set()

    # Threads

    def _find(self) -> None:
        store: ServerStore | None = None
        swept = 0.0
        while not self._stop.is_set():
            run = self._next()
            try:
                store = store or self._opened()
                if run is not None:
                    self._queue(store, run)
                self._queue_selected(store)
                if time.monotonic() - swept > SWEEP_SECONDS:
                    swept = time.monotonic()
                    store.forget_deliveries(KEPT_SECONDS)
                    store.forget_uploads()
                    for each in store.lately_at_work(PAST_SECONDS):
                        self._queue(store, each)
            except Exception as error:
                if _may_go_on(error):
                    _log.warning("webhooks are not told: %s", error)
                    store = None
                    if run is not None:
                        self._runs.put(run)
                    self._stop.wait(LOOK_SECONDS)
                    continue
                _log.exception("webhooks are not told of run %s by a mistake in AIdeator", run)

    def _queue_selected(self, store: ServerStore) -> None:
        """Anybody selects: the command line, another replica."""
        found = set(store.lately_selected(PAST_SECONDS))
        for run in {run for run, _ in found - self._selected}:
            self._queue(store, run)
        self._selected = found

    def _next(self) -> str | None:
        try:
            return self._runs.get(timeout=LOOK_SECONDS)
        except queue.Empty:
            return None

    def _queue(self, store: ServerStore, run: str) -> None:
        """Queues what is new for everybody who wants to know. What was queued before stays as it is."""
        hooks = store.webhooks(telling=True)
        known = store.run(run) if hooks else None
        if known is None:
            return
        wanting = [hook for hook in hooks if hook.owner in (EVERYBODY, known.owner)]
        new, oldest = False, shifted(now(), -TOLD_SECONDS)
        for told in happenings(Here(self._given.settings, given=store), run) if wanting else ():
            for hook in wanting:
                if told.time >= max(hook.created, oldest) and told.kind in (hook.kinds or (told.kind,)):
                    new |= store.queue_delivery(message(hook, told))
        if new:
            self._due.set()

    def _deliver(self) -> None:
        store: ServerStore | None = None
        while not self._stop.is_set():
            self._due.clear()
            try:
                store = store or self._opened()
                self._settle(store)
                self._begin(store)
            except Exception as error:
                if _may_go_on(error):
                    _log.warning("messages are not delivered: %s", error)
                    store = None
                elif not self._stop.is_set():
                    _log.exception("messages are not delivered by a mistake in AIdeator")
            self._due.wait(LOOK_SECONDS)

    def _begin(self, store: ServerStore) -> None:
        """Sends what is due. A receiver that is slow holds up nobody else."""
        hooks = {hook.id: hook for hook in store.webhooks()}
        free = AT_ONCE - len(self._under_way)
        busy = {each.webhook for each in self._under_way.values()}
        for each in store.take_deliveries(free, LEASE_SECONDS, OF_ONE, busy) if hooks and free else ():
            if each.webhook in hooks:
                sending = self._pool.submit(_sent, hooks[each.webhook], each)
                self._under_way[sending] = each
                sending.add_done_callback(lambda _: self._due.set())

    def _settle(self, store: ServerStore) -> None:
        """Stores what became of those that were sent."""
        for sending in [each for each in self._under_way if each.done()]:
            each, outcome = self._under_way[sending], sending.result()
            if outcome.accepted:
                store.delivered(each.id)
            else:
                store.delivery_failed(each.id, outcome.error or "", outcome.again)
            del self._under_way[sending]
            if not outcome.accepted and outcome.again is None:
                _log.warning(
                    "webhook %s does not get %s of run %s: %s", each.webhook, each.kind, each.run, outcome.error
                )

    def _opened(self) -> ServerStore:
        return ServerStore.of(self._given.again().store)


def _sent(hook: Webhook, message: Delivery) -> Outcome:
    """A message that can't even be tried is given up. It must not hold up the others."""
    try:
        return send(hook, message)
    except Exception:
        _log.exception("webhook %s does not get %s by a mistake in AIdeator", hook.id, message.id)
        return Outcome(accepted=False, error="a mistake in AIdeator, which the server's log has")


def _may_go_on(error: Exception) -> bool:
    """Whether the same may be tried again later: the database is away."""
    return isinstance(error, AideatorError) or is_of_database(error)
