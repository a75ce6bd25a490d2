"""How far teams are, for all who ask this process. A team's course is gone through again only when a step has begun or ended."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from aideator_cli.actions.here import Here
from aideator_cli.actions.teams import knowing
from aideator_cli.actions.teams.joining import Joiner
from aideator_cli.actions.teams.talking import Talk
from aideator_cli.domain.handing import Message, TeamState, Told
from aideator_cli.domain.ids import is_id
from aideator_cli.domain.teams import TeamRun
from aideator_cli.server.access import no_team

KEPT: Final = 50  # teams

Marks = tuple[Any, ...]  # what has to change for another course


@dataclass
class Look:
    """One team. Several threads may ask at once."""

    _joiner: Joiner = field(default_factory=Joiner)
    _talk: Talk = field(default_factory=Talk)
    _marks: Marks = ()
    _told: Mapping[str, Told] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def state(self, here: Here, run: TeamRun) -> TeamState:
        with self._lock:
            marks = _marks(here, run)
            if marks != self._marks:
                self._told = knowing.course_of(here, run, self._joiner).told
                self._marks = marks
            return knowing.state_told(here, run, self._told)

    def talk(self, here: Here, run: TeamRun) -> tuple[TeamState, list[Message]]:
        state = self.state(here, run)
        with self._lock:
            return state, self._talk.of(here, state)


class Looks:
    """Those of this process. The teams that nobody has asked for longest are forgotten."""

    def __init__(self) -> None:
        self._looks: OrderedDict[str, Look] = OrderedDict()
        self._lock = threading.Lock()

    def at(self, team: str) -> Look:
        with self._lock:
            look = self._looks.setdefault(team, Look())
            self._looks.move_to_end(team)
            if len(self._looks) > KEPT:
                self._looks.popitem(last=False)
            return look


def the_team(here: Here, team: str) -> TeamRun:
    """Raises `AideatorError` (not found). Only whole ids count."""
    found = here.store.team(team) if is_id(team) else None
    if found is None:
        raise no_team(team)
    return found


def signs_of_life(here: Here, team: str) -> Marks | None:
    """Returns what changes whenever something has happened in the team, for little work. None: it was deleted."""
    run = here.store.team(team)
    if run is None:
        return None
    return (_marks(here, run), tuple(here.store.span(step.run) for step in here.store.steps(team)))


def _marks(here: Here, run: TeamRun) -> Marks:
    marks = []
    for step in here.store.steps(run.id):
        stored, selection = here.store.run(step.run), here.store.selection(step.run)
        marks.append((step.key, stored and stored.state, selection))
    return (run, tuple(marks))
