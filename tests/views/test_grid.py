"""A grid looks as rich's table does, of which it takes the place: to the byte, in colour and without."""

from typing import Literal

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from aideator_cli.text.clean import one_line
from aideator_cli.views.rich_table import drawn
from aideator_cli.views.text.grid import CODES, Grid, Styled, cells

TEXT = st.text("ab 1[]:é…–−·✓✗日本🎉\u0301", max_size=8).map(one_line).map(lambda text: text.lstrip("\u0301"))
STYLE = st.sampled_from(["", *CODES])


@st.composite
def grids(draw: st.DrawFn) -> Grid:
    columns = draw(st.integers(0, 3))
    grid = Grid(header=draw(st.booleans()))
    texts = [TEXT] * columns + [TEXT.map("x".__add__)]  # rich gives an empty last column a blank
    for text in texts:
        grid.add_column(draw(text), right=draw(st.booleans()))
    for _ in range(draw(st.integers(1, 4))):
        grid.add_row(*(draw(st.one_of(text, st.builds(Styled, text, STYLE))) for text in texts))
    return grid


@settings(deadline=None)
@given(grids(), st.booleans())
def test_it_is_drawn_as_rich_draws_a_table(grid: Grid, colour: bool) -> None:
    system: Literal["standard"] | None = "standard" if colour else None
    console = Console(no_color=not colour, force_terminal=colour, highlight=False, width=1000, color_system=system)
    with console.capture() as captured:
        console.print(drawn(grid))
    assert list(grid.lines(colour=colour)) == [line.rstrip() for line in captured.get().split("\n")[:-1]]
    assert grid.width == console.measure(drawn(grid)).maximum


@settings(deadline=None)
@given(st.text())
def test_a_text_takes_as_many_cells_as_rich_counts(text: str) -> None:
    assert cells(one_line(text)) == cell_len(one_line(text))
    assert cells("…–−×·✓✗" + one_line(text)) == cell_len("…–−×·✓✗" + one_line(text))
