"""One run whole."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from aideator_agent.spec import RunSpec, VariationSpec
from aideator_cli.domain.result import Result
from aideator_cli.domain.runs import Selection, StoredRun
from aideator_cli.text.clean import clean, one_line
from aideator_cli.text.figures import minute
from aideator_cli.views import wording
from aideator_cli.views.asked import hidden, limits, origin
from aideator_cli.views.asked import issue as told_issue
from aideator_cli.views.screen import Screen
from aideator_cli.views.text.table import show_table

if TYPE_CHECKING:
    from aideator_cli.domain.events import Observation


def show_run(
    screen: Screen,
    run: StoredRun,
    results: Sequence[Result],
    seen: Sequence["Observation"],
    selection: Selection | None,
) -> None:
    spec = run.spec
    base = f" at {spec.repository.base}" if spec.repository.base else ""
    base += " with uncommitted changes" if spec.sent and spec.sent.snapshot else ""
    name = f"  {one_line(run.name)}" if run.name else ""
    screen.line(f"{spec.id}{name}  {run.state}  on {one_line(run.place.where)}  {minute(spec.created)}")
    screen.line(f"{clean(spec.repository.url)}{base}")
    if spec.origin is not None:
        screen.line(origin(spec.origin))
    for line in clean(spec.prompt).rstrip("\n").split("\n"):
        screen.line(line if len(line) <= screen.width else screen.folded(line, indent=""))
    screen.line("\n".join([*_remarks(screen, run), "", *_asked(spec), ""]))
    show_table(screen, [_standing(result, seen) for result in results], selection.variation if selection else None)
    found = _found(screen, spec, results)
    for result in results:
        if words := ": ".join(
            one_line(text) for text in (result.reason * (result.outcome == "failed"), result.summary) if text
        ):
            screen.line("\n" + screen.folded(f"{spec.id}/{result.variation}  {words}"))
        elif found.get(result.variation):
            screen.line(f"\n{spec.id}/{result.variation}")
        for line in found.get(result.variation, ()):
            screen.line(f"  {line}")
    if selection:
        note = f": {one_line(selection.note)}" if selection.note else ""
        screen.line("\n" + screen.folded(f"selected {spec.id}/{selection.variation}{note}"))
    _show_observed(screen, spec.id, seen, {result.variation: result.summary or "" for result in results})


def _show_observed(screen: Screen, run: str, seen: Sequence["Observation"], summaries: Mapping[int, str]) -> None:
    """What a summary above it has said whole stands here in short."""
    told = [item for item in seen if item.kind not in wording.TOLD_BY_EVENTS]
    if told:
        screen.line("\nobserved:")
    for item in told:
        name = f"{run}/{item.variation}" if item.variation else run
        stands_above = f": {summaries.get(item.variation or 0, '')}".endswith(f": {item.text}")
        text = wording.in_short(item.kind) if stands_above else item.text
        words = wording.observed(item.kind, text)
        screen.line(screen.folded(f"  {item.time[11:19]}  {name}  {words}", indent=" " * 12))


def _remarks(screen: Screen, run: StoredRun) -> list[str]:
    owner = [f"of another user: {one_line(run.cluster_user)}"] if run.cluster_user else []
    tags = [*owner, *([f"tags: {', '.join(map(one_line, run.tags))}"] if run.tags else [])]
    return [*tags, screen.folded(f"note: {one_line(run.note)}")] if run.note else tags


def _found(screen: Screen, spec: RunSpec, results: Sequence[Result]) -> dict[int, list[str]]:
    """Returns what was found about each variation, as lines."""
    ran = [check for result in results for check in (*result.checks, *result.baseline)]
    if not any(result.signals for result in results) and not any(check.failing or check.skipped for check in ran):
        return {}
    from aideator_cli.choice.comparison import candidates  # slow to import
    from aideator_cli.choice.evidence import findings
    from aideator_cli.choice.verdicts import check_names
    from aideator_cli.views.text.evidence import NAMES, of_one

    width = screen.width - 2 if screen.is_terminal else None
    each = candidates(results, check_names([check.name for check in spec.checks], results))
    return {
        one.number: [line.painted(colour=screen.colour) for line in of_one(findings(one, NAMES), width)] for one in each
    }


def _standing(result: Result, seen: Sequence["Observation"]) -> Result:
    """Returns the result to show: a variation that the backend has not started yet is waiting."""
    last = next((item.kind for item in reversed(seen) if item.variation == result.variation), None)
    waits = last in wording.WAITING and last not in ("starting", "running")
    return replace(result, outcome="waiting") if waits and not result.ended and not result.steps else result


def _asked(spec: RunSpec) -> list[str]:
    """The issue, the difference to look at, roles, limits and checks, a line each."""
    shown = spec.review
    review = [] if shown is None else [f"shown {one_line(shown.range)}: {shown.first[:12]} to {shown.last[:12]}"]
    issue = [] if spec.issue is None else [told_issue(spec.issue)]
    first = f"; the others stop once {spec.first} succeed" if spec.first else ""
    if spec.escalates:
        first = "; one after the other, until one has succeeded"
    checks = [f"check {check.name}: {one_line(check.command)}" for check in spec.checks]
    unseen = [f"hidden from the agents: {hidden(spec.hidden)}"] if spec.hidden else []
    endpoints = dict.fromkeys(one_line(each.api_base) for each in spec.variations if each.api_base)
    asked = [f"endpoint {', '.join(endpoints)}"] if endpoints else []
    return [*issue, *review, *_roles(spec), *asked, f"limits {limits(spec.limits)} each{first}", *checks, *unseen]


def _roles(spec: RunSpec) -> list[str]:
    """Which variations have a role of their own."""
    found: dict[str, list[str]] = {}
    for variation in spec.variations:
        found.setdefault(variation.role, []).append(str(variation.number))
    if list(found) == [VariationSpec.role]:
        return []
    return ["roles " + "; ".join(f"{one_line(role)} {', '.join(numbers)}" for role, numbers in found.items())]
