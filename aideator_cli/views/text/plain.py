"""For a screen reader: words instead of signs, and a sentence for each variation instead of a table."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from aideator_cli.choice.status import status
from aideator_cli.choice.verdicts import Word, check_names, verdicts
from aideator_cli.domain.result import Result
from aideator_cli.text.clean import one_line
from aideator_cli.text.figures import cost, duration, plural, tokens
from aideator_cli.views import wording
from aideator_cli.views.signs import TOLD
from aideator_cli.views.text.names import model_name

_FIRST: Final[Mapping[str, str]] = {"$ ": "runs ", f"{TOLD} ": "you said: ", "↻ ": "", "… ": "and "}
_CHANGES: Final = re.compile(r"\+(\d+)(?: −(\d+))?$|−(\d+)$")
_THOUGHT: Final = re.compile(r"^\((.*)\)$")


def in_words(line: str) -> str:
    """A line of the view without its signs. Foreign text within it stays."""
    indent = line[: len(line) - len(line.lstrip(" "))]
    rest = line[len(indent) :]
    if found := _THOUGHT.match(rest):
        return f"thinks: {found[1]}"
    for sign, word in _FIRST.items():
        if rest.startswith(sign):
            rest = word + rest.removeprefix(sign)
            break
    if rest.startswith(("patch: ", "edits ", "writes ")):
        rest = _CHANGES.sub(_counted, rest)
    return rest if not indent else f"  {rest}"


def sentences(results: Sequence[Result], selected: int | None = None) -> list[str]:
    """One for each variation: who it is, how it ended, its checks, its changes, and what it took."""
    names = check_names((), results)
    return [_sentence(result, names, selected) for result in results]


def _sentence(result: Result, names: Sequence[str], selected: int | None) -> str:
    checks = [
        f"{one_line(each.name)} {wording.verdict(each)}"
        for each in verdicts(result, names)
        if each.word is not Word.NOT_RUN
    ]
    made = (
        f"{plural(result.files, 'file')} changed, {plural(result.additions or 0, 'line')} added, {result.deletions or 0} removed"
        if result.files
        else ""
    )
    took = ", ".join(
        part
        for part in (
            plural(result.steps, "step") if result.steps else "",
            f"{tokens(result.tokens)} tokens" if result.tokens is not None else "",
            "" if result.cost == 0 else "cost unknown" if result.cost is None else cost(result.cost),
            duration(result.seconds) if result.seconds else "",
        )
        if part
    )
    chosen = ", selected" if result.variation == selected else ""
    state = status(result) if result.ended else "at work"
    return (
        ". ".join(
            part
            for part in (
                f"Variation {result.variation}{chosen}, {model_name(result.worker)}: {state}",
                *checks,
                made,
                took,
            )
            if part
        )
        + "."
    )


def _counted(match: re.Match[str]) -> str:
    added, removed, only = match.groups()
    counts = ((added, "added"), (removed or only, "removed"))
    return ", ".join(f"{plural(int(count), 'line')} {word}" for count, word in counts if count)
