"""Everything known about one run, or about one variation of it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aideator_agent.values import frozen
from aideator_cli.actions.finding import Named, find
from aideator_cli.actions.here import Here
from aideator_cli.actions.refreshing import refresh
from aideator_cli.actions.works import with_work
from aideator_cli.domain.events import Observation
from aideator_cli.domain.result import Result
from aideator_cli.domain.runs import Selection

if TYPE_CHECKING:
    from aideator_cli.domain.judgements import Round


@frozen
class Shown:
    """`results` and `observations` cover the named variations; `observations` also has those of the run."""

    named: Named
    results: list[Result]
    observations: list[Observation]
    selection: Selection | None
    judged: "Round | None"  # the newest round of the whole run


def show(here: Here, word: str) -> Shown:
    return shown(here, refresh(here, find(here, word)))


def shown(here: Here, named: Named) -> Shown:
    """Returns what is stored, and asks no backend."""
    run = named.run.spec.id
    every = here.store.results(run)
    if named.run.spec.answer:
        every = with_work(here.store, run, every)
    return Shown(
        named,
        [result for result in every if result.variation in named.numbers],
        [o for o in here.store.observations(run) if o.variation is None or o.variation in named.numbers],
        here.store.selection(run),
        _judged(here, run, every),
    )


def _judged(here: Here, run: str, results: Sequence[Result]) -> "Round | None":
    answers = here.store.judgements(run)
    if not answers:
        return None
    from aideator_cli.domain.judgements import newest

    return newest(answers, results)
