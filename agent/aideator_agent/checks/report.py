"""A report of tests as JUnit XML, written by code that nobody trusts: how many tests ran, and which of them failed."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from xml.parsers import expat

from aideator_agent import files, pieces
from aideator_agent.files import FileRefused

BYTES: Final = 8 * 1024 * 1024
DEPTH: Final = 50  # elements in one another; suites may lie in suites
NAMES: Final = 50  # of failed tests
NAMES_ROOM: Final = 2048  # bytes for all of them in their record
NAME_ROOM: Final = 200  # and for one
NOT_RUN: Final = ("notrun", "skipped", "disabled", "ignored")  # what `status` says where <skipped> does not


class ReportRefused(Exception):
    """There is no report to believe; says why."""


@dataclass(frozen=True)
class Report:
    tests: int  # that ran: those that were skipped are not among them
    failing: tuple[str, ...]  # the first ones
    failed: int  # all of them


def read(root: Path, path: str) -> Report:
    """Raises `ReportRefused`: no such file inside `root`, or not a report."""
    try:
        data = files.read(root, path, BYTES)
    except FileRefused as error:
        raise ReportRefused(str(error)) from error
    return parse(data)


def parse(data: bytes) -> Report:
    """Nothing is resolved and nothing expanded: a document type is refused, and any entity with it."""
    reading = _Reading()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.EntityDeclHandler = _refuse_doctype
    parser.StartElementHandler = reading.begin
    parser.EndElementHandler = reading.end
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, LookupError, ValueError) as error:  # the last two: an encoding that is none
        raise ReportRefused(f"it is not XML: {error}") from error
    return Report(reading.tests, tuple(reading.failing), reading.failures)


def _refuse_doctype(*_: object) -> None:
    raise ReportRefused("it declares a document type")


@dataclass
class _Reading:
    tests: int = 0
    failing: list[str] = field(default_factory=list)
    failures: int = 0
    _depth: int = 0
    _case: int = 0  # the depth of the testcase that is open; 0: none is
    _name: str = ""
    _ran: bool = False
    _failed: bool = False
    _room: int = NAMES_ROOM

    def begin(self, name: str, attributes: dict[str, Any]) -> None:
        self._depth += 1
        if self._depth > DEPTH:
            raise ReportRefused(f"its elements lie more than {DEPTH} deep")
        tag = name.rpartition(":")[2]
        if self._depth == 1 and tag not in ("testsuites", "testsuite"):
            raise ReportRefused(f"it is no JUnit report: it begins with <{pieces.shortened(name, 80)}>")
        if not self._case and tag == "testcase":
            self._case = self._depth
            self._name = _full_name(attributes)
            self._ran = attributes.get("status", "").lower() not in NOT_RUN
            self._failed = False
        elif self._case and self._depth == self._case + 1:
            self._ran = self._ran and tag != "skipped"
            self._failed = self._failed or tag in ("failure", "error")

    def end(self, _name: str) -> None:
        if self._depth == self._case:
            self._case = 0
            self.tests += self._ran
            if self._failed:
                self._fail()
        self._depth -= 1

    def _fail(self) -> None:
        self.failures += 1
        name = pieces.shortened(self._name, NAME_ROOM)
        size = len(pieces.encoded(name)) + 1
        if len(self.failing) < NAMES and size <= self._room:
            self._room -= size
            self.failing.append(name)


def _full_name(attributes: dict[str, Any]) -> str:
    group, name = attributes.get("classname") or attributes.get("file") or "", attributes.get("name") or ""
    return "::".join(part for part in (group, name) if part) or "(no name)"
