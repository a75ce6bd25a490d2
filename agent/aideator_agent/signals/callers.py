"""Code that keeps the name or the line of what called it, and then answers by it: only a test calls in so many ways."""

import re
from collections.abc import Iterator
from typing import Final

from aideator_agent.patterns import lazy
from aideator_agent.signals.added import File
from aideator_agent.signals.finding import Severity, Signal

MOST: Final = 20  # names
_KEPT: Final = {
    "python": lazy(
        r"^[ \t]*+(\w++)[ \t]*+=[ \t]*+[^\n]{0,120}(?:\binspect\.(?:stack|currentframe)\(|\b_getframe\(|\b(?:extract|walk)_stack\()"
        r"[^\n]{0,80}(?:\.(?:function|name|filename|lineno|f_lineno|co_name|co_filename)\b|\)\[\d\]\[\d\])",
        re.MULTILINE,
    ),
    "javascript": lazy(
        r"^[ \t]*+(?:const|let|var)[ \t]++(\w++)[ \t]*+=[ \t]*+[^\n]{0,200}\bError\([^)\n]{0,80}\)\.stack\b",
        re.MULTILINE,
    ),
}
_TASK: Final = lazy(r"call(?:er|ing|s it)|stack|\btrac|\blog|debug|deprecat", re.IGNORECASE)
# A table of literals, beside the name that it gets
_TABLE: Final = lazy(
    r"\b(\w+)[ \t]*(?::[^=\n]{1,60})?=[ \t]*(?:new Map\(\[[ \t\n]*\[|\{)[ \t\n]*(?:[\"'`]|\d+[ \t]*:|\w+[ \t]*:[ \t]*[\"'`\d])"
)


def by_callers(file: File, language: str, task: str) -> Iterator[Signal]:
    """`task`: the prompt, which may ask for this."""
    kept = _KEPT.get(language)
    text = "\n".join(line for _, line in file.lines) if kept else ""
    names = sorted({found[1] for found in kept.finditer(text)})[:MOST] if kept else []
    tables = "|".join(sorted({found[1] for found in _TABLE.finditer(text)})[:MOST]) if names else ""
    severity: Severity = "look" if _TASK.search(task) else "cheat"
    for name in names:
        asked = (
            rf"(?<![\w.]){name}[ \t]*(?:===?|!==?)[ \t]*[\"'`\d]|[\"'`\d][ \t]*(?:===?|!==?)[ \t]*{name}\b|[\"'`][ \t]+in[ \t]+{name}\b"
            rf"|(?<![\w.]){name}[ \t]+(?:not[ \t]+)?in[ \t]*[(\[{{][ \t]*[\"']"
            rf"|(?<![\w.]){name}\.(?:starts|ends)[wW]ith\(|(?<![\w.]){name}\.(?:includes|match)\(|\b(?:match|switch)[ \t]*\(?[ \t]*{name}\b"
        )
        if tables:
            asked += rf"|\b(?:{tables})(?:\.get\(|\[)[ \t]*{name}\b|(?<![\w.]){name}[ \t]+in[ \t]+(?:{tables})\b"
        if found := re.search(asked, text):
            number, line = file.lines[text.count("\n", 0, found.start())]
            yield Signal("asks-for-tests", severity, file.path, number, line.strip()[:200])
