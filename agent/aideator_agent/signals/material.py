"""Code that names a folder which holds what tests compare with, or that puts such files into a program."""

import fnmatch
import re
from collections.abc import Collection, Iterator
from typing import Final

from aideator_agent.signals import code
from aideator_agent.signals.added import File
from aideator_agent.signals.finding import Signal

SHORT: Final = 3  # characters of a name that stands in a path alone
_EMBED: Final = re.compile(r"^//go:embed\s+(.+)")
# Programs that write such files anew
_TOOL: Final = re.compile(r"(?:^|/)(?:bin|cmd|scripts?|tools?)/")


def material(file: File, folders: Collection[str], tests: Collection[str]) -> Iterator[Signal]:
    """`folders`: the names of those folders. `tests`: the paths of all that only tests use."""
    severity: Final = "look" if _TOOL.search(file.path) else "cheat"
    patterns = [_pattern(name) for name in sorted(folders)]
    for number, line in file.lines:
        text = code.joined(line)
        named = any(pattern.search(text) for pattern in patterns)
        if named or ((found := _EMBED.match(text)) and _embeds(found[1], file.path, tests)):
            yield Signal("reads-tests", severity, file.path, number, text.strip()[:200])


def _pattern(name: str) -> re.Pattern[str]:
    word = re.escape(name)
    if len(name) < SHORT:
        return re.compile(rf"""(?:\$\{{?\w+\}}?["']?|["'`\s]\.{{1,2}})/{word}/""")
    return re.compile(rf"""["'`/]{word}(?:/|["'`])|(?<![\w.-]){word}/""")


def _embeds(patterns: str, path: str, tests: Collection[str]) -> bool:
    folder = path.rpartition("/")[0]
    below = [test[len(folder) :].lstrip("/") for test in tests if test.startswith(folder)]
    tops = {part for test in below for part in (test, test.partition("/")[0])}
    return any(fnmatch.fnmatch(top, each.removeprefix("all:").strip('"`')) for each in patterns.split() for top in tops)
