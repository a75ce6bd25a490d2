"""Answers side by side, and the places that they cite. Their Markdown stays text. The size is bounded; a note says what is cut."""

from collections.abc import Sequence
from typing import Any, Final

from aideator_cli.choice.comparison import Comparison
from aideator_cli.text.places import parted, place, wrong
from aideator_cli.views.text.names import model_name

CHARACTERS: Final = 100_000  # of one answer
PLACES: Final = 500  # rows


def answers(comparison: Comparison, numbers: Sequence[int]) -> dict[str, Any]:
    """Returns the values `answers`, `cited` and `cited_left` of the template. `numbers`: the variations, ascending."""
    shown = comparison.cited[:PLACES]
    return {
        "answers": [
            {
                "number": result.variation,
                "model": model_name(result.model),
                "parts": parted((result.answer or "")[:CHARACTERS], result.citations),
                "left": max(0, len(result.answer or "") - CHARACTERS),
                "wrong": wrong(result.citations),
                "changed": list(result.changed),
            }
            for result in comparison.answers
        ],
        "cited": [
            {"path": place(each.path, each.first, each.last), "marks": [number in each.numbers for number in numbers]}
            for each in shown
        ],
        "cited_left": len(comparison.cited) - len(shown),
    }
