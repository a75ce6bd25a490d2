"""Python classes that are equal to everything: an `__eq__` that does not look at its operand."""

import re
from collections.abc import Iterator
from typing import Final

from aideator_agent.signals.added import File
from aideator_agent.signals.finding import Signal

_NAMES: Final = "eq|ne|contains|instancecheck|subclasscheck|lt|le|gt|ge"
_METHOD: Final = re.compile(rf"(\s*)(?:async )?def __(?:{_NAMES})__\(\s*\w+\s*,\s*\*?(\w+)[^)]*\)(?:\s*->[^:]*)?:(.*)")
_LAMBDA: Final = re.compile(rf"\b__(?:{_NAMES})__\s*=\s*lambda\s*(?:\w+\s*,\s*\*?(\w+)|\*(\w+))[^:]*:(.*)")
BODY: Final = 30  # lines of a method


def equal_to_all(file: File) -> Iterator[Signal]:
    for at, (number, text) in enumerate(file.lines):
        if found := _LAMBDA.search(text):
            name, body = found[1] or found[2], found[3]
        elif found := _METHOD.match(text):
            name, body = found[2], found[3] + "\n" + _body(file, at, len(found[1].expandtabs()))
        else:
            continue
        code = re.sub(r"#[^\n]*|\"\"\".*?\"\"\"", "", body, flags=re.DOTALL)
        if "return" not in code and not _LAMBDA.search(text):
            continue  # the method's end is not in the patch, or it raises
        if not re.search(rf"\b{name}\b", code):
            yield Signal("equals-all", "cheat", file.path, number, text.strip()[:200])


def _body(file: File, at: int, indentation: int) -> str:
    lines = []
    for _, text in file.following(at, BODY):
        if text.strip() and len(text.expandtabs()) - len(text.expandtabs().lstrip()) <= indentation:
            break
        lines.append(text)
    return "\n".join(lines)
