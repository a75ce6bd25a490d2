"""Places in files, as people read them."""

import re
from collections.abc import Iterable

from aideator_agent.citation import Citation
from aideator_cli.text.clean import clean, one_line


def place(path: str, first: int | None, last: int | None) -> str:
    """Returns `src/parser.py:12-20`. Cleaned."""
    lines = "" if first is None else f":{first}" if last in (None, first) else f":{first}-{last}"
    return f"{one_line(path)}{lines}"


def problem(cited: Citation) -> str:
    """Returns what is wrong with a cited place, in a few words. Empty if it exists."""
    if cited.problem == "no_file":
        return "no such file"
    if cited.problem == "no_line" and cited.lines is None:
        return "no such line"
    if cited.problem == "no_line":
        return f"the file has {cited.lines} line{'' if cited.lines == 1 else 's'}"
    return ""


def wrong(citations: Iterable[Citation]) -> list[str]:
    """Returns the places that do not exist, each with the reason: `lexer.py:9 (no such file)`. Cleaned."""
    return [f"{place(each.path, each.first, each.last)} ({problem(each)})" for each in citations if each.problem]


def parted(text: str, citations: Iterable[Citation]) -> list[tuple[str, str]]:
    """Returns the cleaned text in pieces, each with what is wrong with the place that it is. Empty for ordinary text."""
    problems = {clean(each.text): problem(each) for each in citations if each.problem and each.text}
    text = clean(text)
    if not problems:
        return [(text, "")]
    longest_first = sorted(problems, key=len, reverse=True)
    pattern = rf"(?<![\w./-])({'|'.join(map(re.escape, longest_first))})(?![\w-])"
    return [
        (piece, problems.get(piece, "") if number % 2 else "") for number, piece in enumerate(re.split(pattern, text))
    ]
