"""A run's comparison as Markdown for a pull request. What is foreign stays text: no markup, mention, reference or link."""

import re
from collections.abc import Iterable, Sequence
from html import escape

from aideator_agent.spec import RunSpec
from aideator_cli.choice.axes import Axis, Share
from aideator_cli.choice.comparison import Comparison
from aideator_cli.choice.ranking import Candidate
from aideator_cli.clean import one_line
from aideator_cli.figures import cost, duration, plural
from aideator_cli.views import columns, wording
from aideator_cli.views import comparison as words
from aideator_cli.views.signs import ended_sign
from aideator_cli.views.table import model_name

PROMPT_CELLS = 200
FILES_SHOWN = 50
_PUNCTUATION = re.compile(r"([\\`*_{}\[\]()+\-.!|~$^=])")
_LINKS = re.compile(r"(?<=[@#])|(?<=:)(?=//)|(?<=www)", re.IGNORECASE)


def show_markdown(spec: RunSpec, comparison: Comparison, by: words.Shares | None) -> None:
    print(f"**{text(one_line(spec.prompt)[:PROMPT_CELLS])}**\n")
    titles = ["", "model", "outcome", *map(text, comparison.checks), *columns.TITLES]
    _show_rows(titles, [_row(each) for each in comparison.order], right=len(columns.TITLES))
    if by:
        _show_axis(*by)
    if comparison.files:
        _show_files(comparison)
    lines = [*(words.told_group(group) for group in comparison.groups), *words.conclusion(comparison)]
    print("\n".join(f"- {text(line)}" for line in lines))


def _row(each: Candidate) -> list[str]:
    result = each.result
    sign = ended_sign(result)[0] if result.ended else "…"
    return [
        str(each.number),
        text(model_name(result.model)),
        f"{sign} {text(wording.outcome(result))}",
        *(text(wording.verdict(verdict)) for verdict in each.verdicts),
        *columns.figures(result, len(each.touched)).values(),
    ]


def _show_files(comparison: Comparison) -> None:
    numbers = sorted(each.number for each in comparison.order)
    shown = comparison.files[:FILES_SHOWN]
    print(f"<details><summary>{plural(len(comparison.files), 'file')}</summary>\n")
    _show_rows(
        ["file", *map(str, numbers), ""],
        [
            [text(file.path), *(str(n) if n in file.numbers else "·" for n in numbers), words.told_parts(file)]
            for file in shown
        ],
    )
    if left := len(comparison.files) - len(shown):
        print(f"and {left} more\n")
    print("</details>\n")


def _show_axis(axis: Axis, shares: Sequence[Share]) -> None:
    rows = [
        [
            text(words.told_value(share, axis)),
            f"{share.succeeded} of {len(share.variations)}",
            cost(share.cost),
            "–" if share.seconds is None else duration(share.seconds),
        ]
        for share in shares
    ]
    _show_rows([axis, "succeeded", "median cost", "median time"], rows, right=3)


def _show_rows(titles: Sequence[str], rows: Iterable[Sequence[str]], right: int = 0) -> None:
    rule = ["---"] * (len(titles) - right) + ["--:"] * right
    for cells in (titles, rule, *rows):
        print(f"| {' | '.join(cells)} |")
    print()


def text(foreign: str) -> str:
    """On one line. An HTML comment parts what would otherwise become a mention, a reference or a link."""
    return _LINKS.sub("<!-- -->", _PUNCTUATION.sub(r"\\\1", escape(one_line(foreign), quote=False)))
