"""What reviewers agree on, as a comment on a pull request. What models wrote stays text: no markup, mention, reference or link."""

import re
from typing import Final

from aideator_agent.spec import Review
from aideator_cli.choice.cited import NEAR, CitedPlace
from aideator_cli.choice.comparison import Comparison
from aideator_cli.domain.result import Result
from aideator_cli.text.clean import clean, one_line
from aideator_cli.text.figures import plural
from aideator_cli.text.places import place
from aideator_cli.views.text.markdown import text
from aideator_cli.views.text.names import model_name
from aideator_cli.views.text.pull_request import bounded

MOST_WORDS: Final = 600  # characters of what one reviewer says of a place
MOST: Final = 65_000  # characters of a comment: what the strictest forge takes
_PARTS: Final = re.compile(r"\n[ \t]*\n|\n(?=[ \t]*(?:[-*+]|\d{1,3}[.)])[ \t])")
_BULLET: Final = re.compile(r"^\s*(?:[-*+]|\d{1,3}[.)]|#{1,6})\s+")


def review_text(review: Review, comparison: Comparison, places: tuple[CitedPlace, ...], left_out: int) -> str:
    """Returns Markdown: each place, and what each reviewer says of it."""
    answers = {result.variation: result for result in comparison.answers}
    reviewers = plural(len(answers), "AI reviewer")
    which = f"{reviewers} looked at {review.last[:12]}. At least two of them name each place below."
    begin = f"{which} Check what they say before you act on it."
    parts = [begin, *(_place(each, answers) for each in places)]
    if left_out:
        parts.append(f"{plural(left_out, 'more place')} did not fit.")
    return bounded("\n\n".join(parts), MOST)


def _place(cited: CitedPlace, answers: dict[int, Result]) -> str:
    said = [_said(answers[number], cited) for number in cited.numbers if number in answers]
    heading = f"**{text(place(cited.path, cited.first, cited.last))}** ({len(cited.numbers)} of {len(answers)})"
    return "\n".join([heading, "", *said])


def _said(result: Result, cited: CitedPlace) -> str:
    return f"- {text(model_name(result.model))}: {text(_excerpt(result, cited))}"


def _excerpt(result: Result, cited: CitedPlace) -> str:
    """Returns the paragraph or item of an answer that names the place."""
    names = [
        clean(each.text)
        for each in result.citations
        if not each.problem
        and each.path == cited.path
        and each.first is not None
        and _touches(each.first, each.last, cited)
    ]
    for part in _PARTS.split(clean(result.answer or "")):
        if any(name in part for name in names):
            words = one_line(_BULLET.sub("", part))
            return words if len(words) <= MOST_WORDS else f"{words[:MOST_WORDS].rstrip()} …"
    return "names it"


def _touches(first: int, last: int | None, cited: CitedPlace) -> bool:
    begin, end = cited.first or 0, cited.last or cited.first or 0
    return first <= end + NEAR and (last or first) >= begin - NEAR
