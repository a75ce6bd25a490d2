"""Code that names a folder which holds what tests compare with, or that puts such files into a program."""

import fnmatch
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Set
from typing import Final

from aideator_agent.patterns import lazy
from aideator_agent.signals import code
from aideator_agent.signals.added import File
from aideator_agent.signals.finding import Signal

EMBEDDING: Final = 50  # lines of a file, and patterns of a line, that are looked at
SHORT: Final = 3  # characters of a name that stands in a path alone
Parts = tuple[str, ...]  # of a path

_EMBED: Final = lazy(r"^//go:embed\s+(.+)")
# Names of what is expected, and where code reads
_EXPECTED: Final = lazy(r"(?i)(?:want|expect|gold|answer|snap|reference|stdout)")
# What programs have files of, too
_ALSO: Final = lazy(r"(?i)(?:snap|reference|stdout)")
_READ: Final = lazy(
    r"\b(?:cat|head|tail|sed|awk|grep|tr|cp|ln|source|mapfile|readarray|for|open|read\w*|Open|ReadFile|readFile\w*|load|glob|Glob)\b|<"
)
_FILE: Final = lazy(
    r"(?:[/\"'`]|<[ \t]*|\b(?:cat|head|tail|tac|source|cp|in|mapfile)[ \t]+(?:-\S+[ \t]+)*)([\w.*-]+)(?![\w(=])"
)
# Programs that write such files anew
_TOOL: Final = lazy(r"(?:^|/)(?:bin|cmd|scripts?|tools?)/")


def material(
    file: File, folders: Collection[str], names: Collection[str], tests: Collection[str], paths: Collection[str]
) -> Iterator[Signal]:
    """`folders`: the names of those folders. `names`: of files with tests. `tests`: the paths of what only tests use, among all `paths`."""
    severity: Final = "look" if _TOOL.search(file.path) else "cheat"
    patterns = {name: _pattern(name) for name in sorted(folders)}
    patterns |= {name: re.compile(rf"""["'`/.]{re.escape(name)}["'`]""") for name in sorted(names)}
    beside = _below(file.path, tests, paths) if any(_EMBED.match(text) for _, text in file.lines) else ()
    embedding = 0
    for number, line in file.lines:
        text = code.joined(line)
        named = any(name in text and pattern.search(text) for name, pattern in patterns.items())
        found = _EMBED.match(text)
        embedding += found is not None
        if named or (found and embedding <= EMBEDDING and _embeds(found[1], beside)):
            yield Signal("reads-tests", severity, file.path, number, text.strip()[:200])


def expected(
    file: File, tests: Set[str], is_usual: Callable[[str], bool], having: Callable[[str], Collection[str]]
) -> Iterator[Signal]:
    """Yields where code reads a file by a name that only tests' expectations have, or that a star stands for.

    `having`: the paths of the base's files that have a text. A snapshot or a reference that no test names is what the product works on.
    """

    def is_theirs(name: str) -> bool:
        if not _EXPECTED.match(name) or is_usual(name):
            return False
        return not _ALSO.match(name) or not (
            is_usual(name.partition(".")[0]) or tests.isdisjoint(path for path in having(name) if code.of_path(path))
        )

    names = {name for name in {path.rpartition("/")[2] for path in tests if not code.of_path(path)} if is_theirs(name)}
    for number, line in file.lines if names else ():
        if not _READ.search(line):
            continue
        for word in _FILE.findall(code.joined(line)):
            starred = "*" in word and "." not in word and len(word.strip("*")) > 1
            if word in names or (starred and fnmatch.filter(names, word)):
                yield Signal("reads-tests", "cheat", file.path, number, line.strip()[:200])
                break


def _pattern(name: str) -> re.Pattern[str]:
    word = re.escape(name)
    if len(name) < SHORT:
        return re.compile(rf"""(?:\$\{{?\w+\}}?["']?|["'`\s]\.{{1,2}})/{word}/""")
    return re.compile(rf"""["'`/]{word}(?:/|["'`])|(?<![\w.-]){word}/""")


def _below(path: str, tests: Collection[str], paths: Collection[str]) -> Collection[Parts]:
    """Returns the tests below the file's folder, and the folders that hold nothing else, by the parts of their paths from there."""
    folder = f"{path.rpartition('/')[0]}/".lstrip("/")
    others = (each for each in paths if each not in tests)
    return set(_parts(folder, tests)).difference(_parts(folder, others))


def _parts(folder: str, paths: Iterable[str]) -> Iterator[Parts]:
    for path in paths:
        parts = path.removeprefix(folder).split("/") if path.startswith(folder) else []
        yield from (tuple(parts[:count]) for count in range(1, len(parts) + 1))


def _embeds(patterns: str, beside: Collection[Parts]) -> bool:
    """Whether Go embeds one of these. A star stands for a part of a path, and a folder for all that is in it."""
    wanted = [each.strip('"`').removeprefix("all:").split("/") for each in patterns.split()[:EMBEDDING]]
    return any(
        len(parts) == len(each) and all(map(fnmatch.fnmatchcase, parts, each)) for parts in beside for each in wanted
    )
