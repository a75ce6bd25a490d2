"""Runs the checks on a tree, after the setup commands, and tells what came of each."""

import codecs
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Self

from aideator_agent import files, pieces
from aideator_agent.checks import report
from aideator_agent.checks.ground import Ground, Site
from aideator_agent.checks.report import ReportRefused
from aideator_agent.checks.trees import Trees
from aideator_agent.emitter import Emitter
from aideator_agent.files import FileRefused
from aideator_agent.shell import Finished
from aideator_agent.spec import SETUP, Check, RunSpec

On = Literal["base", "patch", "restored"]

ROOM: Final = 448 * 1024  # bytes of the log for all of an attempt's checks
BARE: Final = 250  # bytes of a check's event without its texts
COMMAND: Final = 1000  # bytes of the command in it, at most
FAILING: Final = 2000  # and of the names of tests
TAIL: Final = 4096  # and of the output's end
RAN: Final = re.compile(r"^Ran (\d+) tests? in [\d.]+s$", re.MULTILINE)  # unittest's last words
NO_TESTS: Final = 5  # what unittest exits with from Python 3.12 on where it finds none; before that it is 0


@dataclass(frozen=True)
class Room:
    """Bytes for the texts of one check's event."""

    command: int
    failing: int
    tail: int

    @classmethod
    def of(cls, spec: RunSpec) -> Self:
        most = 3 * len(spec.checks) * spec.verify_repeat  # events, but for the setup's
        each = ROOM // most - BARE
        command, failing = min(COMMAND, each // 3), min(FAILING, each // 3)
        return cls(command, failing, min(TAIL, each - command - failing))


class Verifier:
    """`stop` is asked all the time and ends the command at work; `check` raises when there is to be no other."""

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

    def run(self, on: On, patch: bytes = b"", restored: Sequence[str] = ()) -> bool:
        """One event for each run of a check; none is left out because another fails. False: the setup has failed instead.

        On the base each runs once. Raises `Ended`: failed/verifier, or what `check` raises.
        """
        tree = self._trees.make(on, patch, restored)
        with self._ground.site(tree, self._check, trusted=on == "base") as site:
            if not self._set_up(on, site):
                return False
            for repeat in range(1, 2 if on == "base" else self._spec.verify_repeat + 1):
                for check in self._spec.checks:
                    self._check()
                    self._run_one(on, site, check, repeat)
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
        """On a patch it is a check that fails; on the base it says nothing of any patch."""
        if on != "base":
            self._tell(on, SETUP, command, 1, done, tail)
            return
        how = f"exit code {done.exit_code}" if done.reason == "exited" else done.reason
        self._emitter.notice("warning", f"The setup failed on the base ({how}): {command}\n{tail}")

    def _run_one(self, on: On, site: Site, asked: Check, repeat: int) -> None:
        name, command, path = asked.name, asked.command, self._spec.report_of(asked)
        if path is None:
            another = {} if self._spec.verify_report is None else {"reports": False}
            done, tail = self._command(site, command)
            self._tell(on, name, command, repeat, done, tail, **another)
            return
        try:
            files.remove(site.repo, path)
        except FileRefused as error:
            self._emitter.notice("warning", f"An earlier report is in the way of check {name}: {error}")
        done, tail = self._command(site, command)
        self._tell(on, name, command, repeat, done, tail, **self._read_report(site, name, path))

    def _read_report(self, site: Site, name: str, path: str) -> dict[str, Any]:
        try:
            found = report.read(site.repo, path)
        except ReportRefused as error:
            self._emitter.notice("warning", f"Check {name} left no report that counts: {error}")
            return {"tests": None, "failing": [], "failed": None}
        return {
            "tests": found.tests,
            "failing": list(pieces.fitting(found.failing, self._room.failing)),
            "failed": found.failed,
        }

    def _command(self, site: Site, command: str) -> tuple[Finished, str]:
        tail = _Tail(self._room.tail)
        done = site.shell.run(command, seconds=self._spec.limits.check_seconds, write=tail.take, stop=self._stop)
        if done.reason == "stopped":
            self._check()
        return done, tail.text()

    def _tell(self, on: On, name: str, command: str, repeat: int, done: Finished, tail: str, **report_: Any) -> None:
        code: int | None = done.exit_code
        ended: dict[str, str] = {} if done.reason == "exited" else {"reason": done.reason}
        if code == 0 and set(RAN.findall(tail)) == {"0"}:
            code, ended = NO_TESTS, {"reason": "no_tests"}
        self._emitter.emit(
            "check", name=name, command=pieces.shortened(command, self._room.command), on=on, repeat=repeat,
            exit_code=code, seconds=round(done.seconds, 3), tail=tail, **ended, **report_,
        )  # fmt: skip


class _Tail:
    def __init__(self, room: int) -> None:
        self._room = room
        self._data = b""

    def take(self, data: bytes) -> None:
        self._data = (self._data + data)[-self._room :]

    def text(self) -> str:
        return pieces.tail(codecs.decode(self._data, errors="replace"), self._room)
