"""Selects one of a run's variations: by name, or the best by the rule of `compare`."""

from aideator_agent.spec import RunSpec
from aideator_agent.values import frozen
from aideator_cli.actions.comparing import comparison_of
from aideator_cli.actions.finding import Named
from aideator_cli.actions.here import Here
from aideator_cli.actions.places import server_of
from aideator_cli.choice.comparison import Comparison, candidates
from aideator_cli.choice.reasons import obstacle, obstacles
from aideator_cli.choice.status import status
from aideator_cli.choice.verdicts import check_names
from aideator_cli.domain.result import Result, exit_code
from aideator_cli.domain.runs import Selection, StoredRun
from aideator_cli.errors import AideatorError, ExitCode, command, usage
from aideator_cli.store import Store
from aideator_cli.stream.recording import last_result
from aideator_cli.system.clock import now
from aideator_cli.text.figures import plural

OBSTACLES_TOLD = 5


@frozen
class Selected:
    run: str
    selection: Selection
    misgiving: str | None = None  # a reason against it
    is_answer: bool = False  # it is an answer, which nobody can apply


def select(here: Here, named: Named, note: str | None = None) -> Selected:
    """Selects the named variation. Raises `AideatorError` (usage) if it has no patch and no answer."""
    spec = named.run.spec
    result = last_result(here.store, spec, named.numbers[0])
    selection = selection_of(spec, result, note)
    if server := server_of(named.run, here.settings):
        selection = server.select(spec.id, result.variation, note)
    here.store.select(spec.id, selection)
    return Selected(spec.id, selection, misgiving(spec, result), spec.answer)


def select_best(here: Here, run: StoredRun) -> Selected:
    """Selects the best by the rule, with the rule's reason as the note. Raises the same errors as `choose_best`."""
    server = server_of(run, here.settings)
    selection = server.select(run.spec.id, None, None) if server else choose_best(run, here.store)
    here.store.select(run.spec.id, selection)
    return Selected(run.spec.id, selection, is_answer=run.spec.answer)


def named_or_selected(here: Here, named: Named) -> Result | None:
    """Returns the result, with its patch, of the named variation, else of the selected attempt. None if there is neither."""
    spec, selection = named.run.spec, here.store.selection(named.run.spec.id)
    if named.variation is not None:
        return last_result(here.store, spec, named.variation)
    return last_result(here.store, spec, selection.variation, selection.attempt) if selection else None


def selection_of(spec: RunSpec, result: Result, note: str | None) -> Selection:
    """Makes a selection from a result with its patch or answer; does not store it. Raises `AideatorError` (usage) if there is none."""
    if not (result.patch or result.answer) or result.attempt is None:
        name, what = f"{spec.id}/{result.variation}", "answer" if spec.answer else "patch"
        raise usage(f"{name} can't be selected: it has no {what} ({status(result)})", hint=command("show", spec.id))
    return Selection(result.variation, result.attempt, now(), note)


def choose_best(run: StoredRun, store: Store) -> Selection:
    """Chooses the best by the rule; does not store it.

    Raises `AideatorError` if agents are still working, or none succeeded. The exit code is then the run's own: 7 if only checks failed.
    """
    comparison = comparison_of(run, store)
    if comparison.running:
        raise _unfinished(run.spec.id, len(comparison.running))
    best = comparison.best
    if best is None or best.result.attempt is None:
        raise _none(run.spec.id, comparison)
    return Selection(best.number, best.result.attempt, now(), comparison.reason)


def misgiving(spec: RunSpec, result: Result) -> str | None:
    """Returns the warning for a user who takes this patch anyway, or None if there is nothing against it."""
    (candidate,) = candidates([result], check_names([check.name for check in spec.checks], [result]))
    return None if candidate.passes else f"{spec.id}/{result.variation} {obstacle(candidate)}"


def _unfinished(run: str, count: int) -> AideatorError:
    still = "is still at work" if count == 1 else "are still at work"
    return usage(
        f"{plural(count, 'variation')} of {run} {still}; --auto waits for all to end",
        hint=(command("wait", run), ", or ", command("select", run), " N"),
    )


def _none(run: str, comparison: Comparison) -> AideatorError:
    suspects_first = sorted(comparison.order, key=lambda each: not each.suspected)
    told = obstacles(suspects_first)
    left = len(told) - OBSTACLES_TOLD
    what = "passes its checks" if any(each.verdicts for each in comparison.order) else "succeeded"
    takeable = any(each.has_work for each in comparison.order)
    anyway = (command("select", run), " N to select one anyway") if takeable else (command("logs", run),)
    return AideatorError(
        f"no variation of {run} {what}: {'; '.join(told[:OBSTACLES_TOLD])}{f'; and {left} more' if left > 0 else ''}",
        hint=(command("compare", run), ", or ", *anyway),
        code=exit_code([each.result for each in comparison.order]) or ExitCode.CHECKS_FAILED,
    )
