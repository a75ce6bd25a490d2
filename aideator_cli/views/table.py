"""The table of what the variations made."""

import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from aideator_cli import terminal
from aideator_cli.clean import one_line
from aideator_cli.figures import changes, cost, duration, tokens
from aideator_cli.result import Result
from aideator_cli.views import wording

MODEL_CELLS = 32
NUMBERS = ("files", "+/−", "steps", "tokens", "cost", "time")
LESSER = ("tokens", "steps", "files", "model", "cost", "time")  # the first to go is the first
SIGNS = {"succeeded": ("✓", "green"), "failed": ("✗", "red"), "running": ("…", ""), "waiting": ("…", "")}


def show_table(results: Sequence[Result], selected: int | None = None) -> None:
    """On stdout, one line a variation; a check has a column of its own. A narrow terminal is spared the lesser columns."""
    checks = list(dict.fromkeys(check.name for result in results for check in result.checks))
    for left_out in range(len(LESSER) + 1):
        table = _table(results, selected, checks, LESSER[:left_out])
        if fits(table):
            break
    show(table)


def _table(results: Sequence[Result], selected: int | None, checks: list[str], without: Sequence[str]) -> Table:
    table = plain_table()
    rows = [_row(result, checks, result.variation == selected) for result in results]
    for title in [title for title in _titles(checks) if title not in without]:
        table.add_column(title.strip(), no_wrap=True, justify="right" if title in NUMBERS else "left")
    for row in rows:
        table.add_row(*(text for title, text in zip(_titles(checks), row, strict=True) if title not in without))
    return table


def _titles(checks: Sequence[str]) -> list[str]:
    return ["", " ", "model", "outcome", *checks, *NUMBERS]


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


def _row(result: Result, checks: Sequence[str], selected: bool) -> list[Text]:
    sign, style = (
        ("✗", "red") if result.outcome == "succeeded" and not result.succeeded else SIGNS.get(result.outcome, ("–", ""))
    )
    return [
        Text(f"{result.variation}{'*' if selected else ''}"),
        Text(sign, style=style),
        Text(model_name(result.model)),
        Text(wording.outcome(result)),
        *(_check(result, name) for name in checks),
        Text(str(result.files or "")),
        Text(changes(result.additions, result.deletions) if result.files else ""),
        Text(str(result.steps)),
        Text(tokens(result.input_tokens + result.output_tokens)),
        Text(cost(result.cost)),
        Text(duration(result.seconds)),
    ]


def _check(result: Result, name: str) -> Text:
    found = next((check for check in result.checks if check.name == name), None)
    if found is None:
        return Text("–")
    return Text("passed", style="green") if found.passed else Text("failed", style="red")
