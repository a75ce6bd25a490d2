"""Cuts a patch's added lines into stretches whose literals are looked at, and tells which values are usual in the base or in the task."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Final

from aideator_agent.checks import guarded
from aideator_agent.patterns import lazy
from aideator_agent.signals import code, examples
from aideator_agent.signals.added import File
from aideator_agent.signals.literals import Source, Token, documented
from aideator_agent.signals.packed import unpacked
from aideator_agent.signals.special import NEAR, Stretch
from aideator_agent.signals.support import DOCUMENT

DATA: Final = frozenset(("json", "csv", "tsv", "txt", "yaml", "yml", "toml", "ini", "dat", "properties", "map", "lst"))
MOST: Final = 512 * 1024  # characters of all stretches; tables and lists of more are data, not special cases
_JSON: Final = lazy(r"\s*(?:\{|\[\s*[{\"])")
_FIELD: Final = lazy(r"\s*[,;\t=:|]\s*")
_EXAMPLES: Final = lazy(r"(?:^|/)(examples?|demos?|samples?|benchmarks?)/")
_NO_CASES: Final = lazy(
    r"(.*/)?(?:package-lock\.json|[^/]*\.lock|composer\.json|tsconfig[^/]*|\.[^/]*|(?:README|CHANGELOG|LICENSE)[^/]*)"
)


def of(files: Sequence[File], before: Mapping[str, str]) -> Iterator[Stretch]:
    """Yields the stretches of these files. Documentation and the examples in it are none, if the patch's code doesn't name the file."""
    room = MOST
    languages = {file.path: code.language(file, before.get(file.path, "")) for file in files}
    named = frozenset(_named(files, languages))
    for file in files:
        language = languages[file.path]
        is_read = language is None and file.path in named
        data = is_read or (language is None and file.suffix in DATA and not DOCUMENT.fullmatch(file.path))
        if _NO_CASES.fullmatch(file.path) or guarded.is_setting(file.path) or (language is None and not data):
            continue
        if (shown := _EXAMPLES.search(file.path)) and not _uses(files, languages, shown[1]):
            continue
        for lines in _runs(_code(file, language, before.get(file.path, ""))):
            text = _text(lines)
            room -= len(text)
            if room < 0:
                return
            if data and not is_read and examples.PROMPT in text:
                text = examples.part(text)[1]
            if data and file.suffix != "json" and not _JSON.match(text):
                text = "\n".join(map(_fields, text.split("\n")))
            yield Stretch(file.path, Source(text, language or "javascript", lines[0][0]), dict(lines), data)
        for number, text in unpacked(file):
            yield Stretch(file.path, Source(text, "javascript", number), {}, data=True)


def _uses(files: Sequence[File], languages: Mapping[str, str | None], folder: str) -> bool:
    """Whether the patch's code elsewhere names this folder."""
    word = re.compile(rf"(?<![\w.-]){re.escape(folder)}(?![\w-])")
    elsewhere = (file for file in files if languages[file.path] and f"{folder}/" not in file.path)
    return any(word.search(code.joined(line)) for file in elsewhere for _, line in file.lines)


def _named(files: Sequence[File], languages: Mapping[str, str | None]) -> Iterator[str]:
    """Returns the new files without code that the code of the patch names."""
    others = [file.path for file in files if file.new and languages[file.path] is None]
    lines = (line for file in files if others and languages[file.path] for _, line in file.lines)
    words = {word for line in lines for word in re.findall(r"[\w.+-]+", code.joined(line))}
    return (path for path in others if path.rpartition("/")[2] in words)


def _code(file: File, language: str | None, before: str) -> Sequence[tuple[int, str]]:
    """Returns the added lines without those inside docstrings that the base begins."""
    lines = code.readable(file).lines
    if language != "python" or file.suffix == "ipynb" or not any(quotes in before for quotes in ('"""', "'''")):
        return lines
    inside = frozenset(documented(file.after(before)))
    return [each for each in lines if each[0] not in inside]


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
    tests: Mapping[str, str],
    task: str,
) -> frozenset[str]:
    """Returns the values that the task or the base's own code has, too.

    `tests`: the paths of its tests, and what each file has besides.
    """
    rest = {each for each in values if not _says(task, each)}
    there = with_text({each.value for each in rest if each.kind != "list"})
    has_lists = any(each.kind == "list" for each in rest)
    whole = [_plain(text) for text in {**before, **tests}.values()] if has_lists else []
    known = {each.value for each in values if each not in rest}
    for each in rest:
        if each.kind == "list":
            if any(each.value in text for text in whole):
                known.add(each.value)
        elif any(path not in tests or each.value in tests[path] for path in there.get(each.value, ())):
            known.add(each.value)
    return frozenset(known)


def _says(task: str, literal: Token) -> bool:
    if literal.kind == "list":
        return literal.value in _plain(task)
    return bool(re.search(rf"(?<![\w.]){re.escape(literal.value)}(?![\w])", task))


def _plain(text: str) -> str:
    """Returns the text as lists are written in literals."""
    return re.sub(r"\s", "", text).replace("(", "[").replace(")", "]").replace("{", "[").replace("}", "]")
