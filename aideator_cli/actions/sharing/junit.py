"""Writes checks as JUnit XML for CI servers, with one suite per variation."""

import re
from collections.abc import Iterator, Sequence
from typing import Final
from xml.etree import ElementTree as Xml

from aideator_agent.spec import RunSpec
from aideator_cli.choice.reasons import against
from aideator_cli.choice.verdicts import HIDDEN, RESTORED, Word, verdict
from aideator_cli.domain.result import CheckResult, Result
from aideator_cli.text.clean import clean, one_line

_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, section 2.2


def as_junit(spec: RunSpec, results: Sequence[Result]) -> bytes:
    """A check that did not run, because the variation left nothing to check, becomes a skipped test."""
    root = Xml.Element("testsuites", name=_text(spec.id))
    for result in results:
        root.append(_suite(spec, result))
    Xml.indent(root)
    return bytes(Xml.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _suite(spec: RunSpec, result: Result) -> Xml.Element:
    name = f"{spec.id}/{result.variation}"
    cases = [_case(name, result, check) for check in result.checks] + list(_skipped(name, spec, result))
    suite = Xml.Element("testsuite", name=_text(f"{name} {result.worker}"))
    suite.set("tests", str(len(cases)))
    for count, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(count, str(sum(case.find(kind) is not None for case in cases)))
    suite.set("time", f"{sum(check.seconds for check in result.checks):.3f}")
    suite.extend(cases)
    return suite


def _case(suite: str, result: Result, check: CheckResult) -> Xml.Element:
    case = Xml.Element("testcase", classname=_text(suite), name=_text(_name(check)), time=f"{check.seconds:.3f}")
    if check.exit_code is None:
        Xml.SubElement(case, "error", message=_text(check.reason or "did not end by itself"))
    elif not result.holds(check):
        Xml.SubElement(case, "failure", message=_text(_failure(result, check)))
    Xml.SubElement(case, "system-out").text = _text(f"$ {check.command}\n{check.tail}")
    return case


def _skipped(suite: str, spec: RunSpec, result: Result) -> Iterator[Xml.Element]:
    ran = {check.name for check in result.checks}
    for check in spec.checks:
        if check.name not in ran:
            case = Xml.Element("testcase", classname=_text(suite), name=_text(one_line(check.name)))
            Xml.SubElement(case, "skipped", message=_text(f"did not run: {result.outcome.replace('_', ' ')}"))
            yield case


def _name(check: CheckResult) -> str:
    words = [f"{one_line(check.name)}{HIDDEN if check.hidden else ''}"]
    if check.on == "restored":
        words.append(RESTORED)
    if check.repeat > 1:
        words.append(f"#{check.repeat}")
    return " ".join(words)


def _failure(result: Result, check: CheckResult) -> str:
    found = verdict(result, check.name)
    if found.word is Word.CHEAT:
        return f"exit {check.exit_code}: {against(found, result).removeprefix('is ')}"
    before = next((base for base in result.baseline if base.name == check.name), None)
    if check.exit_code == 0 and check.failures:
        return f"exit 0, but {check.failures} of its tests failed"
    if check.exit_code == 0:
        told = "no report" if check.tests is None else f"a report of {check.tests} tests"
        return f"exit 0 with {told}" + (f", {before.tests} on the base" if before and before.tests else "")
    return f"exit {check.exit_code}" + (" (so does the base)" if before and before.exit_code == check.exit_code else "")


def _text(text: str) -> str:
    return _NOT_XML.sub("\ufffd", clean(text))
