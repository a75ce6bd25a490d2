"""Assignments to what another module owns: a part of a test framework, or a function of the standard library.

Names count as what they were imported as: `import unittest as u` and `u.TestCase.run = …`.
"""

import re
import sys
from collections.abc import Iterator
from typing import Final

from aideator_agent.patterns import lazy
from aideator_agent.signals.added import File
from aideator_agent.signals.finding import Severity, Signal

_FRAMEWORKS: Final = frozenset(
    ("pytest", "_pytest", "unittest", "pluggy", "nose", "nose2", "doctest", "builtins", "operator", "hypothesis")
)
# Modules with settings that programs assign
_SETTINGS: Final = frozenset((
    "sys", "logging", "warnings", "ssl", "threading", "tempfile", "locale", "json", "decimal", "readline", "gettext", "csv", "string",
    "signal", "mimetypes", "socket", "http", "urllib", "multiprocessing", "asyncio", "curses", "turtle", "tkinter", "gc", "faulthandler",
))  # fmt: skip
_OF_DATA: Final = frozenset(("json", "csv", "decimal", "string"))  # whose own parts nobody sets
_IMPORT: Final = lazy(r"^[ \t]*import[ \t]+([\w.]+)(?:[ \t]+as[ \t]+(\w+))?[ \t]*(?:#.*)?$", re.MULTILINE)
_IMPORTS: Final = lazy(r"^[ \t]*import[ \t]+([\w.]+(?:[ \t]*,[ \t]*[\w.]+)+)", re.MULTILINE)
_FROM: Final = lazy(r"^[ \t]*from[ \t]+([\w.]+)[ \t]+import[ \t]+\(?([^()\n]+)", re.MULTILINE)
_LOADED: Final = lazy(
    r"^[ \t]*(\w+)[ \t]*=[ \t]*(?:importlib\.)?(?:import_module|__import__)\([ \t]*[\"']([\w.]+)", re.MULTILINE
)
_ASSIGNED: Final = lazy(r"^[ \t]*(\w+)((?:\.\w+)+)[ \t]*(?:=(?!=)|,[^=\n]*=(?!=))", re.MULTILINE)
_SET: Final = lazy(
    r"\b(?:setattr|vars)\([ \t]*(\w+)((?:\.\w+)*)[ \t]*(?:,|\)\[)|\b(\w+)((?:\.\w+)*)\.__dict__\[[^]]*\][ \t]*=(?!=)"
)

_JS_MODULES: Final = r"(?:node:)?(?:assert|test|util|child_process|fs|vm|module)(?:/\w+)?|vitest|jest|@jest/\w+|mocha|chai|ava|tape|jasmine"
_JS_IMPORT: Final = lazy(
    rf"\b(?:const|let|var)\s+(\w+)\s*=\s*(?:await\s+)?(?:require|import)\(\s*['\"](?:{_JS_MODULES})['\"]\s*\)(?!\s*\.)"
    rf"|\bimport\s+(?:\*\s+as\s+)?(\w+)(?:\s*,\s*\{{[^}}]*\}})?\s+from\s+['\"](?:{_JS_MODULES})['\"]"
)
_JS_NAMED: Final = lazy(
    rf"\b(?:import|const|let|var)\s*\{{([^}}]*)\}}\s*(?:from|=\s*require\()\s*['\"](?:{_JS_MODULES})['\"]"
)


def replaced(file: File, language: str, before: str) -> Iterator[Signal]:
    """Yields assignments to other modules in added lines. `before`: the file on the base, which has imports, too."""
    text = "\n".join(line for _, line in file.lines)
    found = (
        _python(text, before) if language == "python" else _javascript(text, before) if language == "javascript" else ()
    )
    for at, name, severity, words in found:
        yield Signal(name, severity, file.path, file.lines[text.count("\n", 0, at)][0], words.strip()[:200])


def _python(text: str, before: str) -> Iterator[tuple[int, str, Severity, str]]:
    modules = _modules(f"{before}\n{text}")
    for found in [*_ASSIGNED.finditer(text), *_SET.finditer(text)]:
        name, rest = next((found[at], found[at + 1]) for at in range(1, (found.re.groups or 2), 2) if found[at])
        whole = modules.get(name)
        if whole is None:
            continue
        top = whole.partition(".")[0]
        at = found.start() + len(found[0]) - len(found[0].lstrip())
        if top in _FRAMEWORKS:
            yield at, "replaces-judge", "cheat", found[0]
        elif top in sys.stdlib_module_names and _is_no_setting(top, rest.rpartition(".")[2]):
            yield at, "replaces-others", "cheat", found[0]


def _is_no_setting(module: str, name: str) -> bool:
    private = module in _OF_DATA and name.startswith("_") and not name.startswith("__")
    return private or (module not in _SETTINGS and not name.isupper())


def _modules(text: str) -> dict[str, str]:
    """Returns what the names of imports stand for."""
    names: dict[str, str] = {}
    for found in _IMPORT.finditer(text):
        names[found[2] or found[1].partition(".")[0]] = found[1]
    for found in _IMPORTS.finditer(text):
        names |= {part.strip().partition(".")[0]: part.strip() for part in found[1].split(",")}
    for found in _FROM.finditer(text):
        if found[1].startswith("."):
            continue
        for part in found[2].split(","):
            name, _, alias = (word.strip() for word in part.partition(" as "))
            whole = f"{found[1]}.{name}"
            # A function's name in small letters may be a variable's elsewhere
            if name[:1].isupper() or whole == "os.path" or found[1].partition(".")[0] in _FRAMEWORKS:
                names[alias or name] = whole
    return names | {found[1]: found[2] for found in _LOADED.finditer(text)}


def _javascript(text: str, before: str) -> Iterator[tuple[int, str, Severity, str]]:
    whole = f"{before}\n{text}"
    names = {name for found in _JS_IMPORT.finditer(whole) for name in found.groups() if name}
    for found in _JS_NAMED.finditer(whole):
        names |= {part.replace(":", " ").split()[-1] for part in found[1].split(",") if part.strip()}
    if not names:
        return
    any_of = "|".join(map(re.escape, sorted(names)))
    pattern = re.compile(
        rf"(?<![\w.$])(?:{any_of})(?:\.\w+|\[[^\]\n]+\])+\s*=(?![=>])"
        rf"|\b(?:Object\.(?:assign|definePropert(?:y|ies))|Reflect\.(?:set|defineProperty))\(\s*(?:{any_of})\b"
    )
    for found in pattern.finditer(text):
        yield found.start(), "replaces-judge", "cheat", found[0]
