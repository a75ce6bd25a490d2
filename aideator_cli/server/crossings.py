"""The referees that this process watches: each run's, with its tests of the others, in a thread of its own.

The store keeps a referee until its outcome is there, and whoever asks next goes on with it. So nothing is lost with this process, and
several replicas may watch one referee.
"""

import logging
import threading
from dataclasses import dataclass, field
from http import HTTPStatus
from time import monotonic
from typing import Any, Final, Literal

from aideator_cli.actions.crossing.refereeing import cross_test
from aideator_cli.actions.crossing.told import Announced, Doing, Failed
from aideator_cli.actions.here import Here
from aideator_cli.errors import unavailable
from aideator_cli.server.naming import the_run
from aideator_cli.server.problems import Problem

AT_ONCE: Final = 8
OF_ONE: Final = 4  # of one user
KEPT_SECONDS: Final = 60.0  # for which it is told how one has ended; then, or after a retry, another begins

_log: Final = logging.getLogger(__name__)


@dataclass
class Work:
    """One run's, and how it stands."""

    run: str
    user: str | None
    attempts: tuple[str, ...]  # the run's, when it began
    state: Literal["working", "ended", "failed"] = "working"
    announced: Announced | None = None
    text: str | None = None
    ended: float | None = None  # seconds of `monotonic`
    told: threading.Event = field(default_factory=threading.Event)  # set once there is something to tell

    def as_json(self) -> dict[str, Any]:
        what = self.announced
        return {
            "kind": "cross_tests", "run": self.run, "state": self.state, "authors": list(what.authors) if what else [],
            "patches": list(what.patches) if what else [], "about": what and what.about, "most": what and what.most,
            "resumed": what is not None and what.resumed, "text": self.text,
        }  # fmt: skip


class Crossings:
    def __init__(self, here: Here) -> None:
        self._given = here
        self._works: dict[str, Work] = {}  # by run
        self._lock = threading.Lock()

    def at(self, run: str, user: str | None, attempts: tuple[str, ...]) -> Work:
        """Returns the run's, which begins if there is none, or one that has ended with other attempts than these, which are the run's.

        Raises `Problem` (429) or `AideatorError` if too many are at work.
        """
        with self._lock:
            known = {id_: work for id_, work in self._works.items() if not _is_old(work)}
            self._works = known
            if run in known and (known[run].state == "working" or known[run].attempts == attempts):
                return known[run]
            busy = [work for work in known.values() if work.state == "working"]
            if user is not None and sum(work.user == user for work in busy) >= OF_ONE:
                text = f"this server runs the tests of the others for {OF_ONE} runs of one user at once"
                raise Problem(HTTPStatus.TOO_MANY_REQUESTS, text, "try again when one of them has ended")
            if len(busy) >= AT_ONCE:
                raise unavailable("the server runs the tests of the others for too many runs", "try again in a minute")
            work = known[run] = Work(run, user, attempts)
        threading.Thread(target=self._watch, args=(work,), name=f"cross {run}", daemon=True).start()
        return work

    def _watch(self, work: Work) -> None:
        try:
            here = self._given.again()
            for told in cross_test(here, the_run(here, work.run)):
                if isinstance(told, Announced):
                    work.announced = told
                elif isinstance(told, Doing):
                    work.text = told.text
                elif isinstance(told, Failed):
                    _end(work, "failed", told.why)
                work.told.set()
            if work.state == "working":
                _end(work, "ended", None)
        except Exception as error:  # whoever asks would wait for a thread that is no more
            _log.warning("the tests of the others of run %s end: %s", work.run, error)
            _end(work, "failed", str(error) or type(error).__name__)
        finally:
            work.told.set()


def _end(work: Work, state: Literal["ended", "failed"], text: str | None) -> None:
    work.text, work.ended, work.state = text, monotonic(), state


def _is_old(work: Work) -> bool:
    return work.ended is not None and monotonic() > work.ended + KEPT_SECONDS
