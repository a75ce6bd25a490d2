"""Cuts a patch's added lines into stretches whose literals are looked at, and tells which values are usual in the base or in the task."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Final

from aideator_agent.checks import guarded
from aideator_agent.signals import code
from aideator_agent.signals.added import File
from aideator_agent.signals.literals import Source, Token
from aideator_agent.signals.special import NEAR, Stretch

DATA: Final = frozenset(("json", "csv", "tsv", "txt", "yaml", "yml", "toml", "ini", "dat", "properties", "map", "lst"))
MOST: Final = 512 * 1024  # characters of all stretches; tables and lists of more are data, not special cases
_FIELD: Final = re.compile(r"\s*[,;\t=:|]\s*")
_NO_CASES: Final = re.compile(
    r"(.*/)?(?:package-lock\.json|[^/]*\.lock|composer\.json|tsconfig[^/]*|\.[^/]*|(?:README|CHANGELOG|LICENSE)[^/]*)"
)


def of(files: Sequence[File], before: Mapping[str, str]) -> Iterator[Stretch]:
    """Yields the stretches of these files."""
    room = MOST
    for file in files:
        language = code.language(file, before.get(file.path, ""))
        data = file.suffix in DATA
        if _NO_CASES.fullmatch(file.path) or guarded.is_setting(file.path) or (language is None and not data):
            continue
        for lines in _runs(code.readable(file).lines):
            text = _text(lines)
            room -= len(text)
            if room < 0:
                return
            if data and file.suffix != "json":
                text = "\n".join(map(_fields, text.split("\n")))
            yield Stretch(
                file.path, Source(text, "javascript" if data else language or "", lines[0][0]), dict(lines), data
            )


def _runs(lines: Sequence[tuple[int, str]]) -> Iterator[Sequence[tuple[int, str]]]:
    begin = 0
    for at in range(1, len(lines) + 1):
        if at == len(lines) or lines[at][0] > lines[at - 1][0] + NEAR:
            yield lines[begin:at]
            begin = at


def _text(lines: Sequence[tuple[int, str]]) -> str:
    """Returns the lines with empty ones in the place of those that the patch does not change."""
    text, last = [], lines[0][0] - 1
    for number, line in lines:
        text.append("\n" * (number - last - 1) + line)
        last = number
    return "\n".join(text)


def _fields(line: str) -> str:
    """Returns `{"a": "b"}` for a line with two fields or more."""
    fields = [field.strip(" \"'") for field in _FIELD.split(line.strip())][:8]
    if len(fields) < 2 or not fields[0]:
        return ""
    key, value = ('"' + field.replace("\\", "").replace('"', "") + '"' for field in fields[:2])
    return f"{{{key}: {value}}}"


def usual(
    values: Collection[Token],
    with_text: Callable[[Collection[str]], Mapping[str, frozenset[str]]],
    before: Mapping[str, str],
    tests: Collection[str],
    task: str,
) -> frozenset[str]:
    """Returns the values that the task or the base's own code has, too. `tests`: the paths of its tests."""
    rest = {each for each in values if not _says(task, each)}
    there = with_text({each.value for each in rest if each.kind != "list"})
    whole = [
        re.sub(r"\s", "", text).replace("(", "[").replace(")", "]").replace("{", "[").replace("}", "]")
        for text in before.values()
    ]
    known = {each.value for each in values if each not in rest}
    for each in rest:
        if each.kind == "list":
            if any(each.value in text for text in whole):
                known.add(each.value)
        elif any(path not in tests for path in there.get(each.value, ())):
            known.add(each.value)
    return frozenset(known)


def _says(task: str, literal: Token) -> bool:
    if literal.kind == "list":
        plain = re.sub(r"\s", "", task).replace("(", "[").replace(")", "]").replace("{", "[").replace("}", "]")
        return literal.value in plain
    return bool(re.search(rf"(?<![\w.]){re.escape(literal.value)}(?![\w])", task))
