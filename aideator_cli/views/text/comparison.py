"""A run's comparison: for people, and as one JSON object."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from aideator_agent.spec import RunSpec
from aideator_cli.choice import others
from aideator_cli.choice.axes import Axis, Share
from aideator_cli.choice.cited import CitedPlace
from aideator_cli.choice.comparison import Changed, Comparison
from aideator_cli.choice.equivalence import Group
from aideator_cli.choice.evidence import findings
from aideator_cli.choice.ranking import Candidate
from aideator_cli.choice.reasons import obstacle, obstacles, suspicion
from aideator_cli.choice.status import status
from aideator_cli.domain.runs import Selection
from aideator_cli.text.clean import one_line
from aideator_cli.text.figures import changes, cost, duration, joined, plural
from aideator_cli.text.places import place, wrong
from aideator_cli.views.json_lines import write
from aideator_cli.views.screen import Screen
from aideator_cli.views.text.answers import show_side_by_side
from aideator_cli.views.text.evidence import show_evidence
from aideator_cli.views.text.grid import Grid, fits, show
from aideator_cli.views.text.names import model_name
from aideator_cli.views.text.table import show_table

FILES_SHOWN = 20
NAMES_SHOWN = 3
PATH_CELLS = (100, 60, 40, 24)
AXIS_FIGURES = ("succeeded", "median cost", "median time", "median steps")
LESSER = ("median steps", "median time")


Shares = tuple[Axis, Sequence[Share]]


def show_comparison(
    screen: Screen,
    spec: RunSpec,
    comparison: Comparison,
    selection: Selection | None,
    by: Shares | None = None,
    applied: Sequence[str] = (),
) -> None:
    """`applied`: which patches the run's repository has, a line each."""
    results = [each.result for each in comparison.order]
    touched = {each.number: len(each.touched) for each in comparison.order if each.touched}
    show_table(screen, results, selection.variation if selection else None, comparison.checks, touched or None)
    if comparison.files:
        screen.line()
        _show_files(screen, comparison)
    if comparison.cited:
        screen.line()
        _show_places(screen, comparison)
    groups = [told_group(group, spec) for group in comparison.groups]
    if lines := [
        *_common(comparison),
        *groups,
        *_touched(comparison),
        *untidy(comparison),
        *of_others(comparison),
        *of_judge(comparison),
        *about_answers(comparison),
    ]:
        screen.line()
        _say(screen, lines)
    if any(findings(each) for each in comparison.order):
        screen.line()
        show_evidence(screen, comparison.order)
    screen.line()
    repeated = selection is not None and selection.note == comparison.reason
    _say(screen, conclusion(comparison, brief=repeated))
    if selection:
        note = f", {one_line(selection.note)}" if selection.note else ""
        _say(screen, [f"selected: {spec.id}/{selection.variation}{note}"])
    _say(screen, applied)
    if by:
        screen.line()
        _show_axis(screen, *by)
    if comparison.answers:
        screen.line()
        show_side_by_side(screen, comparison.answers)


def _say(screen: Screen, lines: Iterable[str]) -> None:
    """Folded at words where a person reads."""
    for line in lines:
        screen.line(screen.folded(line))


def conclusion(comparison: Comparison, *, brief: bool = False) -> list[str]:
    """Returns the choice by the rule, or why there is none, and which variations are suspicious. `brief` leaves the reason out."""
    best = comparison.best
    reason = "" if brief else f", {comparison.reason}"
    told = [f"choice: {best.number}{reason}" if best else "choice: none"]
    others = [each for each in comparison.order if each.suspected or not best]
    return [*told, *obstacles(others)]


def _show_axis(screen: Screen, axis: Axis, shares: Sequence[Share]) -> None:
    for left_out in range(len(LESSER) + 1):
        table = _axis_table(shares, axis, LESSER[:left_out])
        if fits(screen, table):
            break
    show(screen, table)


def _axis_table(shares: Sequence[Share], axis: Axis, without: Sequence[str]) -> Grid:
    table = Grid()
    titles = [title for title in (axis, *AXIS_FIGURES) if title not in without]
    for title in titles:
        table.add_column(title, right=title != axis)
    for share in shares:
        figures = {
            axis: told_value(share, axis),
            "succeeded": f"{share.succeeded} of {len(share.variations)}",
            "median cost": cost(share.cost),
            "median time": "–" if share.seconds is None else duration(share.seconds),
            "median steps": "–" if share.steps is None else f"{share.steps:g}",
        }
        table.add_row(*(figures[title] for title in titles))
    return table


def told_value(share: Share, axis: Axis) -> str:
    if share.value is None:
        return "(the run's)" if axis == "prompt" else "(the model's own)"
    return model_name(share.value) if isinstance(share.value, str) else f"{share.value:g}"


def show_json(
    screen: Screen, spec: RunSpec, comparison: Comparison, selection: Selection | None, by: Shares | None
) -> None:
    write(screen, comparison_record(spec, comparison, selection, by))


def comparison_record(
    spec: RunSpec, comparison: Comparison, selection: Selection | None, by: Shares | None = None
) -> dict[str, Any]:
    """The record of `compare --json`."""
    axis = {"by": by[0], "shares": [share.as_json() for share in by[1]]} if by else {}
    return {
        "kind": "comparison",
        "run": spec.id,
        "running": comparison.running,
        "checks": list(comparison.checks),
        "choice": comparison.best.number if comparison.best else None,
        "reason": comparison.reason,
        "selected": selection.variation if selection else None,
        "variations": [_candidate(spec, each) for each in comparison.order],
        "groups": [{"variations": group.numbers, "identical": group.identical} for group in comparison.groups],
        "files": [{"path": file.path, "parts": file.parts} for file in comparison.files],
        "cited": [
            {"path": place.path, "first": place.first, "last": place.last, "variations": place.numbers}
            for place in comparison.cited
        ],
        "shared": {"additions": comparison.shared[0], "deletions": comparison.shared[1]},
        "crossing": comparison.crossing.as_json() if comparison.crossing else None,
        **axis,
    }


def _candidate(spec: RunSpec, each: Candidate) -> dict[str, Any]:
    result, asked = each.result, spec.variation(each.number)
    return {
        "variation": each.number,
        "agent": result.agent,
        "model": result.model,
        "temperature": asked.temperature,
        "role": asked.role,
        "prompt_name": asked.prompt_name,
        "outcome": result.outcome,
        "status": status(result),
        "fault": result.fault,
        "succeeded": result.succeeded,
        "obstacle": None if each.passes else obstacle(each),
        "verdicts": [verdict.as_json() for verdict in each.verdicts],
        "files": result.files,
        "additions": result.additions,
        "deletions": result.deletions,
        "touched": each.touched,
        "allowed": each.result.allowed,
        "signals": [asdict(signal) for signal in each.signals],
        "crossed": each.crossed.as_json() if each.crossed else None,
        "agreeing": each.agreeing,
        "judge_place": each.place,
        "judge_suspects": [asdict(accusation) for accusation in each.accused],
        "answer": result.answer,
        "citations": [asdict(cited) for cited in result.citations],
        "shared_places": each.shared,
        "changed": list(result.changed),
        "steps": result.steps,
        "input_tokens": result.input_tokens,
        "output_tokens": result.output_tokens,
        "cost": result.cost,
        "seconds": result.seconds,
    }


def _show_files(screen: Screen, comparison: Comparison) -> None:
    numbers = sorted(each.number for each in comparison.order)
    rows = [(file.path, _marks(file, numbers), told_parts(file)) for file in comparison.files[:FILES_SHOWN]]
    _show_paths(screen, rows, len(comparison.files), "files")
    _say(screen, ["  (a number: that variation changed the file; ·: it did not)"])


def _marks(file: Changed | CitedPlace, numbers: Sequence[int]) -> str:
    width = len(str(numbers[-1]))
    return " ".join((str(number) if number in file.numbers else "·").rjust(width) for number in numbers)


def told_parts(file: Changed) -> str:
    """Returns which variations changed the file in the same way; empty if none did."""
    alike = [part for part in file.parts if len(part) > 1]
    return ", ".join(f"{joined(part)} equal" for part in alike)


def _show_places(screen: Screen, comparison: Comparison) -> None:
    numbers = sorted(each.number for each in comparison.order)
    shown = comparison.cited[:FILES_SHOWN]
    rows = [(place(cited.path, cited.first, cited.last), _marks(cited, numbers)) for cited in shown]
    _show_paths(screen, rows, len(comparison.cited), "places")
    marked = "; ⚠: places that do not exist" if any(wrong(each.result.citations) for each in comparison.order) else ""
    _say(screen, [f"  (a number: that answer cites the place; ·: it does not{marked})"])


def _show_paths(screen: Screen, rows: Sequence[tuple[str, ...]], count: int, what: str) -> None:
    """Shows rows that begin with a path, which is cut where the screen needs it, and how many of `count` there are besides."""
    for cells in PATH_CELLS:
        table = Grid(header=False)
        for _ in rows[0]:
            table.add_column()
        for path, *rest in rows:
            table.add_row(f"  {shortened(path, cells)}", *rest)
        if fits(screen, table):
            break
    show(screen, table)
    if left := count - len(rows):
        screen.line(f"  … {left} more {what}: --json lists them all")


def about_answers(comparison: Comparison) -> list[str]:
    """Returns a line for each answer that cites what does not exist, and for each whose agent changed files."""
    told = []
    for each in comparison.order:
        if found := wrong(each.result.citations):
            more = f" and {len(found) - NAMES_SHOWN} more" if len(found) > NAMES_SHOWN else ""
            told.append(f"{each.number} cites what does not exist: {', '.join(found[:NAMES_SHOWN])}{more}")
        if files := len(each.result.changed) + each.result.changed_left_out:
            told.append(
                f"{each.number} changed {plural(files, 'file')} on the way, left out: {named(each.result.changed)}"
            )
    return told


def told_group(group: Group, spec: RunSpec) -> str:
    if spec.answer:
        return f"{joined(group.numbers)}: the same answer"
    how = "the same patch" if group.identical else "the same except for white space and comments"
    return f"{joined(group.numbers)}: {how}"


def _common(comparison: Comparison) -> list[str]:
    """Of two patches or more, where they share something."""
    files = named([file.path for file in comparison.common])
    lines = f"{changes(*comparison.shared)} (lines that every patch has)" if any(comparison.shared) else ""
    shared = ", ".join(filter(None, (files, lines)))
    return [f"all share: {shared}"] if shared else []


def _touched(comparison: Comparison) -> list[str]:
    return [
        f"{each.number} changes tests or their settings: {named(each.touched)}"
        for each in comparison.order
        if each.touched and not each.suspected
    ] + [
        f"{each.number} changes what --allow-change allows: {named(each.result.allowed)}"
        for each in comparison.order
        if each.result.allowed
    ]


def untidy(comparison: Comparison) -> list[str]:
    """Returns a line for each variation whose patch has files that tools or editors leave behind."""
    counts = {each.number: sum(signal.name == "untidy" for signal in each.signals) for each in comparison.order}
    return [
        f"{number}: {plural(count, 'file')} that {'do not' if count > 1 else 'does not'} belong into a repository; "
        f"apply --tidy leaves {'them' if count > 1 else 'it'} out"
        for number, count in counts.items()
        if count
    ]


def of_others(comparison: Comparison) -> list[str]:
    """Returns which of the tests that others wrote count."""
    return others.about(comparison.order, comparison.crossing)


def of_judge(comparison: Comparison) -> list[str]:
    """Returns a line for each patch that the judge suspects."""
    return [
        f"the judge, who may be wrong, suspects {each.number} of cheating: {suspicion(each)}"
        for each in comparison.order
        if each.accused
    ]


def named(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - NAMES_SHOWN} more" if len(paths) > NAMES_SHOWN else ""
    return ", ".join(one_line(path) for path in paths[:NAMES_SHOWN]) + more


def shortened(path: str, cells: int) -> str:
    """Its end, which tells more."""
    name = one_line(path)
    return name if len(name) <= cells else "…" + name[1 - cells :]
