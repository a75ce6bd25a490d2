"""A run's comparison on stdout: for people, and as one JSON object."""

import sys
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from aideator_agent.spec import RunSpec
from aideator_cli import terminal
from aideator_cli.choice.axes import Axis, Share
from aideator_cli.choice.comparison import Changed, Comparison
from aideator_cli.choice.equivalence import Group
from aideator_cli.choice.ranking import Candidate
from aideator_cli.choice.reasons import obstacle, obstacles
from aideator_cli.clean import one_line
from aideator_cli.figures import changes, cost, duration, joined
from aideator_cli.store import Selection
from aideator_cli.views.json_lines import write
from aideator_cli.views.table import fits, model_name, plain_table, show, show_table

FILES_SHOWN = 20
NAMES_SHOWN = 3
PATH_CELLS = (100, 60, 40, 24)
AXIS_FIGURES = ("succeeded", "median cost", "median time", "median steps")
LESSER = ("median steps", "median time")


Shares = tuple[Axis, Sequence[Share]]


def show_comparison(
    spec: RunSpec, comparison: Comparison, selection: Selection | None, by: Shares | None = None
) -> None:
    results = [each.result for each in comparison.order]
    touched = {each.number: len(each.touched) for each in comparison.order if each.touched}
    show_table(results, selection.variation if selection else None, comparison.checks, touched or None)
    if comparison.files:
        print()
        _show_files(comparison)
    if lines := [*_common(comparison), *map(told_group, comparison.groups), *_touched(comparison)]:
        print()
        _say(lines)
    print()
    _say(conclusion(comparison))
    if selection:
        _say([f"selected: {spec.id}/{selection.variation}{f', {one_line(selection.note)}' if selection.note else ''}"])
    if by:
        print()
        _show_axis(*by)


def _say(lines: Iterable[str]) -> None:
    """Folded at words where a person reads."""
    for line in lines:
        print(textwrap.fill(line, terminal.width(), subsequent_indent="  ") if sys.stdout.isatty() else line)


def conclusion(comparison: Comparison) -> list[str]:
    """The choice by the rule, or why there is none; and who is suspected."""
    best = comparison.best
    told = [f"choice: {best.number}, {comparison.reason}" if best else "choice: none"]
    others = [each for each in comparison.order if each.suspected or not best]
    return [*told, *obstacles(others)]


def _show_axis(axis: Axis, shares: Sequence[Share]) -> None:
    for left_out in range(len(LESSER) + 1):
        table = _axis_table(shares, axis, LESSER[:left_out])
        if fits(table):
            break
    show(table)


def _axis_table(shares: Sequence[Share], axis: Axis, without: Sequence[str]) -> Table:
    table = plain_table()
    titles = [title for title in (axis, *AXIS_FIGURES) if title not in without]
    for title in titles:
        table.add_column(title, no_wrap=True, justify="left" if title == axis else "right")
    for share in shares:
        figures = {
            axis: told_value(share, axis),
            "succeeded": f"{share.succeeded} of {len(share.variations)}",
            "median cost": cost(share.cost),
            "median time": "–" if share.seconds is None else duration(share.seconds),
            "median steps": "–" if share.steps is None else f"{share.steps:g}",
        }
        table.add_row(*(Text(figures[title]) for title in titles))
    return table


def told_value(share: Share, axis: Axis) -> str:
    if share.value is None:
        return "(the run's)" if axis == "prompt" else "(the model's own)"
    return model_name(share.value) if isinstance(share.value, str) else f"{share.value:g}"


def show_json(spec: RunSpec, comparison: Comparison, selection: Selection | None, by: Shares | None) -> None:
    axis = {"by": by[0], "shares": [share.as_json() for share in by[1]]} if by else {}
    write(
        {
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
            "shared": {"additions": comparison.shared[0], "deletions": comparison.shared[1]},
            **axis,
        }
    )


def _candidate(spec: RunSpec, each: Candidate) -> dict[str, Any]:
    result, asked = each.result, spec.variation(each.number)
    return {
        "variation": each.number,
        "model": result.model,
        "temperature": asked.temperature,
        "role": asked.role,
        "prompt_name": asked.prompt_name,
        "outcome": result.outcome,
        "fault": result.fault,
        "succeeded": result.succeeded,
        "obstacle": None if each.passes else obstacle(each),
        "verdicts": [verdict.as_json() for verdict in each.verdicts],
        "files": result.files,
        "additions": result.additions,
        "deletions": result.deletions,
        "touched": each.touched,
        "agreeing": each.agreeing,
        "judge_place": each.place,
        "steps": result.steps,
        "input_tokens": result.input_tokens,
        "output_tokens": result.output_tokens,
        "cost": result.cost,
        "seconds": result.seconds,
    }


def _show_files(comparison: Comparison) -> None:
    numbers = sorted(each.number for each in comparison.order)
    shown = comparison.files[:FILES_SHOWN]
    for cells in PATH_CELLS:
        table = plain_table()
        for _ in range(2):
            table.add_column(no_wrap=True)
        table.add_column(no_wrap=True)
        for file in shown:
            table.add_row(Text(f"  {shortened(file.path, cells)}"), _marks(file, numbers), told_parts(file))
        if fits(table):
            break
    table.show_header = False
    show(table)
    if left := len(comparison.files) - len(shown):
        print(f"  … {left} more files: --json has them all")


def _marks(file: Changed, numbers: Sequence[int]) -> str:
    width = len(str(numbers[-1]))
    return " ".join((str(number) if number in file.numbers else "·").rjust(width) for number in numbers)


def told_parts(file: Changed) -> str:
    """Who left the file alike; of a file that is alike in none, nothing."""
    alike = [part for part in file.parts if len(part) > 1]
    return ", ".join(f"{joined(part)} equal" for part in alike)


def told_group(group: Group) -> str:
    how = "the same patch" if group.identical else "the same but for white space and comments"
    return f"{joined(group.numbers)}: {how}"


def _common(comparison: Comparison) -> list[str]:
    """Of two patches or more, where they share something."""
    files = named([file.path for file in comparison.common])
    lines = changes(*comparison.shared) if any(comparison.shared) else ""
    shared = ", ".join(filter(None, (files, lines)))
    return [f"all have in common: {shared}"] if shared else []


def _touched(comparison: Comparison) -> list[str]:
    return [
        f"{each.number} changes tests or their settings: {named(each.touched)}"
        for each in comparison.order
        if each.touched and not each.suspected
    ]


def named(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - NAMES_SHOWN} more" if len(paths) > NAMES_SHOWN else ""
    return ", ".join(one_line(path) for path in paths[:NAMES_SHOWN]) + more


def shortened(path: str, cells: int) -> str:
    """Its end, which tells more."""
    name = one_line(path)
    return name if len(name) <= cells else "…" + name[1 - cells :]
