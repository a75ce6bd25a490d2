"""Collects the data of a report on a run."""

from collections.abc import Iterable, Mapping, Sequence

from aideator_agent.values import frozen
from aideator_cli.actions.comparing import Compared, compare_run
from aideator_cli.actions.here import Here
from aideator_cli.domain.events import Event
from aideator_cli.domain.handing import Message, TeamState
from aideator_cli.domain.runs import StoredRun
from aideator_cli.system.clock import now


@frozen
class Reported:
    compared: Compared
    courses: Mapping[int, Iterable[Event]]  # events of the attempt behind each variation's result; readable once
    attempts: Mapping[int, int]  # the number for each variation
    made: str  # RFC 3339, UTC
    team: TeamState | None = None  # whose result the run has; None: it is a run by itself
    talk: Sequence[Message] = ()  # of the team


def report(
    here: Here, run: StoredRun, types: Sequence[str], team: TeamState | None = None, talk: Sequence[Message] = ()
) -> Reported:
    """`types`: the types of events that `courses` contains. `team`: whose steps are told, too, with their `talk`."""
    compared = compare_run(here, run)
    results = [each.result for each in compared.comparison.order]
    attempts = here.store.attempts(run.spec.id)
    of_result = {result.attempt: result.variation for result in results}
    courses = {
        of_result[each.attempt.id]: here.store.events(each.attempt, tuple(types))
        for each in attempts
        if each.attempt.id in of_result
    }
    counts = {result.variation: sum(a.attempt.variation == result.variation for a in attempts) for result in results}
    return Reported(compared, courses, counts, now(), team, talk)
