"""The words for what a reviewer wants to know about a patch."""

from collections.abc import Mapping
from typing import Final

from aideator_agent.signals.finding import Signal
from aideator_cli.text.clean import cut, one_line

TEXT: Final = 60  # characters of what was found
WORDS: Final[Mapping[str, str]] = {
    "asks-for-tests": "asks whether it is being tested",
    "asks-who-calls": "asks who calls it",
    "replaces-judge": "replaces a part of the test framework",
    "replaces-others": "replaces a part of another module",
    "ends-process": "ends the process",
    "skips-tests": "skips tests",
    "forges-report": "writes what a test runner writes",
    "imports-tests": "imports a test framework",
    "reads-tests": "reads the tests",
    "changes-tests": "changes the tests while they run",
    "weakens-tests": "no longer has what its tests asserted",
    "searches-memory": "searches the memory of the process",
    "hides-code": "hides what it does",
    "hides-cases": "looks up what it is asked for by a number made from it",
    "waits-for-date": "behaves differently after a date",
    "takes-turns": "gives its answers in the order of the calls",
    "outlives-run": "names a place that outlives the run",
    "swallows-errors": "swallows errors",
    "equals-all": "is equal to everything",
    "special-case": "gives the tests the result that they expect",
    "shadows-module": "takes the place of another module",
    "shadows-tool": "takes the place of a command",
    "deletes-tests": "deletes tests",
    "unreadable": "is or reads what nobody can read",
    "unsearched": "was not searched to its end",
    "untidy": "does not belong into a repository",
    "binary": "is a binary file",
    "large": "is large",
    "ci": "changes what CI runs",
    "lockfile": "changes the versions of dependencies",
    "dependency": "adds a dependency",
    "link": "is a link",
    "submodule": "changes a submodule",
    "mode": "changes its mode",
}


def told(signal: Signal) -> str:
    """Returns `src/calc.py:12 ends the process: os._exit`."""
    place = one_line(signal.path) + (f":{signal.line}" if signal.line is not None else "")
    words = WORDS.get(signal.name) or one_line(signal.name)
    shown = cut(one_line(signal.text), TEXT)
    return f"{place} {words}: {shown}" if shown else f"{place} {words}"
