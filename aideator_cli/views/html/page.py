"""What the report shows of a run, as values for its template. Foreign text is cleaned where the template writes it (render.py)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from aideator_agent.spec import VariationSpec
from aideator_agent.values import frozen
from aideator_cli import __version__
from aideator_cli.actions.sharing.shareable import address
from aideator_cli.choice.comparison import Comparison
from aideator_cli.choice.evidence import findings
from aideator_cli.choice.ranking import Candidate
from aideator_cli.choice.reasons import obstacles
from aideator_cli.choice.status import status
from aideator_cli.choice.verdicts import HIDDEN, RESTORED, Word, titled
from aideator_cli.domain.handing import Message, TeamState
from aideator_cli.domain.judgements import Round
from aideator_cli.domain.result import CheckResult, Result
from aideator_cli.domain.runs import Selection, StoredRun
from aideator_cli.text.clean import one_line
from aideator_cli.text.figures import cost, duration, joined, plural, tokens
from aideator_cli.views import wording
from aideator_cli.views.asked import given, origin, repository_name
from aideator_cli.views.asked import hidden as told_hidden
from aideator_cli.views.asked import issue as told_issue
from aideator_cli.views.asked import limits as told_limits
from aideator_cli.views.html.answers import answers
from aideator_cli.views.html.drawing import drawing
from aideator_cli.views.html.side_by_side import Room, side_by_side
from aideator_cli.views.html.timeline import Timeline
from aideator_cli.views.signs import ended_sign
from aideator_cli.views.talk import between
from aideator_cli.views.text import columns
from aideator_cli.views.text import judged as judging
from aideator_cli.views.text.comparison import of_judge, of_others, told_group, told_parts, untidy
from aideator_cli.views.text.names import model_name
from aideator_cli.workspace.patches import parse

PROMPT: Final = 20_000  # characters
WORDS: Final = 4_000  # of a summary, or of a command
TAIL: Final = 6_000  # of a check's output: its end
FILES: Final = 500  # rows
DIFFS: Final = 300  # files whose changes are shown
FINDINGS: Final = 200  # of a variation
MESSAGES: Final = 500  # of a team
TITLE: Final = 100
_COLOURS: Final = {Word.PASSED: "good", Word.NOT_RUN: "dim"}
_WEIGHTS: Final = {"good": "good", "bad": "bad", "look": "look", "note": "dim"}


@frozen
class Material:
    """All that the report is made of."""

    run: StoredRun
    comparison: Comparison
    selection: Selection | None
    judged: Round | None
    timelines: Mapping[int, Timeline]
    attempts: Mapping[int, int]  # how many each variation has had
    made: str  # RFC 3339, UTC
    team: TeamState | None = None  # whose result the run has
    talk: Sequence[Message] = ()  # of the team


def values(material: Material) -> dict[str, Any]:
    spec, comparison = material.run.spec, material.comparison
    by_number = sorted(comparison.order, key=lambda each: each.number)
    selection = material.selection
    return {
        "run": spec.id if material.team is None else material.team.run.id,
        "team": None if material.team is None else _team(material.team, material.talk),
        "version": __version__,
        "made": material.made[:16].replace("T", " "),
        "title": _title(spec.prompt if material.team is None else material.team.run.prompt),
        "prompt": _begun(spec.prompt, PROMPT),
        "facts": _facts(material),
        "asked": _asked(material.run),
        "running": len(comparison.running),
        "checks": [one_line(name) for name in titled(comparison.checks, [each.result for each in by_number])],
        "rows": [_row(each, spec.variation(each.number), selection, _titles(comparison)) for each in comparison.order],
        "choice": _choice(comparison),
        "selection": _selected(selection),
        "obstacles": obstacles([each for each in comparison.order if not each.passes]),
        "evidence": list(_evidence(comparison)),
        "others": [*untidy(comparison), *of_others(comparison), *of_judge(comparison)],
        "groups": [told_group(group, spec) for group in comparison.groups],
        "figures": [title[:1].upper() + title[1:] for title in _titles(comparison)],
        "asks": spec.answer,
        **_changes(comparison, [each.number for each in by_number]),
        **answers(comparison, [each.number for each in by_number]),
        "summaries": [_summary(each.result) for each in by_number],
        "timelines": _timelines(material),
        "costs": [_costs(each.result) for each in by_number],
        "total": _total([each.result.cost for each in by_number], material.judged),
        "runs": [_checked(each.result) for each in by_number if each.result.checks],
        "baseline": [_run_of(check, True) for check in by_number[0].result.baseline] if by_number else [],
        "judged": _judged(material.judged),
    }


def _team(state: TeamState, talk: Sequence[Message]) -> dict[str, Any]:
    run = state.run
    steps = [
        {
            "key": each.step.key, "run": each.step.run, "from": ", ".join(each.begins_with),
            "who": "–" if each.is_deleted else f"{each.agents} × {', '.join(each.roles)}" if each.agents else "check",
            "time": "–" if each.is_deleted else duration(each.seconds),
            "cost": cost(each.cost), "told": _begun(each.told.text, WORDS) if each.told and not each.is_deleted else each.state,
            "good": each.told is None or each.told.good, "begun": each.step.begun[11:19],
        }
        for each in state.steps
    ]  # fmt: skip
    tasks = (
        [(task.id, f"{task.title} ({task.role})" if task.role else task.title) for task in run.plan.tasks]
        if run.plan
        else []
    )
    outcome = run.result or run.reason or run.state
    return {"name": run.team.name, "prompt": _begun(run.prompt, PROMPT), "steps": steps, "tasks": tasks, "state": run.state,
            "outcome": outcome, "figures": f"{duration(state.seconds)}, {cost(state.cost)}",
            "talk": [_message(each) for each in talk[:MESSAGES]], "talk_left": max(0, len(talk) - MESSAGES)}  # fmt: skip


def _message(each: Message) -> dict[str, Any]:
    return {
        "time": each.time[11:19], "who": between(each), "text": _begun(each.text, WORDS), "run": each.run,
    }  # fmt: skip


def _title(prompt: str) -> str:
    text = one_line(prompt[: 4 * TITLE])
    return text if len(text) <= TITLE else f"{text[: TITLE - 1].rstrip()}…"


def _facts(material: Material) -> list[tuple[str, str]]:
    run, spec = material.run, material.run.spec
    url = address(spec.repository.url)
    facts = [("Repository", url if "://" in url else repository_name(url))]
    if spec.repository.ref:
        facts.append(("Ref", spec.repository.ref))
    if spec.repository.base:
        facts.append(("Base", spec.repository.base))
    if spec.origin:
        facts.append(("Begun with", origin(spec.origin)))
    succeeded = sum(each.result.succeeded for each in material.comparison.order)
    facts.append(("Variations", f"{len(spec.variations)}, of which {succeeded} succeeded"))
    facts.append(("Started", f"{spec.created[:16].replace('T', ' ')} UTC, on {run.place.backend}"))
    return facts


def _asked(run: StoredRun) -> list[tuple[str, str]]:
    spec = run.spec
    limits = f"{told_limits(spec.limits)} each"
    shown = spec.review
    review = [] if shown is None else [("Difference", f"{shown.range} ({shown.first[:12]} to {shown.last[:12]})")]
    checks = [(f"Check {one_line(check.name)}", _begun(check.command, WORDS)) for check in spec.checks]
    setup = [("Before the checks", _begun(command, WORDS)) for command in spec.setup]
    unseen = [("Hidden", told_hidden(spec.hidden))] if spec.hidden else []
    issue = [] if spec.issue is None else [("Issue", told_issue(spec.issue))]
    return [*issue, *review, ("Limits", limits), *setup, *checks, *unseen]


def _evidence(comparison: Comparison) -> Iterator[dict[str, Any]]:
    """A row for each finding."""
    for each in comparison.order:
        found = findings(each)
        for one in found[:FINDINGS]:
            words, colour = _begun(one.words, WORDS), _WEIGHTS[one.weight]
            yield {"number": each.number, "layer": one.layer, "kind": one.kind, "words": words, "colour": colour}
        if (left := len(found) - FINDINGS) > 0:
            words = f"{left} more: aideator compare --json"
            yield {"number": each.number, "layer": "", "kind": "…", "words": words, "colour": "dim"}


def _titles(comparison: Comparison) -> tuple[str, ...]:
    return columns.titles([each.result for each in comparison.order])


def _row(each: Candidate, asked: VariationSpec, selection: Selection | None, titles: Sequence[str]) -> dict[str, Any]:
    result, figures = each.result, columns.figures(each.result, len(each.touched))
    sign = ended_sign(result)[0] if result.ended else "…"
    return {
        "number": each.number,
        "sign": sign,
        "colour": {"✓": "good", "✗": "bad"}.get(sign, "dim"),
        "selected": selection is not None and selection.variation == each.number,
        "model": model_name(result.worker),
        "given": ", ".join(given(asked)),
        "outcome": status(result),
        "verdicts": [(wording.verdict(found), _COLOURS.get(found.word, "bad")) for found in each.verdicts],
        "figures": [figures[title] for title in titles],
    }


def _choice(comparison: Comparison) -> str | None:
    return f"{comparison.best.number}: {comparison.reason}" if comparison.best else None


def _selected(selection: Selection | None) -> str | None:
    if selection is None:
        return None
    return f"{selection.variation}{f': {_begun(selection.note, WORDS)}' if selection.note else ''}"


def _changes(comparison: Comparison, numbers: Sequence[int]) -> dict[str, Any]:
    """Who changed which file, and how."""
    patches = {each.number: parse(each.result.patch or b"") for each in comparison.order}
    files = [
        {"path": file.path, "marks": [number in file.numbers for number in numbers], "told": told_parts(file)}
        for file in comparison.files[:FILES]
    ]
    return {
        "numbers": numbers,
        "files": files,
        "files_left": len(comparison.files) - len(files),
        "diffs": side_by_side(comparison.files[:DIFFS], patches, Room()),
        "diffs_left": max(0, len(comparison.files) - DIFFS),
    }


def _summary(result: Result) -> dict[str, Any]:
    words = ": ".join(part for part in (result.reason * (result.outcome == "failed"), result.summary) if part)
    return {"number": result.variation, "text": _begun(words, WORDS)}


def _timelines(material: Material) -> list[dict[str, Any]]:
    longest = max((each.seconds for each in material.timelines.values()), default=0.0)
    return [
        {"number": number, "attempts": material.attempts.get(number, 0), "drawing": drawing(each, longest)}
        for number, each in sorted(material.timelines.items())
    ]


def _costs(result: Result) -> dict[str, Any]:
    figures = [tokens(result.input_tokens), tokens(result.output_tokens), str(result.steps), cost(result.cost)]
    return {"number": result.variation, "model": model_name(result.worker), "figures": figures}


def _total(costs: Sequence[float | None], judged: Round | None) -> str:
    each = [*costs, judged.cost] if judged else list(costs)
    known = sum(part for part in each if part is not None)
    return f"at least {cost(known)}" if None in each and known else cost(None if None in each else known)


def _checked(result: Result) -> dict[str, Any]:
    return {"number": result.variation, "runs": [_run_of(check, result.holds(check)) for check in result.checks]}


def _run_of(check: CheckResult, holds: bool) -> dict[str, Any]:
    ended = f"exit {check.exit_code}" if check.exit_code is not None else one_line(check.reason) or "did not end"
    words = [ended, duration(check.seconds)]
    if check.tests is not None:
        words.append(f"{plural(check.tests, 'test')} reported")
    if check.exit_code == 0 and not holds:
        words.append(f"{plural(check.failures, 'test')} failed" if check.failures else "too few tests")
    return {
        "name": " ".join(_named(check)),
        "holds": holds,
        "words": ", ".join(words),
        "command": _begun(check.command, WORDS),
        "failing": [_begun(one_line(name), 300) for name in check.failing[:50]],
        "tail": _ended(check.tail, TAIL),
    }


def _named(check: CheckResult) -> Iterator[str]:
    yield f"{one_line(check.name)}{HIDDEN if check.hidden else ''}"
    if check.on == "restored":
        yield RESTORED
    if check.repeat > 1:
        yield f"(repeat {check.repeat})"


def _judged(judged: Round | None) -> dict[str, Any] | None:
    if judged is None:
        return None
    places = sorted(set(judged.places.values()))
    held = [(place, joined(n for n, own in judged.places.items() if own == place)) for place in places]
    pairs = [(judging.outcome(pair), [judging.answer(each) for each in pair.answers]) for pair in judged.pairs]
    twins = [judging.twins(one, other) for one, other in judged.equivalent]
    return {"model": judged.model, "cost": cost(judged.cost), "places": held, "pairs": pairs, "twins": twins}


def _begun(text: str, most: int) -> str:
    left = len(text) - most
    return text if left <= 0 else f"{text[:most]} … {left} more characters"


def _ended(text: str, most: int) -> str:
    left = len(text) - most
    return text if left <= 0 else f"{left} earlier characters …\n{text[-most:]}"
