"""What a row tells of a variation in figures: the same on a terminal, in Markdown and on the page."""

from collections.abc import Mapping, Sequence
from typing import Final

from aideator_cli.figures import changes, cost, duration, tokens
from aideator_cli.result import Result

TOUCHED: Final = "touched"  # tests of the base and settings of checks that the patch changes
TITLES: Final = ("files", "+/−", TOUCHED, "steps", "tokens", "cost", "time")
LESSER: Final = ("tokens", "steps", TOUCHED, "files", "model", "cost", "time")  # the first to go is the first
NOTHING: Final = ("", "–")


def figures(result: Result, touched: int) -> dict[str, str]:
    """By title; empty where there is nothing to count."""
    told = (
        str(result.files or ""),
        changes(result.additions, result.deletions) if result.files else "",
        str(touched or ""),
        str(result.steps),
        tokens(result.input_tokens + result.output_tokens),
        cost(result.cost),
        duration(result.seconds),
    )
    return dict(zip(TITLES, told, strict=True))


def lesser(results: Sequence[Result], touched: Mapping[int, int]) -> list[str]:
    """What a narrow place is spared, in that order: first of all what is empty in every row."""
    rows = [figures(result, touched.get(result.variation, 0)) for result in results]
    return sorted(LESSER, key=lambda title: any(row.get(title) not in NOTHING for row in rows))
