"""Follows every run that is at work, so that its events are stored and its rules act, whether or not anybody watches."""

import logging
import threading
from dataclasses import replace
from typing import Final

from aideator_cli.actions import attending
from aideator_cli.actions.here import Here
from aideator_cli.actions.retrying import Retried
from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.intake.request import Where
from aideator_cli.stream.following import Past

BACKENDS: Final = ("local", "kubernetes")
AGAIN_SECONDS: Final = 5.0  # until the next try, when a run can't be followed
LOOK_SECONDS: Final = 10.0  # between two looks for runs that others have started

log = logging.getLogger(__name__)


class Attendants:
    """One thread for each run at work. They end with the process, and lose nothing: each batch is stored before the next is read."""

    def __init__(self, here: Here) -> None:
        self._here = here
        self._runs: set[str] = set()
        self._lock = threading.Lock()
        self._stopped = threading.Event()

    def start(self) -> None:
        """Attends the runs at work, also those that other processes will start."""
        threading.Thread(target=self._look, name="attend", daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()

    def begin(self, run: str, retried: Retried | None = None) -> None:
        """Attends the run unless that is done already. `retried`: what a user's `retry` has started; then the run's rules don't act."""
        with self._lock:
            if run in self._runs:
                return
            self._runs.add(run)
        threading.Thread(target=self._attend, args=(run, retried), name=f"attend {run}", daemon=True).start()

    def _look(self) -> None:
        here = self._here.again()
        while not self._stopped.is_set():
            try:
                for run in [run for backend in BACKENDS for run in here.store.at_work(backend)]:
                    self.begin(run)
            except Exception as error:
                log.warning("the runs at work can't be read: %s", error)
                here = self._here.again()
            self._stopped.wait(LOOK_SECONDS)

    def _attend(self, run: str, retried: Retried | None) -> None:
        try:
            while not self._stopped.is_set() and not self._follow(run, retried):
                retried = None
                self._stopped.wait(AGAIN_SECONDS)
        finally:
            with self._lock:
                self._runs.discard(run)

    def _follow(self, run: str, retried: Retried | None) -> bool:
        """Returns whether there is nothing more to follow."""
        here = self._here.again()
        try:
            self._through(here, run, retried)
            known = here.store.run(run)
        except AideatorError as error:
            if error.code == ExitCode.NOT_FOUND:
                return True
            log.warning("run %s can't be followed: %s", run, error.message)
            return False
        except Exception:
            if _is_deleted(here, run):
                return True
            log.exception("run %s can't be followed", run)
            return False
        return self._stopped.is_set() or known is None or known.state == "ended"

    def _through(self, here: Here, run: str, retried: Retried | None) -> None:
        watched = _begun(retried) if retried else attending.watch(here, run, Where())
        nothing = replace(watched, past=Past(iter(()), watched.past.upto))
        with attending.course(here, nothing) as batches:
            for _ in batches:
                if self._stopped.is_set():
                    return


def _begun(retried: Retried) -> attending.Watched:
    return attending.Watched(retried.spec, retried.past, retried.backend)


def _is_deleted(here: Here, run: str) -> bool:
    try:
        return here.store.run(run) is None
    except Exception:  # then the store is the reason
        return False
