"""Literals that are returned by how long the input is, or by how often something was called: what a subject seldom asks for."""

import re
from collections.abc import Iterator
from typing import Final

from aideator_agent.signals.added import File
from aideator_agent.signals.finding import Signal

ARMS: Final = 2  # from which they are more than one rule
_TEXT: Final = r"\"[^\"\n]{2,}\"|'[^'\n]{2,}'"
# A text, a list or an object of literals, as it stands
_LITERAL: Final = rf"(?:{_TEXT}|(?:\[\]\w+)?[\[{{][^\n]*?(?:{_TEXT}|\"\w\"|'\w')[^\n]*[\]}}])"
_GIVES: Final = rf"[^\n]*?(?:\n[^\n]*?)?\breturn\b[^\n]{{0,60}}?{_LITERAL}"
_SWITCH: Final = re.compile(
    r"\b(?:switch|match)\b[^\n]*(?:\.length\b|\.size\b|\blen\()[^\n]*\n((?:[^\n]*\n?){1,40})", re.MULTILINE
)
_ARM: Final = re.compile(rf"^\s*case\s+\d+\s*:{_GIVES}", re.MULTILINE)
_EQUAL: Final = re.compile(rf"(?:\blen\([\w.]+\)|\b[\w.]+\.length)\s*={{2,3}}\s*\d+\b{_GIVES}", re.MULTILINE)
_CALLED: Final = re.compile(r"\b((?:\w+\.)?[A-Za-z_]\w*)\s*(?:\+\+|\+= 1\b)")


def chosen(file: File) -> Iterator[Signal]:
    text = "\n".join(line for _, line in file.lines)
    arms = [found.start(1) + arm.start() for found in _SWITCH.finditer(text) for arm in _ARM.finditer(found[1])]
    arms += [found.start() for found in _EQUAL.finditer(text)]
    for name in sorted({found[1] for found in _CALLED.finditer(text)})[:20]:
        counted = re.compile(rf"(?<![\w.]){re.escape(name)}\s*={{2,3}}\s*\d+\b{_GIVES}", re.MULTILINE)
        arms += [found.start() for found in counted.finditer(text)]
    if len(arms) < ARMS:
        return
    at = text.count("\n", 0, min(arms)) + (text[min(arms)] == "\n")
    number, line = file.lines[min(at, len(file.lines) - 1)]
    yield Signal("special-case", "look", file.path, number, line.strip()[:200])
