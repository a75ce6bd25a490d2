"""The screen of a run, as values for its template."""

from collections.abc import Sequence
from typing import Any, Final

from aideator_agent.told import CHARACTERS
from aideator_agent.values import frozen
from aideator_cli.actions.next_steps import next_steps
from aideator_cli.choice.comparison import Comparison
from aideator_cli.domain.result import Result
from aideator_cli.domain.runs import Selection, StoredRun
from aideator_cli.server.page import agents, listing
from aideator_cli.system.clock import seconds_between
from aideator_cli.text.figures import cost, duration

TITLE: Final = 200  # characters
NOTE: Final = 300
NEXT: Final = 2  # commands


@frozen
class Material:
    run: StoredRun
    results: Sequence[Result]
    comparison: Comparison
    selection: Selection | None
    now: str  # RFC 3339, UTC
    stale: str | None = None  # why the backend could not be asked


def values(material: Material) -> dict[str, Any]:
    run, spec, results = material.run, material.run.spec, material.results
    by_number = {result.variation: result for result in results}
    panes = [agents.pane(v, by_number[v.number], spec.limits.steps) for v in spec.variations]
    over = bool(panes) and all(pane["state"] == "ended" for pane in panes)
    passed = sum(result.succeeded for result in results)
    at_work = sum(pane["state"] == "working" for pane in panes)
    icon = ("good" if passed else "bad") if over else "live" if at_work else "idle"
    return {
        "run": about(run, results),
        "over": over,
        "good": passed > 0,
        "icon": icon,
        "sign": {"good": "✓", "bad": "✗", "live": "●", "idle": "○"}[icon],
        "told": f"{passed} of {len(panes)} passed" if over else _told(panes, at_work),
        "took": duration(_took(run, material.now)),
        "spent": spent(results),
        "most": _most(material),
        "conclusion": _conclusion(material, passed),
        "next": [step.written() for step in next_steps(spec, list(results), material.selection)[-NEXT:]],
        "panes": panes,
        "stale": material.stale,
        "most_told": CHARACTERS,
        "can_retry": any(result.fault == "infrastructure" for result in results),
    }


def about(run: StoredRun, results: Sequence[Result]) -> dict[str, Any]:
    spec = run.spec
    base = spec.repository.base or next((result.base for result in results if result.base), None)
    return {
        "id": spec.id,
        "title": listing.shortened(spec.prompt, TITLE),
        "created": spec.created,
        "repository": listing.repository(spec.repository.url, base),
        "name": run.name,
        "tags": run.tags,
        "note": listing.shortened(run.note or "", NOTE),
    }


def spent(results: Sequence[Result]) -> str:
    known = sum(result.cost for result in results if result.cost is not None)
    if all(result.cost is not None for result in results):
        return cost(known) if known else "$0"
    return f"at least {cost(known)}" if known else "$?"


def _most(material: Material) -> str:
    """What the run may cost at most."""
    each = material.run.spec.limits.cost
    return "" if each is None else cost(each * len(material.run.spec.variations))


def _took(run: StoredRun, now: str) -> float:
    try:
        return max(0.0, seconds_between(run.spec.created, run.ended or now))
    except ValueError:
        return 0.0


def _told(panes: Sequence[dict[str, Any]], at_work: int) -> str:
    ended = sum(pane["state"] == "ended" for pane in panes)
    counts = ((at_work, "at work"), (len(panes) - at_work - ended, "waiting"), (ended, "ended"))
    return ", ".join(f"{count} {word}" for count, word in counts if count)


def _conclusion(material: Material, passed: int) -> str:
    comparison, selection = material.comparison, material.selection
    if selection is not None:
        return f"You selected {selection.variation}."
    if comparison.best is not None:
        return f"{comparison.best.number} is the best by the rule: {comparison.reason}."
    if passed:
        return f"{passed} passed."
    return "None passed. The streams say why; Compare shows what each one changed."
