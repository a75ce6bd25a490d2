"""Counts the tests of a command by what its output says, as the output arrives."""

import codecs
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from aideator_agent import pieces
from aideator_agent.checks.report import NAME_ROOM, NAMES, Report
from aideator_agent.checks.summaries import BEFORE, BEHIND, RUNNERS, WORDS, Meaning, Runner
from aideator_agent.patterns import lazy

LINE: Final = 1000  # characters of a line that are looked at
_COLOUR: Final = lazy(r"\x1b\[[\d;]*[A-Za-z]")
# Decides most lines at once: it matches what any line of a runner's begins with
_TELLING: Final = lazy("|".join(re.sub(r"\?P<\w+>", "?:", each.pattern) for runner in RUNNERS for each in runner.lines))


@dataclass
class _Tally:
    """What one runner's lines add up to."""

    counts: Counter[Meaning] = field(default_factory=Counter)
    failing: list[str] = field(default_factory=list)
    said: int = 0  # lines with numbers

    def add(self, counts: Mapping[Meaning, int]) -> None:
        self.said += 1
        self.counts.update(counts)

    def name(self, test: str) -> None:
        name = pieces.shortened(test, NAME_ROOM)
        if len(self.failing) < NAMES and name not in self.failing:
            self.failing.append(name)


class Counting:
    """Takes the output in pieces. `found` says what it tells of tests."""

    def __init__(self) -> None:
        self._tallies: dict[str, _Tally] = {}
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._rest = ""

    def take(self, data: bytes) -> None:
        *lines, rest = (self._rest + self._decoder.decode(data)).split("\n")
        self._rest = (
            rest if len(rest) <= LINE else rest[:LINE] + "…"
        )  # its end is yet to come; it does not match any more
        for line in lines:
            self._read(line)

    def found(self, pytests: Report | None = None) -> Report | None:
        """Returns what all runners together said. None: none said anything.

        `pytests`: the report of the last pytest, which is more exact than its line if there was no other.
        """
        self._read(self._rest)
        self._rest = ""
        if pytests is not None and self._pytests <= 1:
            self._tallies.pop("pytest", None)
            others = self.found()
            return pytests if others is None else _together(pytests, others)
        said = {name: tally for name, tally in self._tallies.items() if tally.said}
        finer = {runner.name: runner.instead_of for runner in RUNNERS if runner.instead_of and runner.name in said}
        # `go test` names each test that failed, and only with -v those that passed
        left_out = {coarse if set(said[name].counts) - {Meaning.FAILED} else name for name, coarse in finer.items()}
        told = [tally for name, tally in said.items() if name not in left_out]
        if not told:
            return None
        counts = sum((tally.counts for tally in told), Counter[Meaning]())
        failed = counts[Meaning.FAILED]
        ran = sum(_ran(tally.counts) for tally in told)
        failing = dict.fromkeys(name for tally in self._tallies.values() for name in tally.failing)
        return Report(ran, tuple(failing)[:NAMES], failed)

    @property
    def _pytests(self) -> int:
        """Returns how often pytest has summed up."""
        return self._tallies["pytest"].said if "pytest" in self._tallies else 0

    def _read(self, line: str) -> None:
        line = line.rstrip("\r")
        if "\x1b" in line:
            line = _COLOUR.sub("", line)
        if len(line) > LINE or not _TELLING.match(line):
            return
        for runner in RUNNERS:
            self._match(runner, line)

    def _match(self, runner: Runner, line: str) -> None:
        for form, patterns in ((BEFORE, runner.before), (BEHIND, runner.behind)):
            if any(pattern.match(line) for pattern in patterns):
                self._of(runner).add(_paired(form, line))
        for pattern, meaning in runner.single.items():
            if pattern.match(line):
                self._of(runner).add({meaning: 1})
        for pattern in runner.failing:
            if found := pattern.match(line):
                self._of(runner).name(found[1])

    def _of(self, runner: Runner) -> _Tally:
        return self._tallies.setdefault(runner.name, _Tally())


def _paired(form: re.Pattern[str], line: str) -> Counter[Meaning]:
    counts: Counter[Meaning] = Counter()
    for found in form.finditer(line):
        if meaning := WORDS.get(found["word"].lower()):
            counts[meaning] += int(found["number"])
    return counts


def _ran(counts: Counter[Meaning]) -> int:
    """Returns how many tests ran. A runner that says how many there were counts those that it skipped among them."""
    if Meaning.TOTAL in counts:
        return max(0, counts[Meaning.TOTAL] - counts[Meaning.SKIPPED])
    return counts[Meaning.PASSED] + counts[Meaning.FAILED]


def _together(one: Report, other: Report) -> Report:
    return Report(
        one.tests + other.tests, (*one.failing, *other.failing)[:NAMES], one.failed + other.failed, one.skipped
    )
