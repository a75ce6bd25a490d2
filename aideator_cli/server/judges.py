"""The judges that work in this process, each in a thread of its own. The database keeps how they stand, so that any replica can tell.

A run has one judge at a time. If its process is killed, the judge is told to be lost once its time has run out, and another may begin:
nothing begins one by itself, because the answers are paid for.
"""

import logging
import threading
import uuid
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, field
from http import HTTPStatus
from time import monotonic
from typing import Any, Final

from aideator_cli.actions.here import Here
from aideator_cli.actions.judged import Judge
from aideator_cli.actions.judging import judge
from aideator_cli.domain.asked_judges import AskedJudge
from aideator_cli.errors import AideatorError, unavailable
from aideator_cli.server import bodies, keys
from aideator_cli.server.access import Caller
from aideator_cli.server.judged import AGAIN, problem, said
from aideator_cli.server.naming import the_run
from aideator_cli.server.problems import Problem
from aideator_cli.store.serving import ServerStore
from aideator_cli.system.clock import now

AT_ONCE: Final = 8
OF_ONE: Final = 4  # of one user
LEASE_SECONDS: Final = 15.0
RENEW_SECONDS: Final = 4.0
_END_SECONDS: Final = 5.0

_log: Final = logging.getLogger(__name__)


@dataclass
class _Work:
    asked: AskedJudge
    caller: Caller
    begun: "Future[None]" = field(default_factory=Future)  # set when it is known what will be asked
    stop: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None


class Judges:
    def __init__(self, here: Here) -> None:
        self._given = here
        self._works: dict[str, _Work] = {}  # by the judge's id
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._renewing = threading.Thread(target=self._renew, name="judges' leases", daemon=True)

    def start(self) -> None:
        self._renewing.start()

    def stop(self) -> None:
        """Ends them. What they were answered is stored."""
        self._stop.set()
        with self._lock:
            works = list(self._works.values())
        for work in works:
            work.stop.set()
        end = monotonic() + _END_SECONDS
        for work in works:
            if work.thread is not None:
                work.thread.join(max(0.0, end - monotonic()))
        try:
            for work in works:
                self._tell_end(self._opened(), work, AideatorError("the server was stopped", hint=AGAIN))
        except Exception as error:  # they are told to be lost; what else works here is still to be stopped
            _log.warning("judges end untold: %s", error)

    def begin(self, here: Here, caller: Caller, run: str, body: bodies.Judging) -> None:
        """Returns when it is known what the judge is asked, or that it need not be. The same again, while it works, begins nothing.

        Raises `Problem` if another judge works, and `AideatorError` if this one can't.
        """
        store, asked = ServerStore.of(here.store), {"model": body.model, "max_pairs": body.max_pairs}
        the_run(here, run)
        if _is_at_work(store, run, asked, caller):
            return
        work = _Work(AskedJudge(uuid.uuid4().hex, run, caller.name, asked, "working", {}, now(), None), caller)
        self._admit(work)
        try:
            is_ours = store.begin_judge(work.asked, LEASE_SECONDS)
            if is_ours:
                thread = threading.Thread(target=self._judge, args=(work,), name=f"judge {run}", daemon=True)
                thread.start()
                work.thread = thread
        except BaseException:
            self._leave(work)
            raise
        if not is_ours:
            self._leave(work)
            if _is_at_work(store, run, asked, caller):
                return
            raise unavailable(f"another judge of run {run} has just begun or ended", hint="try again")
        work.begun.result()

    def _admit(self, work: _Work) -> None:
        with self._lock:
            own = sum(each.caller.name == work.caller.name for each in self._works.values())
            if work.caller.name is not None and own >= OF_ONE:
                text = f"{own} judges of yours are at work, and this server lets no more of one user work at once"
                raise Problem(HTTPStatus.TOO_MANY_REQUESTS, text, "try again when one of them has ended")
            if len(self._works) >= AT_ONCE or self._stop.is_set():
                raise unavailable("the server has too many judges at work", hint="try again in a minute")
            self._works[work.asked.id] = work

    def _leave(self, work: _Work) -> None:
        with self._lock:
            self._works.pop(work.asked.id, None)

    # Threads

    def _judge(self, work: _Work) -> None:
        try:
            here = self._given.again()
            store = ServerStore.of(here.store)
            try:
                self._carry_out(here, store, work)
            except AideatorError as error:
                self._end(store, work, error)
            except Exception as error:
                _log.exception("the judge of run %s failed by a mistake in AIdeator", work.asked.run)
                self._end(store, work, AideatorError(f"AIdeator itself failed: {type(error).__name__}: {error}"))
        except Exception as error:  # the database does not answer: the judge is told to be lost
            _log.warning("the judge of run %s ends untold: %s", work.asked.run, error)
            if not work.begun.done():
                work.begun.set_exception(error)
        finally:
            self._leave(work)

    def _carry_out(self, here: Here, store: ServerStore, work: _Work) -> None:
        run, asked = work.asked.run, work.asked
        by = Judge(asked.asked["model"], None, asked.asked["max_pairs"])
        with closing(judge(keys.here_of(here, work.caller), the_run(here, run), by, work.stop)) as saying:
            for known in said(saying, run):
                asked.told.update(known)
                store.note_judge(run, asked.id, asked.told)
                if "pairs" in known:
                    work.begun.set_result(None)
        if not work.stop.is_set():
            store.end_judge(run, asked.id, "ended")
        if not work.begun.done():  # there was nothing to ask
            work.begun.set_result(None)

    def _end(self, store: ServerStore, work: _Work, error: AideatorError) -> None:
        if not work.begun.done():
            store.forget_judge(work.asked.run, work.asked.id)
            work.begun.set_exception(error)
            return
        self._tell_end(store, work, error)

    def _tell_end(self, store: ServerStore, work: _Work, error: AideatorError) -> None:
        run = work.asked.run
        store.end_judge(run, work.asked.id, "failed", {**work.asked.told, "problem": problem(run, error)})

    def _renew(self) -> None:
        store: ServerStore | None = None
        while not self._stop.wait(RENEW_SECONDS):
            try:
                store = store or self._opened()
                self._renew_all(store)
            except Exception as error:  # it may answer again before the time has run out
                _log.warning("the time of judges is not renewed: %s", error)
                store = None

    def _renew_all(self, store: ServerStore) -> None:
        with self._lock:  # one that is not stored yet is not one that was stopped
            works = [each for each in self._works.values() if each.thread is not None]
        for work in works:
            if not store.renew_judge(work.asked.run, work.asked.id, LEASE_SECONDS):
                work.stop.set()

    def _opened(self) -> ServerStore:
        return ServerStore.of(self._given.again().store)


def _is_at_work(store: ServerStore, run: str, asked: dict[str, Any], caller: Caller) -> bool:
    """Returns whether this judge is at work already. Raises `Problem` if another one is."""
    known = store.judge(run)
    if known is None or known.state != "working":
        return False
    if (known.asked, known.owner) == (asked, caller.name):
        return True
    text = f"a judge of run {run} is at work, which was asked for something else"
    raise Problem(HTTPStatus.CONFLICT, text, f"GET /api/v1/runs/{run}/judge says how it stands; DELETE stops it")
