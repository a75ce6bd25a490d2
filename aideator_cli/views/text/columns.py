"""The figures in a variation's row: the same on a terminal, in Markdown and in the report."""

from collections.abc import Mapping, Sequence
from typing import Final

from aideator_cli.domain.result import Result
from aideator_cli.text.figures import changes, cost, duration, tokens

TOUCHED: Final = "touched"  # tests of the base and settings of checks that the patch changes
CITES: Final = "cites"  # places that the answer names, and how many of them don't exist
OF_PATCHES: Final = ("files", "+/−", TOUCHED)
TITLES: Final = (*OF_PATCHES, CITES, "steps", "tokens", "cost", "time")
LESSER: Final = ("tokens", "steps", TOUCHED, "files", "model", "cost", "time")  # left out in this order
NOTHING: Final = ("", "–")


def figures(result: Result, touched: int) -> dict[str, str]:
    """By title; empty where there is nothing to count."""
    told = (
        str(result.files or ""),
        changes(result.additions, result.deletions) if result.files else "",
        str(touched or ""),
        _cites(result),
        str(result.steps),
        tokens(result.tokens),
        cost(result.cost),
        duration(result.seconds),
    )
    return dict(zip(TITLES, told, strict=True))


def titles(results: Sequence[Result]) -> tuple[str, ...]:
    """Returns the columns that can hold something: those of patches, or that of answers."""
    answered = any(result.answer_sha256 for result in results)
    left_out = OF_PATCHES if answered and not any(result.files for result in results) else () if answered else (CITES,)
    return tuple(title for title in TITLES if title not in left_out)


def _cites(result: Result) -> str:
    if result.answer_sha256 is None:
        return ""
    wrong = len(result.wrong_citations)
    return f"{len(result.citations) + result.citations_left_out}{f', {wrong} ⚠' if wrong else ''}"


def lesser(results: Sequence[Result], touched: Mapping[int, int]) -> list[str]:
    """Returns the columns to leave out in a narrow place, in order. Columns that are empty in every row come first."""
    rows = [figures(result, touched.get(result.variation, 0)) for result in results]
    return sorted(LESSER, key=lambda title: any(row.get(title) not in NOTHING for row in rows))
