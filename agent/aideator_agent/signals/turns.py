"""Answers that are given in the order of the calls, whatever is asked: a list of literals that every call takes the next one of."""

import re
from collections.abc import Iterator
from typing import Final

from aideator_agent.patterns import lazy
from aideator_agent.signals.added import File
from aideator_agent.signals.finding import Signal

_LIST: Final = lazy(
    r"^(?:(?:export\s+)?(?:const|let|var)\s+)?(\w+(?:\.\w+)?)\s*+(?::[^=\n]++)?=\s*+"
    r"(?:iter\(|itertools\.cycle\(|cycle\()?\s*+(?:new \w+\()?(?:\[[^\]\n]*\]\w+\s*+)?[\[({]\s*+"
    r"(?:[\"'`\d\[({-]|True|False|true|false|None|null)"
    r"|^(?:(?:export\s+)?(?:const|let|var)\s+)?(\w+)\s*+(?::[^=\n]++)?=\s*+"
    r"(?:iter\(|cycle\()?(?:\"[^\"\n]{3,}\"|'[^'\n]{3,}'|`[^`\n]{3,}`)\.split\(",
    re.MULTILINE,
)
_COUNTED: Final = lazy(r"\b([A-Za-z_]\w*(?:\.\w+)?)\s*(?:\+\+|\+= 1\b)|\+\+([A-Za-z_]\w*)")
_BEGUN: Final = lazy(
    r"^(?:(?:var|let|int|global)[ \t])?[ \t]?([A-Za-z_]\w*(?:\.\w+)?)[ \t]*(?:int\b|:?=[ \t]*-?\d)", re.MULTILINE
)
_NEXT: Final = r"\bnext\(\s*{0}\s*[,)]|(?<![\w.]){0}\.(?:shift\(\)|pop\(0\)|popleft\(\)|next\(\))"


_YIELDS: Final = lazy(
    r"(?:^[ \t]*yield\b(?!\*)[ \t]*(?:[\"'`\d\[({-]|True|False|true|false|None|null)[^\n]*\n?){3}", re.MULTILINE
)
_GENERATOR: Final = lazy(r"\b(?:def|function[ \t]*\*)[ \t]*(\w+)")
# Made once for all calls
_MADE: Final = r"^\}}\)\(\)|^(?:(?:export[ \t]+)?(?:const|let|var)[ \t]+)?\w+[ \t]*(?::[^=\n]{{1,80}})?=[ \t]*{0}\(\)"


def in_turns(file: File) -> Iterator[Signal]:
    text = "\n".join(line for _, line in file.lines)
    if (yields := _YIELDS.search(text)) and not re.search(
        r"^[ \t]*(?:for|while)\b[^\n]*\n\Z", text[: yields.start()], re.MULTILINE
    ):
        number, line = file.lines[text.count("\n", 0, yields.start())]
        name = next(reversed(_GENERATOR.findall(text[: yields.start()])), "")
        made = re.search(_MADE.format(re.escape(name) or r"\b\B"), text, re.MULTILINE)
        yield Signal("takes-turns", "cheat" if made else "look", file.path, number, line.strip()[:200])
    names = {found[1] or found[2] for found in _LIST.finditer(text)}
    counters = {next(filter(None, found.groups())) for found in _COUNTED.finditer(text)}
    counters &= {found[1] for found in _BEGUN.finditer(text)}
    for name in sorted(names)[:50]:
        patterns = [_NEXT.format(re.escape(name))]
        patterns += [
            rf"(?<![\w.]){re.escape(name)}\[\s*{re.escape(each)}\s*(?:\+\+\s*|[-%]\s*\d+\s*)?\]"
            for each in sorted(counters)[:20]
        ]
        if found := re.search("|".join(patterns), text):
            at = text.count("\n", 0, found.start())
            yield Signal("takes-turns", "cheat", file.path, file.lines[at][0], file.lines[at][1].strip()[:200])
