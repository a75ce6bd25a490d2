"""Code that changes what only the objects of tests have: a fake's count of its calls, say, rather than what it stands for."""

import re
from collections.abc import Callable, Iterator
from typing import Final

from aideator_agent.patterns import lazy
from aideator_agent.signals.added import File
from aideator_agent.signals.finding import Signal

MOST: Final = 200  # names of tests that are looked for
_OWN: Final = lazy(r"^[ \t]+self\.[^=\n]{0,200}=(?!=)", re.MULTILINE)
_NAME: Final = lazy(r"\bself\.(\w{3,})")
_CHANGED: Final = lazy(
    r"(?<!\bself)\.(\w{3,})(?:\s*(?:=(?!=)|\+=)|\s*,[^=\n]{0,80}=(?!=)|\.(?:append|extend|clear)\()"
    r"|\bgetattr\([^,\n]{1,60},\s*[\"'](\w{3,})[\"']"
)


def of_fakes(file: File, language: str | None, tests: str, is_usual: Callable[[str], bool]) -> Iterator[Signal]:
    """`tests`: their text. `is_usual`: whether the base's own code or the task has a word."""
    if language != "python":
        return
    text = "\n".join(line for _, line in file.lines)
    changed = [(found.start(), found[1] or found[2]) for found in _CHANGED.finditer(text)]
    if not changed:
        return
    known = {name for line in _OWN.findall(tests)[:MOST] for name in _NAME.findall(line)}
    own = set(re.findall(r"(?:^[ \t]+|\bdef[ \t]+|\bself\.)(\w+)[ \t]*(?=[:=(,])", text, re.MULTILINE))
    for at, name in changed:
        if name in known and name not in own and not is_usual(name):
            line = text.count("\n", 0, at)
            yield Signal("asks-for-tests", "look", file.path, file.lines[line][0], file.lines[line][1].strip()[:200])
