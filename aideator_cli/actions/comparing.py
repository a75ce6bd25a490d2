"""Compares a run's variations; the best comes first."""

from aideator_agent.values import frozen
from aideator_cli.actions.here import Here
from aideator_cli.actions.works import with_work
from aideator_cli.choice.comparison import Comparison, compare
from aideator_cli.domain import judgements
from aideator_cli.domain.judgements import Round
from aideator_cli.domain.runs import Selection, StoredRun
from aideator_cli.store import Store


@frozen
class Compared:
    run: StoredRun
    comparison: Comparison
    selection: Selection | None
    judged: Round | None  # the newest round that still counts


def compare_run(here: Here, run: StoredRun) -> Compared:
    comparison = comparison_of(run, here.store)
    results = [each.result for each in comparison.order]
    judged = judgements.newest(here.store.judgements(run.spec.id), results)
    return Compared(run, comparison, here.store.selection(run.spec.id), judged)


def comparison_of(run: StoredRun, store: Store) -> Comparison:
    spec = run.spec
    results = with_work(store, spec.id, store.results(spec.id))
    judged = judgements.newest(store.judgements(spec.id), results)
    names = [check.name for check in spec.checks]
    places, accused = (judged.places, judged.accused) if judged else ({}, {})
    return compare(results, names, places, store.crossing(spec.id), accused)
