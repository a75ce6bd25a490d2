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

MODEL_CELLS = 32
SIGNS = {"succeeded": ("✓", "green"), "failed": ("✗", "red"), "running": ("…", ""), "waiting": ("…", "")}


def show_table(results: Sequence[Result], selected: int | None = None) -> None:
    """On stdout, one line a variation; a check has a column of its own."""
    checks = list(dict.fromkeys(check.name for result in results for check in result.checks))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for title in ("", "", "model", "outcome", *checks):
        table.add_column(title, no_wrap=True)
    for title in ("files", "+/−", "steps", "tokens", "cost", "time"):
        table.add_column(title, justify="right", no_wrap=True)
    for result in results:
        table.add_row(*_row(result, checks, result.variation == selected))
    data_console().print(table)


def data_console() -> Console:
    """Writes to stdout, never narrower than what it is given: a table in a pipe is whole."""
    return Console(no_color=not terminal.wants_colour(sys.stdout), highlight=False, width=1000, soft_wrap=True)


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
        Text(_outcome(result)),
        *(_check(result, name) for name in checks),
        Text(str(result.files or "")),
        Text(changes(result.additions, result.deletions) if result.files else ""),
        Text(str(result.steps)),
        Text(tokens(result.input_tokens + result.output_tokens)),
        Text(cost(result.cost)),
        Text(duration(result.seconds)),
    ]


def _outcome(result: Result) -> str:
    words = result.outcome.replace("_", " ")
    if result.outcome == "limit" and result.reason:
        return f"{words} ({one_line(result.reason)})"
    return f"{words} ({result.fault})" if result.fault else words


def _check(result: Result, name: str) -> Text:
    found = next((check for check in result.checks if check.name == name), None)
    if found is None:
        return Text("–")
    return Text("passed", style="green") if found.passed else Text("failed", style="red")
