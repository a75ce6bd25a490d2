"""Files that only tests use, and whose names don't say so: tests, what they compare with, and the functions that compare.

The base tells: its tests name such a file or its folder, and its own code does not. A file that the task names is none of these.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final

from aideator_agent.checks import guarded
from aideator_agent.patterns import lazy
from aideator_agent.signals import code, examples
from aideator_agent.signals.added import File
from aideator_agent.signals.base import Base
from aideator_agent.signals.finding import Signal
from aideator_agent.values import frozen

MOST: Final = 400  # names that are looked for in the base's own code
# What a test names stands in quotes, or is a path in a shell's script
_QUOTED: Final = lazy(r"""["'`]([^"'`\n]{1,120})["'`]""")
_PATH: Final = lazy(r"[\w.${}*/-]*/[\w.${}*/-]*")
# What a file defines; all of it must compare
_DEFINES: Final = lazy(
    r"^(?:(?:async[ \t]+)?def|class|(?:export[ \t]+)?(?:default[ \t]+)?(?:async[ \t]+)?(?:const|let|var|function|class)|func"
    r"|(?:pub[ \t]+)?(?:fn|struct|enum)|type|sub|macro_rules!|#[ \t]*define)[ \t]+(\w+)|^[ \t]*(?:function[ \t]+)?(\w+)[ \t]*\(\)[ \t]*\{",
    re.MULTILINE,
)
_COMPARES: Final = lazy(r"(?:assert|expect|should)\w*|(?:same|ok|not_ok|is|is_not|pass|fail|diag|plan)", re.IGNORECASE)
# What only tests can call, or what imports their framework
_HELPS: Final = lazy(
    r"^func (?:\([^)\n]*\) )?\w+\([^\n]{0,200}(?:\*testing\.[TB]|\btesting\.TB)\b|^(?:import|from) (?:pytest|unittest)\b",
    re.MULTILINE,
)
# Files with tests have one of these, whatever their names, and a line that begins a test
_MARKS: Final = (
    "describe(",
    "TestCase",
    "Test::More",
    "org.junit",
    "node:test",
    "import pytest",
    "Minitest::Test",
    "testing.T)",
)
_PLUGINS: Final = "pytest11"  # under which a distribution names its plugins
_TEST: Final = lazy(
    r"^[ \t]*(?:(?:it|test)\([ \t]*['\"`]|(?:async[ \t]+)?def test_\w|@Test\b|TEST(?:_F|_P)?\(|done_testing\b|plan[ \t(]"
    r"|func Test[A-Z]\w*\(\w+ \*testing\.T\))",
    re.MULTILINE,
)
# What a program works with, although only its settings or its caller name it
_PRODUCT: Final = frozenset((
    "app", "assets", "config", "configs", "content", "data", "etc", "i18n", "lang", "lib", "locale", "locales", "migrations", "models",
    "public",
    "resources",
    "schema", "schemas", "share", "site", "src", "static", "styles", "templates", "translations", "views", "web", "www",
))  # fmt: skip
# A module in the same file: `#[cfg(test)]` may stand before a line of the product's, too
_INNER: Final = lazy(
    r"^#\[cfg\(test\)\]\s*(?:#\[[^\]\n]*\]\s*)*(?:pub(?:\([^)\n]*\))?\s+)?mod\s+\w+\s*\{", re.MULTILINE
)
_ASSERTS: Final = lazy(r"(?:debug_)?assert\w*!|#\[(?:test|should_panic)")
# People read these, whatever else names them
DOCUMENT: Final = lazy(
    r"(?:.*/)?(?:docs?/.*|(?:README|CHANGE|LICEN[CS]E|COPYING|NOTICE|AUTHORS|CONTRIBUTING)[^/]*)", re.IGNORECASE
)


@frozen
class Support:
    """`folders`: from the top, each with a slash behind it."""

    folders: tuple[str, ...] = ()
    files: frozenset[str] = frozenset()
    tests: frozenset[str] = frozenset()  # those of the files that have tests
    examples: frozenset[str] = frozenset()  # files whose examples doctest runs

    def has(self, path: str) -> bool:
        return path in self.files or path.startswith(self.folders)

    @property
    def names(self) -> frozenset[str]:
        """Returns the names of the folders."""
        return frozenset(folder.rstrip("/").rpartition("/")[2] for folder in self.folders)

    @property
    def file_names(self) -> frozenset[str]:
        """Returns the names of the files with tests, and what stands behind their first dots: `args.check.mjs` and `check.mjs`."""
        names = {path.rpartition("/")[2] for path in self.tests}
        return frozenset(names | {rest for name in names if "." in (rest := name.partition(".")[2])})


NONE: Final = Support()


def support_of(base: Base, commands: Collection[str], task: str) -> Support:
    """Finds what only the base's tests use. `commands`: the checks', whose scripts are tests."""
    scripts = guarded.named_in(tuple(commands))
    paths = base.paths()
    marked = base.with_text((*_MARKS, _PLUGINS, examples.RUNNER))
    unnamed = _tests(base, marked, tests_among(paths, scripts), task)
    tests = tests_among(paths, scripts) | unnamed
    named = frozenset(_named(base.texts(sorted(tests))))
    others = [
        path
        for path in sorted(path for path in paths if _has_name(path, named))
        if path not in tests and not guarded.is_setting(path, scripts) and not DOCUMENT.fullmatch(path)
    ]
    plugins = "\n".join(
        base.texts(sorted(path for path in marked.get(_PLUGINS, ()) if guarded.is_setting(path))).values()
    )
    helpers = _helpers(others, named, base)
    helpers = {
        path: words for path, words in helpers.items() if not re.search(rf"\b{re.escape(_stem(path))}\b", plugins)
    }
    # A plugin for tests is the product of its repository, also if nothing says that it is one
    rest = (
        path
        for path in paths - tests
        if code.of_path(path) and path not in helpers and not guarded.is_setting(path, scripts)
    )
    candidates = _data(others, named) | (helpers if any(rest) else {})
    asked = {each: words for each, words in candidates.items() if not _says(task, each)}
    used = base.with_text(sorted({word for words in asked.values() for word in words})[:MOST]) if asked else {}

    def is_used(place: str) -> bool:
        users = (path for word in asked[place] for path in used.get(word, ("?",)))
        return any(code.of_path(path) and path not in tests and not path.startswith(place) for path in users)

    found = [place for place in asked if not is_used(place)]
    files = frozenset(place for place in found if place[-1] != "/")
    folders = tuple(place for place in found if place.endswith("/"))
    run = examples.run_by(base, commands, marked.get(examples.RUNNER, ()), tests)
    return Support(folders, files | unnamed, unnamed, run)


def _tests(base: Base, marked: Mapping[str, Collection[str]], known: Collection[str], task: str) -> frozenset[str]:
    """Returns the files with tests that their names do not tell. `marked`: the files that have each of the marks."""
    asked = {path for mark in _MARKS for path in marked.get(mark, ()) if code.of_path(path)}
    texts = base.texts(sorted(asked.difference(known)))
    return frozenset(path for path, text in texts.items() if _TEST.search(text) and not _says(task, path))


@lru_cache(maxsize=1)
def tests_among(paths: frozenset[str], scripts: frozenset[str]) -> frozenset[str]:
    """A large repository's are asked for once."""
    ends = tuple(f"/{name}" for name in scripts)
    return frozenset(path for path in paths if guarded.is_test(path) or f"/{path}".endswith(ends))


def _has_name(path: str, named: frozenset[str]) -> bool:
    """Whether tests may mean the path: its file, its module or one of its folders is among what they name."""
    return not named.isdisjoint(path.split("/")) or _stem(path) in named


def inside(texts: Mapping[str, str]) -> dict[str, str]:
    """Returns the tests at the end of files of Rust, which hold the product as well."""
    found = ((path, text, _INNER.search(text)) for path, text in texts.items() if path.endswith(".rs"))
    return {path: text[at.start() :] for path, text, at in found if at}


def weakened(files: Sequence[File], before: Mapping[str, str], task: str) -> Iterator[Signal]:
    """Yields what such tests assert on the base and nowhere in the patched files: no other tree has them as they were.

    `before`: the files on the base.
    """
    inner = {path: _bare(text) for path, text in inside(before).items()}
    added = (
        _bare("\n".join(text for file in files if file.path.endswith(".rs") for _, text in file.lines)) if inner else ""
    )
    severity: Final = "look" if re.search(r"\btests?\b", task) else "cheat"
    for file in files:
        for number, text in file.removed if file.path in inner else ():
            bare = _bare(text)
            if _ASSERTS.match(bare) and bare in inner[file.path] and bare not in added:
                yield Signal("weakens-tests", severity, file.path, number, text.strip()[:200])


def _bare(text: str) -> str:
    """Returns the text without what a formatter may change."""
    return re.sub(r"\s+|,(?=\s*\))", "", text)


def _named(texts: Mapping[str, str]) -> Iterator[str]:
    """Yields the parts of what tests name: of `golden/plain.txt`, `golden` and `plain.txt`; of `support.near`, `near`, too."""
    for path, text in texts.items():
        if (language := code.of_path(path)) is None:
            continue
        found = _PATH.findall(text) if language == "shell" else []
        for quoted in (*found, *_QUOTED.findall(text)):
            yield from re.split(r"[/\\]", quoted)
        for line in re.findall(r"^[ \t]*(?:from|import|use|source|\.)[ \t].*", text, re.MULTILINE):
            yield from re.findall(r"\w+", line)


def _data(others: Iterable[str], named: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Returns files that are no code, or the folders that hold nothing else, each with the words by which code would name it."""
    found: dict[str, tuple[str, ...]] = {}
    mixed = {f"{folder}/" for path in others if code.of_path(path) for folder in _folders(path)}
    for path in others:
        if code.of_path(path):
            continue
        if not _PRODUCT.isdisjoint(path.split("/")[:-1]):
            continue
        for folder in _folders(path):
            name = folder.rpartition("/")[2]
            if len(name) >= 3 and name in named and f"{folder}/" not in mixed:
                found[f"{folder}/"] = (name,)
        name = path.rpartition("/")[2]
        if name in named:
            found[path] = (name,)
    return found


def _helpers(others: Iterable[str], named: Collection[str], base: Base) -> dict[str, tuple[str, ...]]:
    """Returns code that tests import or run and that compares, with the words by which other code would import it."""
    code_files = [path for path in others if code.of_path(path) and _stem(path) in named]
    texts = base.texts(code_files)
    compares = [path for path, text in texts.items() if _only_compares(text) or _HELPS.search(text)]
    return {path: _imports(path) for path in compares}


def _only_compares(text: str) -> bool:
    defined = [name for found in _DEFINES.finditer(text) if not (name := found[1] or found[2]).startswith("_")]
    return bool(defined) and all(_COMPARES.fullmatch(name) for name in defined)


def _imports(path: str) -> tuple[str, ...]:
    stem = _stem(path)
    whole = path.rpartition(".")[0]
    return (
        whole.replace("/", "."),
        whole,
        f"/{stem}",
        f".{stem}",
        f"import {stem}",
        f"from {stem}",
        path.rpartition("/")[2],
    )


def _folders(path: str) -> Iterator[str]:
    parts = path.split("/")[:-1]
    for count in range(1, len(parts) + 1):
        yield "/".join(parts[:count])


def _stem(path: str) -> str:
    return path.rpartition("/")[2].partition(".")[0]


def _says(task: str, place: str) -> bool:
    """Whether the task names it, also as people write names: `pytest-frozen` for `pytest_frozen.py`."""
    name = place.rstrip("/").rpartition("/")[2]
    words = (re.sub(r"\\-|_", "[-_]", re.escape(word)) for word in {name, _stem(name)})
    return any(re.search(rf"(?<![\w.]){word}(?!\w)", task) for word in words)
