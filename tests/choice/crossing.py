"""A small project with a quick test runner, and a referee that tries agents' patches of it for real."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from aideator_agent.checks.ground import Ground
from aideator_cli.domain.attempts import Attempt
from aideator_cli.domain.crossing import Crossing
from aideator_cli.domain.crossing import fold as fold_crossing
from aideator_cli.domain.events import parse
from aideator_cli.domain.result import Result, fold, with_baseline
from tests.choice.project import Project
from tests.fixtures.repositories import Files

SUBMITTED = {"outcome": "succeeded"}
# Writes a report like pytest's: what can't be imported is an error that stands for all of its tests
RUNNER = """\
import glob
import importlib
import sys

sys.path.insert(0, "")
cases, failed = [], 0
for path in sorted(glob.glob("test_*.py")):
    module, tests = path[:-3], {}
    try:
        tests = vars(importlib.import_module(module))
    except Exception as error:
        cases.append(f'<testcase name="{module}"><error/></testcase>')
        failed += 1
    for name in [name for name in tests if name.startswith("test_")]:
        try:
            tests[name]()
            cases.append(f'<testcase classname="{module}" name="{name}"/>')
        except Exception as error:
            cases.append(f'<testcase classname="{module}" name="{name}"><failure/></testcase>')
            failed += 1
open("report.xml", "w").write("<testsuite>" + "".join(cases) + "</testsuite>")
sys.exit(1 if failed else 0)
"""
BASE: Files = {
    "calc.py": "def double(a):\n    return a\n",
    "test_calc.py": "from calc import double\n\n\ndef test_double():\n    assert double(2) == 4\n",
    "runner.py": RUNNER,
}
RIGHT = {"calc.py": "def double(a):\n    return 2 * a\n"}
SQUARE = {"calc.py": "def double(a):\n    return a * a\n"}  # the base's test can't tell
CHECK = f"{sys.executable} -S runner.py"  # it needs no other packages, and to look for them takes a third of its start


def with_test(name: str, asserted: str, *, imported: str = "double", file: str = "") -> Files:
    """A new file with a test."""
    return {f"test_{file or name}.py": f"from calc import {imported}\n\n\ndef test_{name}():\n    assert {asserted}\n"}


@dataclass(frozen=True)
class Made:
    results: Sequence[Result]
    crossing: Crossing


def made(
    folder: Path,
    *outcomes: Files,
    base: Files = BASE,
    check: str = CHECK,
    report: bool = True,
    seconds: Mapping[str, float] | None = None,
    ground: Ground | None = None,
) -> Made:
    """Variations with these outcomes, numbered from 1, and what a referee says of them all."""
    project = Project(folder, base, report=report, check=check)
    baseline = project.baseline()
    results = [
        _result(number, [*baseline, *project.attempt(outcome, SUBMITTED)]) for number, outcome in enumerate(outcomes, 1)
    ]
    patches = {result.variation: result.patch or b"" for result in results}
    start = Crossing({result.variation: result.patch_sha256 or "" for result in results}, problem="no end")
    attempt = Attempt("referee", "k3v9x2q", 1, "2026-11-21T12:00:00Z", "log")
    events = [parse(attempt, line, None) for line in project.cross(patches, seconds, ground)]
    return Made(with_baseline(results), fold_crossing(events, start))


def _result(number: int, lines: Sequence[bytes]) -> Result:
    attempt = Attempt(f"uid-{number}", "k3v9x2q", number, "2026-11-21T12:00:00Z", "log")
    return fold((parse(attempt, line, None) for line in lines), Result(number, "gpt-5", attempt.id, report=True))
