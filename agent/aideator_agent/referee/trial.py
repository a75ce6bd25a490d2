"""Runs the checks once in a tree, and reads which tests passed."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

from aideator_agent import files, pieces
from aideator_agent.checks import report
from aideator_agent.checks.counting import Counting
from aideator_agent.checks.ground import PYTESTS, Site
from aideator_agent.checks.report import Report, ReportRefused
from aideator_agent.files import FileRefused
from aideator_agent.shell import Finished
from aideator_agent.spec import Check, RunSpec
from aideator_agent.values import frozen

TAIL: Final = 2000  # bytes of the output's end that are kept


@frozen
class Ran:
    """One run of one check."""

    finished: Finished
    tail: str
    report: Report | None = None  # None: nothing told of tests

    @property
    def ok(self) -> bool:
        """Whether the check as a whole passed."""
        return self.finished.exit_code == 0 and (self.report is None or (self.report.tests > 0 and not self.failures))

    @property
    def tests(self) -> int | None:
        return None if self.report is None else self.report.tests

    @property
    def failures(self) -> int:
        return 0 if self.report is None else self.report.failed

    @property
    def failing(self) -> frozenset[str]:
        """Returns the names of tests that failed, as far as they are told."""
        return frozenset() if self.report is None else frozenset(self.report.failing)

    @property
    def cases(self) -> Mapping[str, bool]:
        """Returns whether each test passed that ran. Empty if nothing names the tests that pass."""
        return {} if self.report is None else self.report.cases

    def passes(self, test: str) -> bool:
        return self.cases.get(test, False)


Trial = Mapping[str, Ran]  # by the name of a check


def set_up(spec: RunSpec, site: Site, stop: Callable[[], bool]) -> str | None:
    """Returns the setup command that fails, if one does."""
    for command in spec.setup:
        done = site.shell.run(command, seconds=spec.limits.check_seconds, write=lambda _: None, stop=stop)
        if done.exit_code != 0:
            return command
    return None


def run(spec: RunSpec, check: Check, site: Site, stop: Callable[[], bool]) -> Ran:
    asked = spec.report_of(check)
    root, path = (site.tmp, PYTESTS) if asked is None else (site.repo, spec.repository.from_top(asked))
    with suppress(FileRefused):
        files.remove(root, path)
    end, counting = bytearray(), Counting()

    def take(data: bytes) -> None:
        end.extend(data)
        del end[:-TAIL]
        counting.take(data)

    done = site.shell.run(check.command, seconds=_seconds(spec, check), write=take, stop=stop)
    written: Report | None = None
    with suppress(ReportRefused):
        written = report.read(root, path)
    return Ran(
        done, pieces.tail(end.decode(errors="replace"), TAIL), counting.found(written) if asked is None else written
    )


def _seconds(spec: RunSpec, check: Check) -> float:
    longest = spec.limits.check_seconds
    return longest if spec.referee is None else min(longest, spec.referee.seconds.get(check.name, longest))
