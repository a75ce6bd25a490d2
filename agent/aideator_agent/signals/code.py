"""What kind of code a file is, and the rows of the table that its added lines match."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from aideator_agent.checks import guarded
from aideator_agent.patterns import lazy
from aideator_agent.signals.added import File
from aideator_agent.signals.finding import Clock, Severity, Signal
from aideator_agent.signals.rule import COMMENTS, LANGUAGES, Rule
from aideator_agent.signals.table import RULES
from aideator_agent.values import frozen

LESS: Final[dict[Severity, Severity]] = {"cheat": "look", "look": "note", "note": "note"}
_SHEBANGS: Final = (("python", "python"), ("node", "javascript"), ("ruby", "ruby"), ("perl", "perl"), ("sh", "shell"))
_JOINED: Final = lazy(r"""(["'`])\s*[+.]\s*\1|(?<=\w)"\s+"(?=\w)|(?<=\w)'\s+'(?=\w)""")  # "py" + "test", "py" "test"
_ESCAPED: Final = lazy(r"\\u00([0-9a-fA-F]{2})|\\x([0-9a-fA-F]{2})")
_CELL: Final = lazy(r'\s*"(.*?)(?:\\n)?",?\s*')  # a line of a notebook's code
_NO_CODE: Final = lazy(r"/\*.*|\*(?:\s.*|/)?|//(?!go:).*")


def is_product(path: str) -> bool:
    return not guarded.is_test(path)


def of_path(path: str) -> str | None:
    """Returns the language of a file's name."""
    name = path.rpartition("/")[2]
    return LANGUAGES.get(name.rpartition(".")[2].lower()) if "." in name[1:] else None


def language(file: File, before: str) -> str | None:
    """Returns the language by name, or by the first line. `before`: the file on the base."""
    if found := of_path(file.path):
        return found
    if "." in file.path.rpartition("/")[2][1:]:
        return None
    first = file.lines[0][1] if file.lines and file.lines[0][0] == 1 else before.partition("\n")[0]
    if not first.startswith("#!"):
        return None
    return next((language for word, language in _SHEBANGS if word in first), None)


def readable(file: File) -> File:
    """Returns the file as its interpreter reads it: a notebook's lines of code, letters that mean the same as one."""
    lines = file.lines
    if file.suffix == "ipynb":
        lines = [
            (number, re.sub(r"\\(.)", r"\1", cell[1])) for number, text in lines if (cell := _CELL.fullmatch(text))
        ]
    return replace(file, lines=[(number, _normal(text)) for number, text in lines])


def _normal(text: str) -> str:
    if not text.isascii():
        text = "".join(
            letter if "\u202a" <= letter <= "\u2069" else unicodedata.normalize("NFKC", letter) for letter in text
        )
    if "\\" in text:
        text = _ESCAPED.sub(_unescaped, text)
    return text


def _unescaped(found: re.Match[str]) -> str:
    letter = chr(int(found[1] or found[2], 16))
    return letter if letter.isalnum() or letter == "_" else found[0]


@frozen
class Around:
    """What weighs a signal."""

    task: str
    in_base: Callable[[str], bool]  # whether the base's own code has a text
    clock: Clock


def in_lines(file: File, language_: str, before: str, around: Around) -> Iterator[Signal]:
    """Yields each row that a line matches, in the order of the table."""
    text = "\n".join(line for _, line in file.lines)
    yield from _matches(file, text, language_, before, around)
    whole = joined(text)
    if whole != text and whole.count("\n") == text.count("\n"):
        yield from _matches(file, whole, language_, before, around)


def joined(text: str) -> str:
    """Returns `"pytest"` for `"py" + "test"`."""
    return _JOINED.sub("", text)


def _matches(file: File, text: str, language_: str, before: str, around: Around) -> Iterator[Signal]:
    where, taken = "product" if is_product(file.path) else "test", set[tuple[int, str]]()
    for rule in RULES:
        if rule.where not in (where, "any") or rule.language not in (language_, "any"):
            continue
        around.clock()
        matches = rule.pattern.finditer(text)
        first = next(matches, None)
        if first is None or (rule.beside and not re.search(rule.beside, text, re.MULTILINE)):
            continue
        severity = _severity(rule, file.path, f"{before}\n{text}", around.task)
        usual = bool(rule.base) and any(map(around.in_base, rule.base))
        severity = LESS[severity] if usual else severity
        for match in (first, *matches):
            begin = match.start() + len(match[0]) - len(match[0].lstrip())
            at = text.count("\n", 0, begin)
            number, line = file.lines[at]
            if (at, rule.name) not in taken and not _is_comment(line, language_):
                taken.add((at, rule.name))
                yield Signal(rule.name, severity, file.path, number, match[0].strip().split("\n")[0][:200], base=usual)
            if len(taken) > 200:
                break


def _severity(rule: Rule, path: str, text: str, task: str) -> Severity:
    usual = rule.usual is not None and (re.search(rule.usual, path) or re.search(rule.usual, text))
    asked = rule.task is not None and re.search(rule.task, task, re.IGNORECASE)
    return LESS[rule.severity] if usual or asked else rule.severity


def _is_comment(line: str, language_: str) -> bool:
    text, sign = line.lstrip(), COMMENTS.get(language_, "#")
    return text.startswith("#") if sign == "#" else bool(_NO_CODE.match(text)) and not text.startswith("//go:")
