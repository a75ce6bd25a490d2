"""The table of what the variations made."""

import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from aideator_cli.choice.status import status
from aideator_cli.choice.verdicts import Word, check_names, titled, verdicts
from aideator_cli.domain.result import Result
from aideator_cli.text.clean import one_line
from aideator_cli.views import wording
from aideator_cli.views.screen import Screen
from aideator_cli.views.signs import ended_sign
from aideator_cli.views.text.columns import TOUCHED, figures, lesser
from aideator_cli.views.text.columns import titles as titles_of
from aideator_cli.views.text.grid import Grid, Style, Styled, fits, show
from aideator_cli.views.text.names import model_name

if TYPE_CHECKING:
    from rich.segment import Segment

SIGN_STYLES: dict[str, Style] = {"✓": "green", "✗": "red"}
STYLES: dict[Word, Style] = {Word.PASSED: "green", Word.FLAKY: "yellow", Word.NOT_RUN: ""}  # all others are red


def show_end(screen: Screen, results: Sequence[Result], selected: int | None = None) -> None:
    """The table, and below it in a sentence who passed the checks."""
    if screen.plain:
        from aideator_cli.views.text.plain import sentences

        for sentence in sentences(results, selected):
            screen.line(sentence)
    else:
        show_table(screen, results, selected)
    if told := _told(results, check_names((), results)):
        screen.line(screen.folded(told, indent=""))


def show_table(
    screen: Screen,
    results: Sequence[Result],
    selected: int | None = None,
    checks: Sequence[str] | None = None,
    touched: Mapping[int, int] | None = None,
) -> None:
    """Shows one line per variation and one column per check. A narrow terminal leaves out less important columns.

    `checks`: their names, if known. `touched`: by variation, how many tests and check settings its patch changes.
    """
    names = check_names(checks or (), results)
    spared = lesser(results, touched or {})
    table = _fitting(
        lambda without: _table(results, selected, names, touched, without), lambda table: fits(screen, table), spared
    )
    show(screen, table)


def end_lines(results: Sequence[Result], width: int, selected: int | None = None) -> list[list["Segment"]]:
    """Returns the lines of table and sentence, `width` cells wide, for a full-screen view."""
    from rich.console import Console
    from rich.segment import Segment

    from aideator_cli.views.rich_table import drawn

    names = check_names((), results)
    console = Console(width=1000, highlight=False, force_terminal=True, color_system="truecolor")
    table = _fitting(
        lambda without: _table(results, selected, names, None, without),
        lambda table: table.width <= width,
        lesser(results, {}),
    )
    told = _told(results, names)
    lines = console.render_lines(drawn(table), console.options.update_width(width), pad=False)
    return [*lines, *([Segment(line)] for line in textwrap.wrap(told or "", width))]


def _told(results: Sequence[Result], checks: Sequence[str]) -> str | None:
    from aideator_cli.choice.comparison import candidates
    from aideator_cli.choice.reasons import summary

    return summary(candidates(results, checks))


def _fitting(draw: Callable[[Sequence[str]], Grid], holds: Callable[[Grid], bool], spared: Sequence[str]) -> Grid:
    """Leaves out as few of the `spared` columns as possible."""
    tables = (draw(spared[:left_out]) for left_out in range(len(spared) + 1))
    return next((table for table in tables if holds(table)), draw(spared))


def _table(
    results: Sequence[Result],
    selected: int | None,
    checks: Sequence[str],
    touched: Mapping[int, int] | None,
    without: Sequence[str],
) -> Grid:
    table = Grid()
    numbers = [title for title in titles_of(results) if title != TOUCHED or touched is not None]
    titles = ["", " ", "model", "outcome", *titled(checks, results), *numbers]
    kept = [at for at, title in enumerate(titles) if title not in without or 4 <= at < 4 + len(checks)]
    for at in kept:
        right = at >= 4 + len(checks)
        table.add_column(one_line(titles[at]), right=right)
    for result in results:
        told = figures(result, (touched or {}).get(result.variation, 0))
        own = [told[title] for title in numbers]
        row = [*_head(result, result.variation == selected), *_checks(result, checks), *own]
        table.add_row(*(row[at] for at in kept))
    return table


def _head(result: Result, selected: bool) -> list[str | Styled]:
    sign = ended_sign(result)[0] if result.ended else "…"
    return [
        f"{result.variation}{'*' if selected else ''}",
        Styled(sign, SIGN_STYLES.get(sign, "")),
        model_name(result.worker),
        status(result),
    ]


def _checks(result: Result, names: Sequence[str]) -> list[str | Styled]:
    return [Styled(wording.verdict(each), STYLES.get(each.word, "red")) for each in verdicts(result, names)]
