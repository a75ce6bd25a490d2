"""Moves on the teams that nobody watches. Their runs are followed as any others: this begins a step when those before it have ended."""

import logging
import threading
from collections.abc import Callable
from typing import Final

from aideator_cli.actions.here import Here
from aideator_cli.actions.teams.holding import gone
from aideator_cli.actions.teams.moving import Mover
from aideator_cli.actions.teams.walking import Course
from aideator_cli.domain.teams import first_run
from aideator_cli.errors import AideatorError
from aideator_cli.store import DatabaseAway, Store
from aideator_cli.store.away import is_of_database
from aideator_cli.system.host import this_host

LOOK_SECONDS: Final = 2.0  # between two looks for teams that nobody moves on
PAUSE_SECONDS: Final = 30.0  # after a step that could not be begun
_HAND_OVER_SECONDS: Final = 10.0

_log = logging.getLogger(__name__)


class TeamMovers:
    """Those of this process. `stop` hands the teams over: another replica may take them at once."""

    def __init__(self, given: Here, begun: Callable[[], object] = lambda: None) -> None:
        """`begun` is called when a step has begun, so that its run is followed at once."""
        self._given = given
        self._begun = begun
        self._stop = threading.Event()
        self._movers: dict[str, tuple[Mover, threading.Thread]] = {}
        self._lock = threading.Lock()

    def start(self) -> None:
        threading.Thread(target=self._seek, name="teams", daemon=True).start()

    def stop(self) -> None:
        self._stop.set()
        with self._lock:
            left = list(self._movers.values())
        for mover, _ in left:
            mover.stop.set()
        for _, thread in left:
            thread.join(_HAND_OVER_SECONDS)

    def _seek(self) -> None:
        store: Store | None = None
        while not self._stop.is_set():
            try:
                store = store or self._given.again().store
                for team in store.teams(state="running"):
                    if team.server is None and team.id not in self._movers and _is_ours(store, team.id):
                        self._begin(team.id)
            except Exception as error:  # whatever the database says: it may answer again
                _log.warning("teams are not looked for: %s", error)
                store = None
            self._stop.wait(LOOK_SECONDS)

    def _begin(self, team: str) -> None:
        mover = Mover(self._given.again(), team, follows=False, patient=False)
        thread = threading.Thread(target=self._move, args=(mover,), name=f"team {team}", daemon=True)
        with self._lock:
            self._movers[team] = mover, thread
        thread.start()

    def _noting(self) -> Callable[[Course], None]:
        """Returns what tells when there are steps at work that it has not seen."""
        seen: set[str] = set()

        def changed(course: Course) -> None:
            working = {each.run.spec.id for each in course.working}
            if not working <= seen:
                seen.update(working)
                self._begun()

        return changed

    def _move(self, mover: Mover) -> None:
        try:
            mover.move(self._noting())
        except Exception as error:
            is_away = isinstance(error, DatabaseAway) or is_of_database(error)
            pause = LOOK_SECONDS if is_away else PAUSE_SECONDS
            if is_away or isinstance(error, AideatorError):
                _log.warning("team %s is moved on again in %.0f s: %s", mover.team, pause, error)
            else:
                _log.exception("team %s is not moved on by a mistake in AIdeator", mover.team)
            self._stop.wait(pause)
        finally:
            with self._lock:
                self._movers.pop(mover.team, None)


def _is_ours(store: Store, team: str) -> bool:
    """Whether this process can begin the team's steps, and no other one does."""
    run = store.run(first_run(team))
    mover = store.mover(team)
    return (mover is None or gone(mover) is not None) and (run is None or run.place.host in (None, this_host()))
