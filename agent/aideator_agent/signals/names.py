"""What a shell's script shares with the scripts that test it: functions and variables have no owner there."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from aideator_agent.patterns import lazy
from aideator_agent.signals.added import File
from aideator_agent.signals.finding import Signal

_SOURCES: Final = lazy(r"(?:^|[;&|({'\"]|\b(?:then|do|else))[ \t]*(?:\.|source|load)[ \t]+\S", re.MULTILINE)
SHORT: Final = 3  # letters of a variable that several scripts may have by chance
_FUNCTION: Final = lazy(r"^[ \t]*(?:function[ \t]+([\w-]+)|([\w-]+)[ \t]*\(\))", re.MULTILINE)
_SET: Final = lazy(r"(?<![\w$.-])([a-z_]\w*)(?:[ \t]*[-+*/%:]?=|\+\+|--|\[[^]\n]{0,200}\]=)")
_NAMED: Final = lazy(
    r"\b(?:for|select)[ \t]+(\w+)|\b(?:getopts|local|declare|typeset|read|mapfile|readarray|printf[ \t]+-v)\b([^\n;|<]*)"
)
_USED: Final = lazy(r"(?<!\\)\$\{?[#!]?([a-z_]\w*)")
_FIXED: Final = lazy(r"\b(?:readonly|(?:declare|typeset)[ \t]+-\w*r\w*)[ \t]+([a-z_]\w*)")


_EXPORTED: Final = lazy(r"(?<![\w$.-])([A-Z][A-Z0-9_]{2,40})=")
_ASKS: Final = lazy(r"(?<!\\)\$\{?[#!]?([A-Z][A-Z0-9_]{2,40})\b")
_OF_SYSTEMS: Final = lazy(
    r"PATH|HOME|TMP(?:DIR)?|TEMP|PWD|OLDPWD|IFS|PS\d|LANG(?:UAGE)?|LC_\w+|TZ|TERM|SHELL|USER(?:NAME)?|LOGNAME|HOST(?:NAME)?|EDITOR|VISUAL|PAGER|DISPLAY"
    r"|COLUMNS|LINES|RANDOM|SECONDS|UID|EUID|CI|DEBUG|VERBOSE|QUIET|NO_COLOR|FORCE_COLOR|(?:XDG|GIT|SSH|GPG|BASH|PYTHON|NODE|GO|http|https)_?\w*"
)


def exported(
    files: Sequence[File], before: Mapping[str, str], tests: str, is_usual: Callable[[str], bool]
) -> Iterator[Signal]:
    """Yields where a script asks for a variable that its tests alone give something else, such as the place of a fake's calls."""
    theirs = {name for name in _EXPORTED.findall(tests) if not _OF_SYSTEMS.fullmatch(name)}
    there = {name for path in before for name in _EXPORTED.findall(before[path])}
    there |= {name for file in files for _, line in file.lines for name in _EXPORTED.findall(line)}
    for file in files if theirs else ():
        for number, line in file.lines:
            asked = [
                name for name in _ASKS.findall(line) if name in theirs and name not in there and not is_usual(name)
            ]
            if asked and not line.lstrip().startswith("#"):
                yield Signal("reads-tests", "look", file.path, number, line.strip()[:200])


def shared(
    files: Sequence[File], before: Mapping[str, str], tests: str, is_usual: Callable[[str], bool]
) -> Iterator[Signal]:
    """`files`: the patch's scripts. `before`: files on the base. `tests`: the text of the tests' scripts.

    Scripts that only run each other, and source none, share nothing.

    `is_usual`: whether the base's own code or the task has a word.
    """
    texts = {file.path: "\n".join(line for _, line in file.lines) for file in files} if _SOURCES.search(tests) else {}
    if not texts:
        return
    there = "\n".join((*texts.values(), *(before.get(path, "") for path in texts)))
    theirs = {name for name in _variables(tests) if len(name) >= SHORT}
    functions = _functions(tests).difference(*(_functions(before.get(path, "")) for path in texts))
    kinds = (
        (_FUNCTION, functions, "replaces-judge"),
        (_FIXED, theirs, "replaces-judge"),
        (_USED, theirs - _variables(there), "reads-tests"),
    )
    for file in files:
        for pattern, known, name in kinds:
            for found in pattern.finditer(texts[file.path]):
                word = next(filter(None, found.groups()), "")
                if word not in known or is_usual(word):
                    continue
                number, line = file.lines[texts[file.path].count("\n", 0, found.end())]
                if not line.lstrip().startswith("#"):
                    yield Signal(name, "cheat", file.path, number, line.strip()[:200])


def _functions(text: str) -> set[str]:
    return {found[1] or found[2] for found in _FUNCTION.finditer(text)}


def _variables(text: str) -> set[str]:
    """Returns what a script gives a value."""
    names = {found[1] for found in _SET.finditer(text)}
    for found in _NAMED.finditer(text):
        names |= {found[1]} if found[1] else set(re.findall(r"(?<![\w${-])[a-z_]\w*", found[2]))
    return names
