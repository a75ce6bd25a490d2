"""A run's comparison as Markdown for a pull request. Foreign text stays text: no markup, mention, reference or link."""

import re
from collections.abc import Iterable, Sequence
from html import escape

from aideator_agent.spec import RunSpec
from aideator_cli.choice.axes import Axis, Share
from aideator_cli.choice.cited import CitedPlace
from aideator_cli.choice.comparison import Comparison
from aideator_cli.choice.evidence import findings
from aideator_cli.choice.ranking import Candidate
from aideator_cli.choice.status import status
from aideator_cli.choice.verdicts import titled
from aideator_cli.domain.result import Result
from aideator_cli.text.clean import clean, one_line
from aideator_cli.text.figures import cost, duration, plural
from aideator_cli.text.places import place
from aideator_cli.views import wording
from aideator_cli.views.asked import origin
from aideator_cli.views.screen import Screen
from aideator_cli.views.signs import ended_sign
from aideator_cli.views.text import columns
from aideator_cli.views.text import comparison as words
from aideator_cli.views.text.evidence import NAMES, bounded
from aideator_cli.views.text.names import model_name

PROMPT_CELLS = 200
FILES_SHOWN = 50
_PUNCTUATION = re.compile(r"([\\`*_{}\[\]()+\-.!|~$^=])")
_LINKS = re.compile(r"(?<=[@#])|(?<=:)(?=//)|(?<=www)", re.IGNORECASE)


def show_markdown(screen: Screen, spec: RunSpec, comparison: Comparison, by: words.Shares | None) -> None:
    screen.line(f"**{text(one_line(spec.prompt)[:PROMPT_CELLS])}**\n")
    if spec.origin is not None:
        screen.line(f"This run {text(origin(spec.origin))}.\n")
    results = [each.result for each in comparison.order]
    figures = columns.titles(results)
    titles = ["", "model", "outcome", *map(text, titled(comparison.checks, results)), *figures]
    _show_rows(screen, titles, [_row(each, figures) for each in comparison.order], right=len(figures))
    if by:
        _show_axis(screen, *by)
    if comparison.files:
        _show_files(screen, comparison)
    if comparison.cited:
        _show_places(screen, comparison)
    for result in comparison.answers:
        _show_answer(screen, result)
    groups = (words.told_group(group, spec) for group in comparison.groups)
    noted = [
        *words.untidy(comparison),
        *words.of_others(comparison),
        *words.of_judge(comparison),
        *words.about_answers(comparison),
    ]
    lines = [*groups, *noted, *words.conclusion(comparison)]
    screen.line("\n".join(f"- {text(line)}" for line in lines))
    _show_evidence(screen, comparison)


def _show_evidence(screen: Screen, comparison: Comparison) -> None:
    rows = [
        [str(each.number), finding.layer, text(finding.kind), text(finding.words)]
        for each in comparison.order
        for finding in bounded(findings(each, NAMES))
    ]
    if rows:
        screen.line()
        _show_rows(screen, ["", "layer", "found", "what and where"], rows, right=0)


def _row(each: Candidate, figures: Sequence[str]) -> list[str]:
    result, told = each.result, columns.figures(each.result, len(each.touched))
    sign = ended_sign(result)[0] if result.ended else "…"
    return [
        str(each.number),
        text(model_name(result.worker)),
        f"{sign} {text(status(result))}",
        *(text(wording.verdict(verdict)) for verdict in each.verdicts),
        *(told[title] for title in figures),
    ]


def _show_files(screen: Screen, comparison: Comparison) -> None:
    numbers = sorted(each.number for each in comparison.order)
    shown = comparison.files[:FILES_SHOWN]
    screen.line(f"<details><summary>{plural(len(comparison.files), 'file')}</summary>\n")
    _show_rows(
        screen,
        ["file", *map(str, numbers), ""],
        [
            [text(file.path), *(str(n) if n in file.numbers else "·" for n in numbers), words.told_parts(file)]
            for file in shown
        ],
    )
    if left := len(comparison.files) - len(shown):
        screen.line(f"and {left} more\n")
    screen.line("</details>\n")


def _show_places(screen: Screen, comparison: Comparison) -> None:
    numbers = sorted(each.number for each in comparison.order)
    shown = comparison.cited[:FILES_SHOWN]
    screen.line(f"<details><summary>{plural(len(comparison.cited), 'cited place')}</summary>\n")
    rows = [[text(place(each.path, each.first, each.last)), *_marks(each, numbers)] for each in shown]
    _show_rows(screen, ["place", *map(str, numbers)], rows)
    if left := len(comparison.cited) - len(shown):
        screen.line(f"and {left} more\n")
    screen.line("</details>\n")


def _marks(cited: CitedPlace, numbers: Sequence[int]) -> list[str]:
    return [str(number) if number in cited.numbers else "·" for number in numbers]


def _show_answer(screen: Screen, result: Result) -> None:
    """As a block of code: nothing in it becomes markup, a mention, a reference or a link."""
    answer = clean(result.answer or "").rstrip("\n")
    fence = "`" * max(4, 1 + max(map(len, re.findall("`+", answer)), default=0))
    screen.line(f"<details><summary>The answer of {result.variation}, {text(model_name(result.model))}</summary>\n")
    screen.line(f"{fence}markdown\n{answer}\n{fence}\n\n</details>\n")


def _show_axis(screen: Screen, axis: Axis, shares: Sequence[Share]) -> None:
    rows = [
        [
            text(words.told_value(share, axis)),
            f"{share.succeeded} of {len(share.variations)}",
            cost(share.cost),
            "–" if share.seconds is None else duration(share.seconds),
        ]
        for share in shares
    ]
    _show_rows(screen, [axis, "succeeded", "median cost", "median time"], rows, right=3)


def _show_rows(screen: Screen, titles: Sequence[str], rows: Iterable[Sequence[str]], right: int = 0) -> None:
    rule = ["---"] * (len(titles) - right) + ["--:"] * right
    for cells in (titles, rule, *rows):
        screen.line(f"| {' | '.join(cells)} |")
    screen.line()


def text(foreign: str) -> str:
    """Returns the text on one line. HTML comments break up what would become a mention, a reference or a link."""
    return _LINKS.sub("<!-- -->", _PUNCTUATION.sub(r"\\\1", escape(one_line(foreign), quote=False)))
