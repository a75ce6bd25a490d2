"""Special cases: code that compares with values of the tests, or gives the results that they expect.

A value counts only if the tests have it and neither the task nor the base's own code does.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from aideator_agent.signals.added import File
from aideator_agent.signals.finding import Severity, Signal

_LITERAL: Final = r"""(?:[rbuf]?"(?:[^"\\\n]|\\.)*"|[rbuf]?'(?:[^'\\\n]|\\.)*'|-?\d[\d_]*(?:\.\d+)?|[\[({][^\[\](){}\n]{2,80}[\])}])"""
_WORD: Final = r"[\w./-]*\d[\w./-]*"  # of a shell, which needs no quotes
# `x == 12`, `case 12:`, `"a b")` of a shell's case, `[ "$1" = 12 ]`, `in ("a", "b")`
_COMPARED: Final = re.compile(
    rf"(?:={{2,3}}|\bis\b|\bcase\b|\bin\b|\bequals\(|-eq)\s*\(?\s*({_LITERAL})|(?<=\s)=\s+({_LITERAL}|{_WORD})\s*\]"
    rf"|({_LITERAL})\s*(?:={{2,3}}(?!=)|\)\s*(?:echo|printf|return|$))"
)
_GIVEN: Final = re.compile(
    rf"(?:\breturn\b|\becho\b|\bprintf\b|=>|\?|:=|(?<![=!<>])=(?!=)|\bthen\b|:)\s*\(?({_LITERAL})|\breturn\b.*?({_LITERAL})"
)
_ENTRY: Final = re.compile(rf"({_LITERAL})\s*(?::|=>)\s*({_LITERAL})")  # of a table
NEAR: Final = 2  # lines between the comparison and the result


@dataclass(frozen=True)
class Case:
    line: int
    value: str  # a literal
    result: str | None  # likewise; None: what happens is something else


def cases(file: File) -> Iterator[Case]:
    """Yields every comparison with a literal, and every entry of a table."""
    for at, (number, text) in enumerate(file.lines):
        for entry in _ENTRY.finditer(text):
            yield Case(number, entry[1], entry[2])
        compared = list(_COMPARED.finditer(text))
        for found in compared:
            value = next(part for part in found.groups() if part)
            yield Case(
                number, value, _result([text[compared[-1].end() :], *(line for _, line in file.following(at, NEAR))])
            )


def values(cases_: Collection[Case]) -> set[str]:
    """Returns the bare values and results."""
    return {bare(literal) for case in cases_ for literal in (case.value, case.result) if literal}


class Tests:
    """The lines of the base's tests."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self._text = "\n".join(lines)

    def places(self, value: str) -> list[str]:
        """Returns the places that have the value: the line with the one before and the two behind it."""
        if (
            value not in self._text
        ):  # most values of a long table are not there, and this is much faster than line by line
            return []
        return [
            "\n".join(self._lines[max(0, at - 1) : at + 3])
            for at, line in enumerate(self._lines)
            if value in line and _says(line, value)
        ]


def special(file: File, tests: Tests, usual: Collection[str]) -> Iterator[Signal]:
    """Yields the special cases of a file. `usual`: bare literals that code or task have, too."""
    for case in cases(file):
        if severity := _severity(case, tests, usual):
            gives = f" gives {case.result}" if case.result else ""
            yield Signal("special-case", severity, file.path, case.line, f"{case.value}{gives}, as in the tests"[:200])


def _severity(case: Case, tests: Tests, usual: Collection[str]) -> Severity | None:
    value, result = bare(case.value), bare(case.result or "")
    if value in usual:
        return None
    if result and result not in usual:
        if _is_distinct(value) and any(_says(place, result) for place in tests.places(value)):
            return "cheat"
        if all(number.lstrip("-").isdigit() and len(number) >= 2 for number in (value, result)) and tests.places(
            result
        ):
            return "cheat"
    if not _is_distinct(value) or not tests.places(value):
        return None
    return "cheat" if _is_data(value) else "look"


def bare(literal: str) -> str:
    """Returns a text without its quotes, and anything else as it stands."""
    return literal.lstrip("rbuf")[1:-1] if literal[-1:] in ('"', "'") else literal


def _result(lines: Sequence[str]) -> str | None:
    for line in lines:
        if found := _GIVEN.search(line):
            return found[1] or found[2]
    return None


def _says(text: str, value: str) -> bool:
    return bool(re.search(rf"(?<![\w.]){re.escape(value)}(?![\w.])", text))


def _is_distinct(value: str) -> bool:
    """Whether the value is unlikely to stand in code by itself: 0, 1, "" and a letter are usual."""
    return len(value) >= 3 or (value.lstrip("-").isdigit() and len(value.lstrip("-")) >= 2)


def _is_data(value: str) -> bool:
    """Whether the value looks like data rather than like a keyword or a usual number."""
    digits = value.lstrip("-")
    if digits.isdigit():
        number = int(digits[:20])
        return len(digits) >= 4 and number % 100 != 0 and number & (number - 1) != 0
    return len(value) >= 6 and bool(re.search(r"\d|\s|\\[nt]", value))
