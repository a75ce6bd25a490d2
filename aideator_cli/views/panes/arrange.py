"""How many panes there is room for, and how they stand: pure arithmetic."""

from typing import Final

from aideator_agent.values import frozen

MOST: Final = 5  # panes at once
LEAST_WIDTH, LEAST_HEIGHT = 40, 12  # cells of a pane that can be read
GOOD_WIDTH, GOOD_HEIGHT = 60, 20
SIDE_BY_SIDE: Final = 100  # cells from which on two stand next to each other


@frozen
class Grid:
    columns: int
    rows: int
    shown: int


def arrange(width: int, height: int, count: int) -> Grid:
    """The grid for up to `count` panes in so many cells; one alone where there is room for no more."""
    for shown in range(min(count, MOST), 1, -1):
        grids = [Grid(columns, -(-shown // columns), shown) for columns in range(1, shown + 1)]
        fitting = [grid for grid in grids if _fits(grid, width, height)]
        if fitting:
            return max(fitting, key=lambda grid: (_merit(grid, width, height), -grid.rows))
    return Grid(1, 1, 1)


def _fits(grid: Grid, width: int, height: int) -> bool:
    return (
        width // grid.columns >= LEAST_WIDTH
        and height // grid.rows >= LEAST_HEIGHT
        and (grid.columns == 1 or width >= SIDE_BY_SIDE)
    )


def _merit(grid: Grid, width: int, height: int) -> float:
    """How near each pane comes to a good size, and how little is left empty."""
    good = min(1.0, width / grid.columns / GOOD_WIDTH) * min(1.0, height / grid.rows / GOOD_HEIGHT)
    return good * (grid.shown / (grid.columns * grid.rows)) ** 2
