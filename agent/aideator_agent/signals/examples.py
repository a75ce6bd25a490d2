"""Examples in docstrings and documents that doctest runs: tests, whatever files they stand in."""

from collections.abc import Collection, Mapping
from typing import Final

from aideator_agent.checks import guarded
from aideator_agent.patterns import lazy
from aideator_agent.signals import code
from aideator_agent.signals.base import Base

RUNNER: Final = "doctest"  # what runs them has this in its options, its imports or its name
PROMPT: Final = ">>> "
_DIRECTIVE: Final = ".. doctest::"
_DOCUMENTS: Final = frozenset(("md", "rst", "txt"))
_BEGINS: Final = lazy(r"""([ \t]*(?:[rRuU]?(?:\"{3}|'{3}))?)>>> (.*)""")
_QUOTES: Final = lazy(r"""\"{3}|'{3}|^[ \t]*```""")


def run_by(base: Base, commands: Collection[str], marked: Collection[str], tests: Collection[str]) -> frozenset[str]:
    """Returns the files whose examples the checks run: Python's, and documents that what runs doctest names.

    `marked`: the files that have the word `RUNNER`. `tests`: the paths of the tests.
    """
    scripts = guarded.named_in(tuple(commands))
    settings = sorted(path for path in marked if path in tests or guarded.is_setting(path, scripts))
    if not settings and not any(RUNNER in command for command in commands):
        return frozenset()
    runs = "\n".join((*commands, *base.texts(settings).values()))
    there = base.with_text((PROMPT, _DIRECTIVE))
    directed = there.get(_DIRECTIVE, frozenset())
    return frozenset(path for path in there.get(PROMPT, ()) if _is_run(path, runs, path in directed))


def _is_run(path: str, runs: str, directed: bool) -> bool:
    if code.of_path(path) == "python":
        return True
    name = path.rpartition("/")[2]
    suffix = name.rpartition(".")[2]
    return suffix in _DOCUMENTS and (directed or name in runs or f"*.{suffix}" in runs)


def apart(texts: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Returns the examples of these files, and the rest of each file."""
    parted = {path: part(text) for path, text in texts.items()}
    return {path: each for path, (each, _) in parted.items()}, {path: rest for path, (_, rest) in parted.items()}


def part(text: str) -> tuple[str, str]:
    """Returns the examples as Python, and the rest, each on the lines where they are.

    What an example prints is in it as a text, too. A line that may end the text around the example is none of it.
    """
    examples: list[str] = []
    rest: list[str] = []
    inside = joined = False
    for line in text.split("\n"):
        found = None if joined else _BEGINS.fullmatch(line)
        bare = line.strip()
        if found and not _QUOTES.search(found[2]):
            inside = True
            examples.append(found[2])
            rest.append(found[1].rstrip())
        elif inside and bare and not joined and not _QUOTES.search(line):
            more = bare.startswith("... ")
            examples.append(bare[4:] if more else f"{bare!r} {bare}")
            rest.append("")
        else:
            inside = False
            examples.append("")
            rest.append(line)
        joined = line.endswith("\\")
    return "\n".join(examples), "\n".join(rest)
