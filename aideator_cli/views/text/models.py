"""Models as a table: what they cost, what they can hold, and whether they answer."""

from collections.abc import Iterable, Sequence
from typing import Final

from aideator_cli.text.clean import one_line
from aideator_cli.text.figures import cost, duration, tokens
from aideator_cli.views.screen import Screen
from aideator_cli.views.text.grid import Grid, Styled, fits, show

TITLES: Final = ("model", "in", "out", "cached", "context", "max out", "tools", "keys", "host")
LESSER: Final = ("host", "max out", "tools", "keys")  # left out in this order where there is no room
WORDS: Final = 200  # characters of an error

Row = tuple[str, str, str, str, str, str, str, str, str]  # by TITLES


def show_models(screen: Screen, rows: Sequence[Row], usable: Sequence[bool]) -> None:
    """`usable`: whether the keys of each are at hand."""
    hidden: list[str] = []
    grid = _grid(rows, usable, hidden)
    while not fits(screen, grid) and len(hidden) < len(LESSER):
        hidden.append(LESSER[len(hidden)])
        grid = _grid(rows, usable, hidden)
    show(screen, grid)


def row(
    name: str, price: tuple[float, float, float | None] | None, sizes: Sequence[int | None], keys: Sequence[str], host: str | None,
    *, calls_tools: bool,
) -> Row:  # fmt: skip
    """`price`: USD per token, for input, output and cached input. `sizes`: tokens of the window and of a turn."""
    costs = (None, None, None) if price is None else price
    figures = [_dollars(each) for each in costs]
    cached = "–" if price is not None and price[2] is None else figures[2]
    window, turn = map(tokens, sizes)
    return (
        one_line(name), figures[0], figures[1], cached, window, turn, "yes" if calls_tools else "?", " ".join(map(one_line, keys)) or "–",
        one_line(host) if host else "?",
    )  # fmt: skip


def show_answer(screen: Screen, name: str, seconds: float | None, dollars: float | None, error: str | None) -> None:
    if error is None and seconds is not None:
        screen.line(f"✓ {one_line(name)} answered in {duration(seconds)} ({cost(dollars)})")
    else:
        screen.line(f"✗ {one_line(name)}: {one_line(error or '')[:WORDS]}")


def _grid(rows: Iterable[Row], usable: Iterable[bool], hidden: Sequence[str]) -> Grid:
    grid = Grid()
    for title in TITLES:
        if title not in hidden:
            grid.add_column(title, right=title not in ("model", "tools", "keys", "host"))
    for each, can in zip(rows, usable, strict=True):
        shown = [cell for cell, title in zip(each, TITLES, strict=True) if title not in hidden]
        grid.add_row(*(Styled(cell, "" if can else "dim") for cell in shown))
    return grid


def _dollars(per_token: float | None) -> str:
    return "?" if per_token is None else f"${per_token * 1e6:.4g}"
