"""A run's comparison out of the store, and the best of it."""

from dataclasses import replace

from aideator_agent.spec import RunSpec
from aideator_cli.choice.comparison import Comparison, candidates, compare
from aideator_cli.choice.ranking import Candidate
from aideator_cli.choice.reasons import obstacle, obstacles
from aideator_cli.choice.verdicts import check_names
from aideator_cli.clock import now
from aideator_cli.errors import AideatorError, ExitCode, usage
from aideator_cli.figures import plural
from aideator_cli.invocation import command
from aideator_cli.judging import judgements
from aideator_cli.result import Result, exit_code, fold
from aideator_cli.store import Selection, Store, StoredRun

OBSTACLES_TOLD = 5


def compare_run(run: StoredRun, store: Store) -> Comparison:
    spec = run.spec
    results = _with_patches(store, spec.id)
    judged = judgements.newest(store.judgements(spec.id), results)
    return compare(results, [check.name for check in spec.checks], judged.places if judged else {})


def choose_best(run: StoredRun, store: Store) -> Selection:
    """The first by the rule, its reason as the note; it is not stored yet.

    Raises `AideatorError`: agents are still at work, or none succeeded (exit code as the run's own: 7 when only checks stood in the way).
    """
    comparison = compare_run(run, store)
    if comparison.running:
        raise _unfinished(run.spec.id, len(comparison.running))
    best = comparison.best
    if best is None or best.result.attempt is None:
        raise _none(run.spec.id, comparison)
    return Selection(best.number, best.result.attempt, now(), comparison.reason)


def misgiving(spec: RunSpec, result: Result) -> str | None:
    """What speaks against taking this patch, as it is told whoever takes it all the same; None: nothing."""
    (candidate,) = candidates([result], check_names([check.name for check in spec.checks], [result]))
    return None if candidate.passes else f"{spec.id}/{result.variation} {obstacle(candidate)}"


def _unfinished(run: str, count: int) -> AideatorError:
    still = "is still at work" if count == 1 else "are still at work"
    return usage(
        f"{plural(count, 'variation')} of {run} {still}: the best is known when all have ended",
        hint=f"{command('wait', run)}, or {command('select', run)} N",
    )


def _none(run: str, comparison: Comparison) -> AideatorError:
    suspects_first = sorted(comparison.order, key=lambda each: not each.suspected)
    told = obstacles(suspects_first)
    left = len(told) - OBSTACLES_TOLD
    what = "passes its checks" if any(_checked(each) for each in comparison.order) else "succeeded"
    return AideatorError(
        f"no variation of {run} {what}: {'; '.join(told[:OBSTACLES_TOLD])}{f'; and {left} more' if left > 0 else ''}",
        hint=f"{command('compare', run)}, or {command('select', run)} N to take one all the same",
        code=exit_code([each.result for each in comparison.order]) or ExitCode.CHECKS_FAILED,
    )


def _checked(candidate: Candidate) -> bool:
    return bool(candidate.verdicts)


def _with_patches(store: Store, run: str) -> list[Result]:
    """Each variation's last known result, with the patch of the attempt that it is of."""
    attempts = {known.attempt.id: known.attempt for known in store.attempts(run)}
    results = []
    for result in store.results(run):
        attempt = attempts.get(result.attempt or "")
        events = store.events(attempt, ("patch",)) if attempt and result.patch_sha256 else ()
        results.append(replace(result, patch=fold(events, Result(result.variation, result.model)).patch))
    return results
