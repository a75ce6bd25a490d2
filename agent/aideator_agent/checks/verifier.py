"""Runs the setup commands and then the checks in a tree, and reports each outcome."""

import codecs
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final, Literal, Self

from aideator_agent import files, pieces
from aideator_agent.checks import report
from aideator_agent.checks.counting import Counting
from aideator_agent.checks.ground import PYTESTS, Ground, Site
from aideator_agent.checks.report import Report, ReportRefused
from aideator_agent.checks.trees import Trees
from aideator_agent.emitter import Emitter
from aideator_agent.files import FileRefused
from aideator_agent.patterns import lazy
from aideator_agent.shell import Finished
from aideator_agent.spec import SETUP, Check, RunSpec
from aideator_agent.values import frozen

On = Literal["base", "patch", "restored", "answer"]  # answer: the base, and the answer on standard input

ROOM: Final = 448 * 1024  # bytes of the log for all of an attempt's checks
BARE: Final = 250  # bytes of a check's event without its texts
COMMAND: Final = 1000  # bytes of the command in it, at most
FAILING: Final = 2000  # and of the names of tests that failed
SKIPPED: Final = 500  # and of those that were skipped
TAIL: Final = 4096  # and of the end of the output
RAN: Final = lazy(r"^Ran (\d+) tests? in [\d.]+s$", re.MULTILINE)  # the last line of unittest
NO_TESTS: Final = 5  # unittest's exit code without tests from Python 3.12 on; before that it is 0


@frozen
class Room:
    """Bytes for the texts of one check's event."""

    command: int
    failing: int
    skipped: int
    tail: int

    @classmethod
    def of(cls, spec: RunSpec) -> Self:
        most = 3 * len(spec.checks) * spec.verify_repeat  # number of events, without the setup's
        each = ROOM // most - BARE
        command, failing, skipped = min(COMMAND, each // 3), min(FAILING, each // 4), min(SKIPPED, each // 12)
        return cls(command, failing, skipped, min(TAIL, each - command - failing - skipped))


class Verifier:
    """Runs checks. `stop` is asked constantly and ends the current command; `check` raises to prevent the next one."""

    def __init__(
        self, spec: RunSpec, trees: Trees, ground: Ground, emitter: Emitter, stop: Callable[[], bool],
        check: Callable[[], None],
    ) -> None:  # fmt: skip
        self._spec = spec
        self._trees = trees
        self._ground = ground
        self._emitter = emitter
        self._stop = stop
        self._check = check
        self._room = Room.of(spec)
        self._given: bytes | None = None

    def run(self, on: On, patch: bytes = b"", restored: Sequence[str] = (), given: bytes | None = None) -> bool:
        """Emits an event for each run of a check; a failure does not skip the others. Returns False if the setup failed instead.

        On the base, each check runs once. `given` is what the checks read on standard input. Raises `Ended` (failed/verifier), or what
        `check` raises.
        """
        self._given = given
        tree = self._trees.make(on, patch, restored)
        with self._ground.site(tree, self._check, trusted=on == "base") as site:
            if not self._set_up(on, site):
                return False
            for repeat in range(1, 2 if on == "base" else self._spec.verify_repeat + 1):
                for check in self._spec.checks:
                    self._check()
                    self._run_one(on, site, check, repeat)
        if not self._ground.at_rest:
            self._trees.forget()
        return True

    def _set_up(self, on: On, site: Site) -> bool:
        for command in self._spec.setup:
            self._check()
            done, tail = self._command(site, command)
            if done.exit_code != 0:
                self._tell_setup(on, command, done, tail)
                return False
        return True

    def _tell_setup(self, on: On, command: str, done: Finished, tail: str) -> None:
        """Reports a failed setup. On a patch it counts as a failed check; on the base it says nothing about any patch."""
        if on != "base":
            self._tell(on, Check(SETUP, command), 1, done, tail)
            return
        how = f"exit code {done.exit_code}" if done.reason == "exited" else done.reason
        self._emitter.notice("warning", f"The setup failed on the base ({how}): {command}\n{tail}")

    def _run_one(self, on: On, site: Site, asked: Check, repeat: int) -> None:
        report_path = self._spec.report_of(asked)
        if report_path is None:
            another = {} if self._spec.verify_report is None else {"reports": False}
            done, tail, counted = self._counted(site, asked.command)
            self._tell(on, asked, repeat, done, tail, **another, **self._found(counted))
            return
        path = self._spec.repository.from_top(report_path)
        try:
            files.remove(site.repo, path)
        except FileRefused as error:
            self._emitter.notice(
                "warning", f"An earlier report could not be removed before check {asked.name}: {error}"
            )
        done, tail = self._command(site, asked.command, self._given)
        self._tell(on, asked, repeat, done, tail, **self._read_report(site, asked.name, path))

    def _read_report(self, site: Site, name: str, path: str) -> dict[str, Any]:
        try:
            found = report.read(site.repo, path)
        except ReportRefused as error:
            self._emitter.notice("warning", f"Check {name} wrote no usable report: {error}")
            return {"tests": None, "failing": [], "failed": None}
        return self._found(found)

    def _found(self, found: Report | None) -> dict[str, Any]:
        if found is None:
            return {}
        names = {
            "failing": list(pieces.fitting(found.failing, self._room.failing)),
            "skipped": list(pieces.fitting(found.skipped, self._room.skipped)),
        }
        return {"tests": found.tests, "failed": found.failed, **{name: each for name, each in names.items() if each}}

    def _counted(self, site: Site, command: str) -> tuple[Finished, str, Report | None]:
        """Runs a check that nobody asked for a report, and counts its tests by what runners say and by pytest's report."""
        with suppress(FileRefused):
            files.remove(site.tmp, PYTESTS)
        tail, counting = _Tail(self._room.tail), Counting()

        def take(data: bytes) -> None:
            tail.take(data)
            counting.take(data)

        done = self._ran(site, command, take, self._given)
        reported: Report | None = None
        with suppress(ReportRefused):
            reported = report.read(site.tmp, PYTESTS)
        return done, tail.text(), counting.found(reported)

    def _command(self, site: Site, command: str, given: bytes | None = None) -> tuple[Finished, str]:
        tail = _Tail(self._room.tail)
        return self._ran(site, command, tail.take, given), tail.text()

    def _ran(self, site: Site, command: str, write: Callable[[bytes], None], given: bytes | None) -> Finished:
        if given is not None:
            command = site.reading(command, given)
        done = site.shell.run(command, seconds=self._spec.limits.check_seconds, write=write, stop=self._stop)
        if done.reason == "stopped":
            self._check()
        return done

    def _tell(self, on: On, check: Check, repeat: int, done: Finished, tail: str, **report_: Any) -> None:
        code: int | None = done.exit_code
        ended: dict[str, str] = {} if done.reason == "exited" else {"reason": done.reason}
        if code == 0 and set(RAN.findall(tail)) == {"0"}:
            code, ended = NO_TESTS, {"reason": "no_tests"}
        unseen = check.hidden or (self._spec.hidden is not None and self._spec.hidden.files > 0)
        self._emitter.emit(
            "check", name=check.name, command=pieces.shortened(check.command, self._room.command), on=on, repeat=repeat,
            exit_code=code, seconds=round(done.seconds, 3), tail=tail, **ended, **report_, **({"hidden": True} if unseen else {}),
        )  # fmt: skip


class _Tail:
    def __init__(self, room: int) -> None:
        self._room = room
        self._data = b""

    def take(self, data: bytes) -> None:
        self._data = (self._data + data)[-self._room :]

    def text(self) -> str:
        return pieces.tail(codecs.decode(self._data, errors="replace"), self._room)
