"""The text of a pull request: what the agent says of its patch, and the run's comparison. Foreign text stays text."""

import re
from io import StringIO
from typing import Final

from aideator_agent.spec import RunSpec
from aideator_cli.choice.comparison import Comparison
from aideator_cli.text.clean import clean
from aideator_cli.views.screen import Screen
from aideator_cli.views.text.markdown import show_markdown, text

MOST_SUMMARY: Final = 4000  # characters
_ROOM: Final = 300  # for what closes a text that is cut
_FENCE: Final = re.compile(r"(`{3,})")
_BLANK: Final = re.compile(r"\n\s*\n")


def pull_request_text(spec: RunSpec, comparison: Comparison, number: int, closes: str | None, most: int) -> str:
    """Returns Markdown of at most `most` characters. What closes the issue comes first, so that it is never cut."""
    summary = next((each.result.summary for each in comparison.order if each.number == number), "")
    paragraphs = [text(part) for part in _BLANK.split(clean(summary)[:MOST_SUMMARY]) if part.strip()]
    out = StringIO()
    show_markdown(Screen(out), spec, comparison, None)
    made = f"AIdeator's run {spec.id}, variation {number} of {len(spec.variations)}:"
    parts = [*([closes] if closes else []), *paragraphs, "---", made, out.getvalue().strip()]
    return bounded("\n\n".join(parts), most)


def bounded(markdown: str, most: int) -> str:
    """Cuts Markdown between lines, and closes what is open there."""
    if len(markdown) <= most:
        return markdown
    kept: list[str] = []
    size, fence, details = 0, "", 0
    for line in markdown.split("\n"):
        size += len(line) + 1
        if size > most - _ROOM:
            break
        kept.append(line)
        if found := _FENCE.match(line):
            fence = "" if fence == found[1] else fence or found[1]
        elif not fence:
            details += line.count("<details>") - line.count("</details>")
    ends = [*([fence] if fence else []), *(["</details>"] * details)]
    return "\n\n".join(["\n".join(kept), *ends, "*The rest did not fit.*"])
