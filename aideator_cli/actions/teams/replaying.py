"""A team as it was: the stored items of all its steps as one stream, with what was handed on between them."""

import heapq
from collections.abc import Iterator
from itertools import chain
from operator import itemgetter

from aideator_agent.spec import RunSpec
from aideator_agent.values import frozen
from aideator_cli.actions.here import Here
from aideator_cli.actions.teams.attending import Attended, whole
from aideator_cli.actions.teams.knowing import course_of
from aideator_cli.domain.events import HANDED, Event, Item, Observation
from aideator_cli.domain.runs import StoredRun
from aideator_cli.domain.teams import TeamRun, first_run
from aideator_cli.errors import command, not_found
from aideator_cli.stream.following import Batches, stored

_Timed = tuple[str, Item]  # time: RFC 3339, UTC


@frozen
class StoredTeam:
    run: TeamRun
    spec: RunSpec  # stands for the whole team, with the agents of its first step
    numbered: bool = True  # whether items have the numbers of the whole team; else those of their runs

    def batches(self, here: Here) -> Batches:
        """Yields the items in the order of their times."""
        course, attended = course_of(here, self.run), Attended(here, self.run, self.spec, self.numbered)
        streams: list[Iterator[_Timed]] = []
        for step in here.store.steps(self.run.id):
            run = here.store.run(step.run)
            if run is None:
                continue
            joined = attended.join(run)
            begins = Observation(self.run.id, step.begun, HANDED, f"→ {step.key}")
            told = course.told.get(step.key)
            end = run.ended or step.begun
            ends = [(end, Observation(self.run.id, end, HANDED, f"{step.key}: {told.text}"))] if told else []
            first: list[_Timed] = [(step.begun, begins), *([(step.begun, joined)] if joined else [])]
            streams.append(chain(first, _timed(step.begun, _items(here, run, attended)), ends))
        for _, item in heapq.merge(*streams, key=itemgetter(0)):
            yield [item]


def _items(here: Here, run: StoredRun, attended: Attended) -> Iterator[Item]:
    for batch in stored(here.store, run.spec):
        for item in batch:
            yield attended.renumbered(run.spec.id, item) if attended.numbered else item


def find_stored_team(here: Here, run: TeamRun, *, numbered: bool = True) -> StoredTeam:
    """Raises `AideatorError` (not found) if nothing of it is stored."""
    first = here.store.run(first_run(run.id))
    if first is None:
        raise not_found(f"nothing is stored for team {run.id}", hint=command("show", run.id))
    return StoredTeam(run, whole(run, first.spec), numbered)


def _timed(begun: str, items: Iterator[Item]) -> Iterator[_Timed]:
    """Gives an item without a time that of the one before it."""
    time = begun
    for item in items:
        if isinstance(item, Event | Observation) and item.time:
            time = max(time, item.time)
        yield time, item
