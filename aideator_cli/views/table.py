"""The table of what the variations made."""

import sys
import textwrap
from collections.abc import Callable, Mapping, Sequence

from rich.console import Console
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from aideator_cli import terminal
from aideator_cli.choice.comparison import candidates
from aideator_cli.choice.reasons import summary
from aideator_cli.choice.verdicts import Word, check_names, verdicts
from aideator_cli.clean import one_line
from aideator_cli.result import Result
from aideator_cli.views import wording
from aideator_cli.views.columns import TITLES, TOUCHED, figures, lesser

MODEL_CELLS = 32
SIGNS = {"succeeded": ("✓", "green"), "failed": ("✗", "red"), "running": ("…", ""), "waiting": ("…", "")}
STYLES = {Word.PASSED: "green", Word.FLAKY: "yellow", Word.NOT_RUN: ""}  # all others are red


def show_end(results: Sequence[Result], selected: int | None = None) -> None:
    """The table, and below it in a sentence who passed the checks."""
    show_table(results, selected)
    told = summary(candidates(results, check_names((), results)))
    if told:
        print(textwrap.fill(told, terminal.width()) if sys.stdout.isatty() else told)


def show_table(
    results: Sequence[Result],
    selected: int | None = None,
    checks: Sequence[str] | None = None,
    touched: Mapping[int, int] | None = None,
) -> None:
    """On stdout, one line a variation; a check has a column of its own. A narrow terminal is spared the lesser columns.

    `checks`: their names, where they are known; `touched`: by variation, how many tests and checks' settings its patch changes.
    """
    names = check_names(checks or (), results)
    spared = lesser(results, touched or {})
    show(_fitting(lambda without: _table(results, selected, names, touched, without), fits, spared))


def end_lines(results: Sequence[Result], width: int, selected: int | None = None) -> list[list[Segment]]:
    """Table and sentence, line by line in so many cells, for a screen that is drawn."""
    names = check_names((), results)
    console = Console(width=1000, highlight=False, force_terminal=True, color_system="truecolor")
    table = _fitting(
        lambda without: _table(results, selected, names, None, without),
        lambda table: console.measure(table).maximum <= width,
        lesser(results, {}),
    )
    told = summary(candidates(results, names))
    lines = console.render_lines(table, console.options.update_width(width), pad=False)
    return [*lines, *([Segment(line)] for line in textwrap.wrap(told or "", width))]


def _fitting(draw: Callable[[Sequence[str]], Table], holds: Callable[[Table], bool], spared: Sequence[str]) -> Table:
    """With as few of these columns left out as it takes."""
    tables = (draw(spared[:left_out]) for left_out in range(len(spared) + 1))
    return next((table for table in tables if holds(table)), draw(spared))


def _table(
    results: Sequence[Result],
    selected: int | None,
    checks: Sequence[str],
    touched: Mapping[int, int] | None,
    without: Sequence[str],
) -> Table:
    table = plain_table()
    numbers = [title for title in TITLES if title != TOUCHED or touched is not None]
    titles = ["", " ", "model", "outcome", *checks, *numbers]
    kept = [at for at, title in enumerate(titles) if title not in without or 4 <= at < 4 + len(checks)]
    for at in kept:
        right = at >= 4 + len(checks)
        table.add_column(Text(one_line(titles[at])), no_wrap=True, justify="right" if right else "left")
    for result in results:
        told = figures(result, (touched or {}).get(result.variation, 0))
        own = [Text(told[title]) for title in numbers]
        row = [*_head(result, result.variation == selected), *_checks(result, checks), *own]
        table.add_row(*(row[at] for at in kept))
    return table


def plain_table() -> Table:
    return Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")


def fits(table: Table) -> bool:
    """Whether a person's terminal is wide enough; a pipe always is."""
    return not sys.stdout.isatty() or _console().measure(table).maximum <= terminal.width()


def show(table: Table) -> None:
    """Whole, and without blanks at the lines' ends."""
    console = _console()
    with console.capture() as captured:
        console.print(table)
    print("\n".join(line.rstrip() for line in captured.get().rstrip("\n").split("\n")))


def _console() -> Console:
    colour = terminal.wants_colour(sys.stdout)
    return Console(no_color=not colour, force_terminal=colour, highlight=False, width=1000, soft_wrap=True)


def model_name(model: str) -> str:
    """A script by its file's name alone; a long name cut."""
    name = one_line(model)
    if name.startswith("scripted/"):
        name = f"scripted/{name.rpartition('/')[2]}"
    return name if len(name) <= MODEL_CELLS else name[: MODEL_CELLS - 1] + "…"


def short_names(models: Mapping[int, str]) -> dict[int, str]:
    """Without what all of them begin with, up to a `/`."""
    parts = {number: model_name(model).split("/") for number, model in models.items()}
    while all(len(each) > 1 for each in parts.values()) and len({each[0] for each in parts.values()}) == 1:
        parts = {number: each[1:] for number, each in parts.items()}
    return {number: "/".join(each) for number, each in parts.items()}


def _head(result: Result, selected: bool) -> list[Text]:
    sign, style = (
        ("✗", "red") if result.outcome == "succeeded" and not result.succeeded else SIGNS.get(result.outcome, ("–", ""))
    )
    return [
        Text(f"{result.variation}{'*' if selected else ''}"),
        Text(sign, style=style),
        Text(model_name(result.model)),
        Text(wording.outcome(result)),
    ]


def _checks(result: Result, names: Sequence[str]) -> list[Text]:
    return [Text(wording.verdict(each), style=STYLES.get(each.word, "red")) for each in verdicts(result, names)]
