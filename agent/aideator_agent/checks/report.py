"""Reads a JUnit XML test report from untrusted code: how many tests ran, and which failed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from xml.parsers import expat

from aideator_agent import files, pieces
from aideator_agent.files import FileRefused
from aideator_agent.values import frozen

BYTES: Final = 8 * 1024 * 1024
DEPTH: Final = 50  # nested elements; suites may be nested
NAMES: Final = 50  # of failed tests
CASES: Final = 20_000
NAMES_ROOM: Final = 2048  # bytes for all names in their record
NAME_ROOM: Final = 200  # and for one name
NOT_RUN: Final = ("notrun", "skipped", "disabled", "ignored")  # values of `status` when <skipped> is missing


class ReportRefused(Exception):
    """There is no credible report. The message says why."""


@frozen
class Report:
    tests: int  # that ran, without skipped ones
    failing: tuple[str, ...]  # the first ones
    failed: int  # the number of all failed tests
    skipped: tuple[str, ...] = ()  # the first ones
    cases: Mapping[str, bool] = field(
        default_factory=dict, compare=False
    )  # by name: whether it passed; of the first `CASES` that ran


def read(root: Path, path: str) -> Report:
    """Raises `ReportRefused` if `root` has no such file, or it is not a report."""
    try:
        data = files.read(root, path, BYTES)
    except FileRefused as error:
        raise ReportRefused(str(error)) from error
    return parse(data)


def parse(data: bytes) -> Report:
    """Parses without resolving or expanding anything: a document type, and thus any entity, is refused."""
    reading = _Reading()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.EntityDeclHandler = _refuse_doctype
    parser.StartElementHandler = reading.begin
    parser.EndElementHandler = reading.end
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, LookupError, ValueError) as error:  # the last two: an invalid encoding
        raise ReportRefused(f"it is not XML: {error}") from error
    return Report(reading.tests, tuple(reading.failing), reading.failures, tuple(reading.skipped), reading.cases)


def _refuse_doctype(*_: object) -> None:
    raise ReportRefused("it declares a document type")


@dataclass
class _Reading:
    tests: int = 0
    failing: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    cases: dict[str, bool] = field(default_factory=dict)
    failures: int = 0
    _depth: int = 0
    _case: int = 0  # depth of the open testcase; 0: none
    _name: str = ""
    _ran: bool = False
    _failed: bool = False

    def begin(self, name: str, attributes: dict[str, Any]) -> None:
        self._depth += 1
        if self._depth > DEPTH:
            raise ReportRefused(f"its elements are nested more than {DEPTH} deep")
        tag = name.rpartition(":")[2]
        if self._depth == 1 and tag not in ("testsuites", "testsuite"):
            raise ReportRefused(f"it is not a JUnit report: it begins with <{pieces.shortened(name, 80)}>")
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
            self.failures += self._failed
            if self._ran and len(self.cases) < CASES:
                name = pieces.shortened(self._name, NAME_ROOM)
                self.cases[name] = not self._failed and self.cases.get(name, True)
            if self._failed or not self._ran:
                _keep(self._name, self.failing if self._failed else self.skipped)
        self._depth -= 1


def _keep(name: str, names: list[str]) -> None:
    if len(names) < NAMES:
        shown = pieces.shortened(name, NAME_ROOM)
        if len(pieces.encoded([*names, shown])) <= NAMES_ROOM:
            names.append(shown)


def _full_name(attributes: dict[str, Any]) -> str:
    group, name = attributes.get("classname") or attributes.get("file") or "", attributes.get("name") or ""
    return "::".join(part for part in (group, name) if part) or "(no name)"
