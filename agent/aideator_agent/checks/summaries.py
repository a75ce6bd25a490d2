"""What test runners say at their end, as data: how many tests ran, and which failed.

The code under test may have said it in their place.
"""

import re
from collections.abc import Mapping
from dataclasses import field
from enum import Enum
from typing import Final

from aideator_agent.patterns import lazy
from aideator_agent.values import frozen


class Meaning(Enum):
    TOTAL = "total"  # with those that were skipped
    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


BEFORE: Final = lazy(r"(?P<number>\d{1,9}) (?P<word>\w+)")  # 5 passed
BEHIND: Final = lazy(
    r"(?P<word>[A-Za-z]+(?: [a-z]+)?)(?:=|: *| )(?P<number>\d{1,9})\b"
)  # failures=1, Failed:   0, tests 3


# The other words of these lines say nothing of tests that ran: deselected, total, assertions, expected failures
WORDS: Final[Mapping[str, Meaning]] = {
    **dict.fromkeys(("test", "tests", "tests run", "example", "examples"), Meaning.TOTAL),
    **dict.fromkeys(("passed", "passing", "xpassed"), Meaning.PASSED),
    **dict.fromkeys(("failed", "failing", "fail", "failure", "failures", "error", "errors"), Meaning.FAILED),
    **dict.fromkeys(("skipped", "ignored", "pending"), Meaning.SKIPPED),
}


@frozen
class Runner:
    name: str
    before: tuple[re.Pattern[str], ...] = ()  # lines with numbers before their words
    behind: tuple[re.Pattern[str], ...] = ()  # and behind them
    single: Mapping[re.Pattern[str], Meaning] = field(default_factory=dict)  # lines of one test each, or of one package
    failing: tuple[re.Pattern[str], ...] = ()  # lines that name a test that failed, in group 1
    instead_of: str | None = None  # a runner whose lines it writes, too

    @property
    def lines(self) -> tuple[re.Pattern[str], ...]:
        return (*self.before, *self.behind, *self.single, *self.failing)


def _all(*texts: str) -> tuple[re.Pattern[str], ...]:
    return tuple(lazy(text) for text in texts)


_PYTESTS: Final = "failed|passed|skipped|errors?|xfailed|xpassed|deselected|warnings?|rerun"
_TAP: Final = r"\d+\b(?!.*# ?(?:skip|SKIP|todo|TODO))"

RUNNERS: Final = (
    Runner(
        "pytest",
        _all(rf"(?:=+ )?\d+ (?:{_PYTESTS})\b(?:, \d+ (?:subtests )?(?:{_PYTESTS}))* in [\d.]+s(?: \([\d:, day]+\))?(?: =+)?$"),
        failing=_all(r"(?:FAILED|ERROR) (\S+?\.py(?:::\S+)?)(?: - .*)?$"),
    ),
    Runner(
        "unittest",
        _all(r"Ran \d+ tests? in [\d.]+s$"),
        _all(r"(?:OK|FAILED) \([a-z]+(?: \w+)?=\d+(?:, [\w ]+=\d+)*\)$"),
        failing=_all(r"(?:FAIL|ERROR): (\w+ \([\w.]+\))"),
    ),
    Runner(
        "go test -v",
        single={
            lazy(r" *--- PASS: \S+ \("): Meaning.PASSED,
            lazy(r" *--- FAIL: \S+ \("): Meaning.FAILED,
        },
        failing=_all(r" *--- FAIL: (\S+) \("),
        instead_of="go test",
    ),
    Runner(
        "go test",
        single={
            lazy(r"ok  \t\S+\t(?:\(cached\)|[\d.]+s)(?!.*\[no tests to run\])"): Meaning.PASSED,
            lazy(r"FAIL\t\S+(?:\t[\d.]+s| \[.*\])$"): Meaning.FAILED,
        },
    ),
    Runner(
        "cargo test",
        _all(r"test result: \w+\. \d+ passed; \d+ failed; \d+ ignored;"),
        failing=_all(r"test (\S+)(?: - should panic)? \.\.\. FAILED$"),
    ),
    Runner("jest", _all(r"Tests: +(?:\d+ \w+, )*\d+ total$"), failing=_all("  \u25cf (.+ \u203a .+)$")),
    Runner("vitest", _all(r" *Tests  (?:\d+ \w+ \| )*\d+ \w+ \(\d+\)$"), failing=_all(r" *FAIL  (.+ > .+)$")),
    Runner("mocha", _all(r"  \d+ (?:passing|failing|pending)(?: \(.*\))?$")),
    Runner("rspec", _all(r"\d+ examples?, \d+ failures?\b"), failing=_all(r"rspec (\S+) # ")),
    Runner(
        "phpunit",
        _all(r"OK \(\d+ tests?, \d+ assertions?\)$"),
        _all(r"Tests: \d+, Assertions: \d+(?:, [\w ]+: \d+)*\.$"),
        failing=_all(r"\d+\) (\w[\w\\]*::\w+)"),
    ),
    Runner("gradle", _all(r"\d+ tests? completed(?:, \d+ \w+)*$")),
    Runner(
        "maven",
        behind=_all(r"\[\w+\] Tests run: \d+, Failures: \d+, Errors: \d+, Skipped: \d+$"),
        failing=_all(r"\[ERROR\]   (\w+\.\w+:\d+) "),
    ),
    Runner(
        "dotnet",
        behind=_all(r"\w+!  - Failed: +\d+, Passed: +\d+, Skipped: +\d+, Total: +\d+"),
        failing=_all(r"  Failed (\S+) \["),
    ),
    Runner("node --test", behind=_all("[\u2139#] (?:tests|fail|skipped) \\d+$"), instead_of="TAP"),
    Runner(
        "TAP",
        single={lazy(f"ok {_TAP}"): Meaning.PASSED, lazy(f"not ok {_TAP}"): Meaning.FAILED},
        failing=_all(rf"not ok (?={_TAP})\d+ (?:- )?(.+)$"),
    ),
)  # fmt: skip
