"""The comparison of a run, as values for its template: the report's, and what can be done with them here."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from aideator_cli.actions.comparing import Compared
from aideator_cli.domain.result import Result
from aideator_cli.server.page import agents, opinion, running
from aideator_cli.system.clock import now
from aideator_cli.views.html.page import Material
from aideator_cli.views.html.page import values as report_values
from aideator_cli.views.html.side_by_side import Column, FileChange
from aideator_cli.views.text import routes
from aideator_cli.views.text.names import model_name

OPEN: Final = 8  # files whose changes are shown at once
LINES_OPEN: Final = 200  # a file with more is closed
BOTH: Final = ""  # shows all sides
_HUNK: Final = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)")


def values(compared: Compared, judge: Mapping[str, Any] | None = None, show: str = BOTH) -> dict[str, Any]:
    """`judge`: as the API tells of it. `show`: the number of the one variation whose changes are wanted, or nothing for all sides."""
    spec, order = compared.run.spec, compared.comparison.order
    told = report_values(
        Material(compared.run, compared.comparison, compared.selection, compared.judged, {}, {}, now())
    )
    results = {each.number: each.result for each in order}
    numbers = sorted(results)
    shown = show if show.isdecimal() and int(show) in numbers else BOTH
    best, selection = compared.comparison.best, compared.selection
    passed = any(result.succeeded for result in results.values())
    icon = "live" if told["running"] else "good" if passed else "bad"
    used = [at for at, _ in enumerate(told["figures"]) if any(row["figures"][at] for row in told["rows"])]
    return {
        **told,
        "choice": (best.number, compared.comparison.reason) if best else None,
        "figures": [told["figures"][at] for at in used],
        "run": running.about(compared.run, list(results.values())),
        "icon": icon,
        "icon_sign": {"live": "●", "good": "✓", "bad": "✗"}[icon],
        "rows": [_row(row, results[row["number"]], used) for row in told["rows"]],
        "taken": selection.variation if selection else best.number if best else None,
        "show": shown,
        "views": [(BOTH, "side by side"), *((str(number), f"only {number}") for number in numbers)],
        "diffs": list(_files(told["diffs"], shown, results)) if not spec.answer else [],
        "judge": opinion.values(judge, list(results.values())),
        "local": compared.run.place.backend == "local",
        "routes": [
            {
                "number": each.number,
                **agents.mark(each.number),
                "model": model_name(each.model),
                "line": routes.line(each.route),
                "excluded": each.route.excluded,
            }
            for each in spec.variations
            if each.route is not None
        ],
        "notes": [note.text for note in spec.notes],
    }


def _row(row: Mapping[str, Any], result: Result, used: Sequence[int]) -> dict[str, Any]:
    """`used`: the columns of figures that are not empty everywhere."""
    return {
        **row,
        **agents.mark(result.variation),
        "colour_word": row["colour"],
        "figures": [row["figures"][at] for at in used],
        "has_work": bool(result.files if result.patch_sha256 else result.answer_sha256),
    }


def _files(files: Sequence[FileChange], show: str, results: Mapping[int, Result]) -> Iterator[dict[str, Any]]:
    shown = 0
    for file in files:
        columns = [column for column in file.columns if not show or int(show) in column.numbers]
        if not columns:
            continue
        shown += 1
        yield {
            "path": file.path,
            "who": ", ".join(f"{' and '.join(map(str, column.numbers))}: {column.counts}" for column in columns),
            "open": shown <= OPEN and file.lines <= LINES_OPEN,
            "columns": [_column(column, results) for column in columns],
        }


def _column(column: Column, results: Mapping[int, Result]) -> dict[str, Any]:
    first = column.numbers[0]
    return {
        **agents.mark(first),
        "numbers": column.numbers,
        "change": column.change,
        "counts": column.counts,
        "lines": list(_numbered(column)),
        "cut": column.cut,
        "remark": "continue" if results[first].ended else "tell",
    }


def _numbered(column: Column) -> Iterator[dict[str, Any]]:
    """Each line with its number in the file: in the new one, or in the old one if the patch takes it away."""
    old = new = 0
    for line in column.lines:
        number: int | str = ""
        if line.kind == "hunk" and (found := _HUNK.match(line.text)):
            old, new = int(found[1]), int(found[2])
        elif line.kind in ("add", "same"):
            number, new = new, new + 1
            old += line.kind == "same"
        elif line.kind == "del":
            number, old = old, old + 1
        yield {"kind": line.kind, "text": line.text, "number": number}
