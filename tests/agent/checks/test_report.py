"""The report of tests, which code that nobody trusts has written."""

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from aideator_agent.checks.report import BYTES, ReportRefused, parse, read
from aideator_agent.spec import Check
from aideator_cli.choice.verdicts import verdicts
from aideator_cli.domain.attempts import Attempt
from aideator_cli.domain.events import parse as parse_record
from aideator_cli.domain.result import Result, fold
from tests.agent.checks.checking import MEND, ran, write
from tests.agent.running import Agent, bash, spec_of, submit
from tests.fixtures.repositories import LocalRepository

PYTEST = b"""<?xml version="1.0" encoding="utf-8"?><testsuites><testsuite name="pytest" errors="0" failures="1" skipped="1" tests="99">
<testcase classname="tests.test_calc" name="test_add" time="0.1"><failure message="no">assert 1 == 2</failure></testcase>
<testcase classname="tests.test_calc" name="test_double"/>
<testcase classname="tests.test_calc" name="test_later"><skipped type="pytest.skip"/></testcase>
<testcase classname="tests.test_calc" name="test_broken"><system-out>x</system-out><error message="setup"/></testcase>
</testsuite></testsuites>"""


def test_tests_that_ran_are_counted_one_by_one_and_the_totals_not_believed() -> None:
    found = parse(PYTEST)
    assert found.tests == 3
    assert found.failing == ("tests.test_calc::test_add", "tests.test_calc::test_broken")


def test_other_dialects() -> None:
    """Suites in suites (Jest, Gradle), a namespace, googletest's status, a report of one suite."""
    nested = b"<testsuites><testsuite><testsuite><testcase name='a'/></testsuite></testsuite><testsuite/></testsuites>"
    assert parse(nested).tests == 1
    assert parse(b"<j:testsuite xmlns:j='u'><j:testcase name='a'><j:skipped/></j:testcase></j:testsuite>").tests == 0
    assert (
        parse(b"<testsuite><testcase name='a' status='notrun'/><testcase name='b' status='run'/></testsuite>").tests
        == 1
    )
    assert parse(b"<testsuite><testcase><failure/></testcase></testsuite>").failing == ("(no name)",)
    assert parse("<?xml version='1.0' encoding='utf-16'?><testsuite/>".encode("utf-16")).tests == 0


HOSTILE = {
    "xxe": b'<!DOCTYPE t [<!ENTITY x SYSTEM "file:///etc/passwd">]><testsuite><testcase name="&x;"/></testsuite>',
    "external dtd": b'<!DOCTYPE testsuite SYSTEM "http://127.0.0.1:1/x.dtd"><testsuite/>',
    "billion laughs": b'<!DOCTYPE t [<!ENTITY a "ha"><!ENTITY b "'
    + b"&a;" * 1000
    + b'"><!ENTITY c "'
    + b"&b;" * 1000
    + b'">]><testsuite>&c;</testsuite>',
    "unknown entity": b"<testsuite>&nbsp;</testsuite>",
    "deep": b"<testsuite>" * 100_000,
    "not closed": b"<testsuite><testcase name='a'/>",
    "something else": b"<html><testcase/></html>",
    "no xml": b"\x00\xff\xfe junk",
    "empty": b"",
    "odd encoding": b"<?xml version='1.0' encoding='no-such'?><testsuite/>",
    "two roots": b"<testsuite/><testsuite/>",
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_report_is_no_report(case: str) -> None:
    began = time.monotonic()
    with pytest.raises(ReportRefused):
        parse(HOSTILE[case])
    assert time.monotonic() - began < 5


def test_names_of_failed_tests_are_bounded() -> None:
    many = "".join(f"<testcase name='{'ä' * 300}{n}'><failure/></testcase>" for n in range(5000))
    found = parse(f"<testsuite>{many}</testsuite>".encode())
    assert found.tests == 5000
    assert 0 < len(found.failing) <= 50
    assert sum(map(len, found.failing)) <= 2048


def test_only_a_regular_file_within_the_tree_and_the_bound_is_read(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    os.mkfifo(tree / "fifo")
    (tree / "link").symlink_to("/etc/passwd")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "report.xml").write_bytes(PYTEST)
    (tree / "folder").symlink_to(tmp_path / "outside")
    with (tree / "large").open("wb") as large:
        large.truncate(100 * 1024 * 1024)
    (tree / "good").write_bytes(PYTEST)
    for path in ("fifo", "link", "folder/report.xml", "large", "missing", "."):
        with pytest.raises(ReportRefused):
            read(tree, path)
    assert read(tree, "good").tests == 3
    assert BYTES < 100 * 1024 * 1024


# A runner of the project's own, which reports what it ran: a line a test.
RUNNER = """import calc
names = ["add", "double"]
with open("out/report.xml", "w") as report:
    report.write("<testsuite>")
    for name in names:
        good = getattr(calc, name) is not None
        report.write(f"<testcase classname='calc' name='{name}'>" + ("" if good else "<failure/>") + "</testcase>")
    report.write("</testsuite>")
"""
CHECK = (Check("run", "mkdir -p out && python3 run_all.py"),)


@pytest.fixture
def reporting(repository: LocalRepository) -> LocalRepository:
    """Its report is committed, and so is there before any check has run."""
    repository.commit({"run_all.py": RUNNER, "out/report.xml": PYTEST})
    return repository


def numbers(agent: Agent, repository: LocalRepository, *turns: dict[str, object]) -> dict[str, int | None]:
    spec = spec_of(str(repository.path), [*turns, submit()], checks=CHECK, verify_report="out/report.xml")
    record = agent.run(spec)
    assert {code for on in ("base", "patch") for _, code in ran(record, on)} == {0}, record.of("check")
    return {event["on"]: event["tests"] for event in record.of("check")}


def test_the_count_of_tests_is_told_for_base_and_patch(agent: Agent, reporting: LocalRepository) -> None:
    assert numbers(agent, reporting, MEND) == {"base": 2, "patch": 2}


def test_a_module_that_ends_the_runner_with_success_leaves_no_report(agent: Agent, reporting: LocalRepository) -> None:
    """Exit code 0, and the report that was committed does not count."""
    assert numbers(agent, reporting, write("calc.py", "import os\nos._exit(0)\n")) == {"base": 2, "patch": None}


def test_a_report_in_the_patch_does_not_count(agent: Agent, reporting: LocalRepository) -> None:
    forged = write("out/report.xml", "<testsuite><testcase name='a'/><testcase name='b'/></testsuite>")
    assert numbers(agent, reporting, write("calc.py", "import os\nos._exit(0)\n"), forged) == {"base": 2, "patch": None}


@pytest.mark.parametrize("trap", ["mkfifo out/report.xml", "ln -s /etc/passwd out/report.xml", "mkdir out/report.xml"])
def test_a_trap_in_the_reports_place_neither_hangs_nor_leads_out(
    agent: Agent, reporting: LocalRepository, trap: str
) -> None:
    script = f"import os\nos.system({trap!r})\nos._exit(0)\n"
    assert numbers(agent, reporting, write("calc.py", script)) == {"base": 2, "patch": None}


def test_a_check_that_has_no_tests_needs_no_report_beside_one_that_names_the_file(
    agent: Agent, reporting: LocalRepository
) -> None:
    checks = (Check("unit", "python3 run_all.py # to out/report.xml"), Check("lint", "test -e calc.py"))
    spec = spec_of(str(reporting.path), [MEND, submit()], checks=checks, verify_report="out/report.xml")
    attempt = Attempt("uid", spec.id, 1, "", "")
    lines = agent.run(spec).lines
    result = fold([parse_record(attempt, line, None) for line in lines], Result(1, "m", report=True))
    assert [(check.name, check.tests, check.reports) for check in result.checks] == [
        ("unit", 2, True),
        ("lint", None, False),
    ]
    assert result.succeeded
    assert [verdict.word for verdict in verdicts(result, ["unit", "lint"])] == ["passed", "passed"]


@pytest.mark.parametrize(
    ("commands", "asked"), [(("make", "lint"), (True, True)), (("sh r.xml", "lint"), (True, False))]
)
def test_all_checks_are_asked_for_a_report_where_none_names_it(
    commands: tuple[str, str], asked: tuple[bool, bool]
) -> None:
    checks = tuple(Check(str(number), command) for number, command in enumerate(commands))
    spec = replace(spec_of("/x", []), checks=checks, verify_report="out/r.xml")
    assert tuple(spec.report_of(check) is not None for check in checks) == asked


def test_a_link_in_the_patch_is_removed_itself(agent: Agent, reporting: LocalRepository) -> None:
    target = agent.folder / "mine.xml"
    target.write_bytes(PYTEST)
    assert numbers(agent, reporting, bash(f"rm out/report.xml; ln -s {target} out/report.xml"), MEND) == {
        "base": 2,
        "patch": 2,
    }
    assert target.read_bytes() == PYTEST
