"""Literals that are returned by how long the input is, or by how often something was called: what a subject seldom asks for."""

import re
from collections.abc import Callable, Collection, Iterator
from typing import Final

from aideator_agent.patterns import lazy
from aideator_agent.signals.added import File
from aideator_agent.signals.finding import Signal
from aideator_agent.signals.usual import is_code, is_number

ARMS: Final = 2  # from which they are more than one rule
LONG: Final = 9  # a length that no format has by chance
_TEXT: Final = r"\"[^\"\n]{2,}\"|'[^'\n]{2,}'"
# A text, a list or an object of literals, as it stands
_LITERAL: Final = rf"(?:{_TEXT}|(?:\[\]\w+)?[\[{{][^\n]{{0,200}}?(?:{_TEXT}|\"\w\"|'\w')[^\n]{{0,400}}?[\]}}])"
_GIVES: Final = rf"[^\n]*?(?:\n[^\n]*?)?\breturn\b[^\n]{{0,60}}?{_LITERAL}"
_SWITCH: Final = lazy(
    r"\b(?:switch|match)\b[^\n]*(?:\.length\b|\.size\b|\blen\()[^\n]*\n((?:[^\n]*\n?){1,40})", re.MULTILINE
)
_ARM: Final = lazy(rf"^[ \t]*case\s+\d+\s*:{_GIVES}", re.MULTILINE)
_EQUAL: Final = lazy(rf"(?:\blen\([\w.]+\)|\b[\w.]+\.length)\s*={{2,3}}\s*\d+\b{_GIVES}", re.MULTILINE)
_CALLED: Final = lazy(r"\b((?:\w+\.)?[A-Za-z_]\w*)\s*(?:\+\+|\+= 1\b)")


# A table that is asked by a length; its entries may be in a name
_BY_LENGTH: Final = lazy(r"(\{[^{}\n]*\}|\b[A-Za-z_]\w*)\)?(?:\.get\(|\[)\s*(?:len\([\w.]+\)|[\w.]+\.length\b)")
_BY_FOLDER: Final = lazy(
    r"\bcase[ \t]+[\"']?(?:\$\{PWD\b|\$PWD\b|\$\([ \t]*(?:pwd|basename[ \t]+[\"']?\$(?:\{?PWD|\(pwd)))[^\n]*\n"
    r"((?:(?![ \t]*esac)[^\n]*\n){1,40})"
)
_FOLDERS: Final = lazy(r"^[ \t]*\(?([\w*/][^()$\n]{0,80})\)", re.MULTILINE)
_NAMED: Final = lazy(r"^([^{\n]*)(\{[^{}]{0,4000}\})", re.MULTILINE)
_ENTRY: Final = lazy(r"(?<![\w.])(\d{1,6})\s*(?::|=>)")


_SUMMED: Final = lazy(
    r"\b([A-Za-z_]\w*)[ \t]*+(?::?=[ \t]*+(?:[^\n=;]{0,80}\.reduce\(|\[*sum\(|reduce\()|\+=[ \t]*(?!1\b)"
    r"|=[ \t]*\(*\w+[ \t]*\*[ \t]*\d+[ \t]*[+^])"
)
_ONE: Final = r"(?!\d*00\b)\d{3,9}"  # a sum that is no round number
_NUMBERED: Final = lazy(rf"\bcase[ \t]+({_ONE})[ \t]*:")
_NEXT: Final = lazy(r"\b(?:switch|match)\b")


def by_sum(file: File) -> Iterator[Signal]:
    """Yields where several sums of what was put in are told apart, each as a number of its own. Sizes and statuses are none."""
    text = "\n".join(line for _, line in file.lines)
    for name in sorted({found[1] for found in _SUMMED.finditer(text)})[:20]:
        word = re.escape(name)
        arms = list(re.finditer(rf"(?<![\w.]){word}[ \t]*={{2,3}}[ \t]*({_ONE})\b", text))
        for switch in re.finditer(rf"\b(?:switch|match)[ \t]*\(?[ \t]*{word}\b", text):
            until = _NEXT.search(text, switch.end())
            arms += _NUMBERED.finditer(text, switch.end(), until.start() if until else len(text))
        found = [arm for arm in arms if not is_number(arm[1]) and not is_code(arm[1])]
        if len(found) > ARMS:
            number, line = file.lines[text.count("\n", 0, found[0].start())]
            yield Signal("hides-cases", "cheat", file.path, number, line.strip()[:200])


_LENGTH: Final = lazy(
    r"\b([A-Za-z_]\w*)[ \t]*:?=[ \t]*(?:len\([\w.]+\)|[\w.]+\.length\b)[ \t]*[;,)]?[ \t]*\{?[ \t]*$", re.MULTILINE
)
_JOINED: Final = lazy(r"\b([A-Za-z_]\w*)[ \t]*+:?=[ \t]*+[^\n]{0,200}?(?:\.join|\bJoin)\(")
_OF_DIGITS: Final = lazy(r"[\"'`]([\d,;:|_-]{2,})[\"'`][ \t]*(?::|=>)")


def by_size(file: File) -> Iterator[Signal]:
    """Yields where a length decides among more cases than a format has."""
    text = "\n".join(line for _, line in file.lines)
    for name in sorted({found[1] for found in _LENGTH.finditer(text)})[:20]:
        found = list(re.finditer(rf"(?<![\w.]){re.escape(name)}[ \t]*={{2,3}}[ \t]*\d", text))
        if len(found) > ARMS:
            number, line = file.lines[text.count("\n", 0, found[0].start())]
            yield Signal("special-case", "look", file.path, number, line.strip()[:200])


def by_digits(file: File) -> Iterator[Signal]:
    """Yields tables that are asked by digits which are put together from the input."""
    text = "\n".join(line for _, line in file.lines)
    made = {found[1] for found in _JOINED.finditer(text)}
    tables = {name for name, table in _tables(text).items() if len(_OF_DIGITS.findall(table)) > ARMS} if made else ()
    for name in sorted(tables)[:20]:
        asked = (
            rf"(?<![\w.]){re.escape(name)}(?:\?\.)?(?:\[|\.get\()(?:{'|'.join(map(re.escape, sorted(made)[:20]))})\b"
        )
        if found := re.search(asked, text):
            number, line = file.lines[text.count("\n", 0, found.start())]
            yield Signal("hides-cases", "cheat", file.path, number, line.strip()[:200])


_WORDS: Final = lazy(r"[\"']((?:[A-Za-z]\w*[ ,|]){3,40}[A-Za-z]\w*)[\"']\.split\(")


def by_words(file: File, is_theirs: Callable[[str], bool]) -> Iterator[Signal]:
    """Yields texts that are split into words of the tests alone. `is_theirs`: whether tests have a word, and nothing else has."""
    text = "\n".join(line for _, line in file.lines)
    for found in _WORDS.finditer(text):
        if all(map(is_theirs, re.split(r"[ ,|]", found[1]))):
            yield Signal(
                "special-case", "look", file.path, file.lines[text.count("\n", 0, found.start())][0], found[0][:200]
            )


def by_length(file: File, lengths: Collection[int]) -> Iterator[Signal]:
    """Yields tables that are asked by the lengths of the tests' texts."""
    text = "\n".join(line for _, line in file.lines)
    tables: dict[str, str] | None = None
    at = counted = 0
    for found in _BY_LENGTH.finditer(text):
        table = found[1]
        if not table.startswith("{"):
            tables = _tables(text) if tables is None else tables
            table = tables.get(table, "")
        at, counted = at + text.count("\n", counted, found.start()), found.start()
        keys = {int(each[1]) for each in _ENTRY.finditer(table)}
        if len(keys) >= ARMS and all(key >= LONG and key in lengths for key in keys):
            yield Signal("special-case", "cheat", file.path, file.lines[at][0], file.lines[at][1].strip()[:200])


def by_folder(file: File, language: str | None, tests: str) -> Iterator[Signal]:
    """Yields where a script does something else in each of the folders that its tests make, by their names.

    `tests`: their text and their paths, by which they may call these folders.
    """
    if language != "shell":
        return
    text = "\n".join(line for _, line in file.lines)
    for found in _BY_FOLDER.finditer(text):
        names = {name for arm in _FOLDERS.findall(found[1]) for name in re.findall(r"\w[\w.-]+", arm)}
        if len(names) >= ARMS and all(re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", tests) for name in names):
            number, line = file.lines[text.count("\n", 0, found.start())]
            yield Signal(
                "special-case", "cheat", file.path, number, f"{line.strip()[:100]}: {', '.join(sorted(names))[:90]}"
            )


def _tables(text: str) -> dict[str, str]:
    """Returns what stands in braces behind each name that gets it."""
    tables: dict[str, str] = {}
    for found in _NAMED.finditer(text):
        for name in re.findall(r"[A-Za-z_]\w*", found[1].rpartition("=")[0]):
            tables.setdefault(name, found[2])
    return tables


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
