"""A run as files: whole or not at all, the agents' very bytes, and never over anything of the user's."""

import hashlib
import json
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from aideator_agent.spec import Repository, VariationSpec
from aideator_cli.domain.runs import Selection
from aideator_cli.errors import ExitCode
from aideator_cli.store import Store
from tests.cli.conftest import Shell
from tests.fixtures.stored_runs import BASE, Told, add_run, change, check

PATCH = change("src/a.py", "old", "new") + b"\xff\r\n"
HOSTILE = "bad \x00\x08\x1b[31m\ufffe\ud800 ]]> <b>&"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "out"


def export(aideator: Shell, folder: Path, *words: str) -> None:
    said = aideator("export", "k3v9x2q", str(folder), *words)
    assert (said.code, said.out) == (0, ""), said.err


def left_beside(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.parent.iterdir() if path.name != "aideator-home")


def test_patches_events_results_and_checks_become_files(aideator: Shell, home: Path, folder: Path) -> None:
    lost = Told(outcome="failed", end={"fault": "model", "reason": "no key"})
    add_run(home, Told(PATCH, [check("pytest")], lines=[b"\xff no record"]), lost)
    export(aideator, folder)
    names = {path.name for path in folder.iterdir()}
    assert names == {"k3v9x2q-1.patch", "k3v9x2q-1-1.ndjson", "k3v9x2q-2-1.ndjson", "checks.xml", "result.json"}
    assert (folder / "k3v9x2q-1.patch").read_bytes() == PATCH
    result = json.loads((folder / "result.json").read_text())
    assert [(r["variation"], r["succeeded"], r["patch"]) for r in result["results"]] == [
        (1, True, "k3v9x2q-1.patch"),
        (2, False, None),
    ]
    assert result["spec"]["repository"]["base"] == BASE
    for name, digest in result["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    assert left_beside(folder) == ["out"]


def test_a_folder_with_an_empty_folder_in_it_is_not_empty(aideator: Shell, home: Path, folder: Path) -> None:
    add_run(home, Told(PATCH))
    (folder / "kept").mkdir(parents=True)
    for words in ((), ("--force",)):
        refused = aideator("export", "k3v9x2q", str(folder), *words)
        assert (refused.code, list(folder.iterdir())) == (ExitCode.USAGE, [folder / "kept"]), refused.err


def test_the_events_are_the_agents_very_bytes(aideator: Shell, home: Path, folder: Path) -> None:
    add_run(home, Told(PATCH, lines=[b"\xff no record", b"{not json"]))
    export(aideator, folder)
    store = Store.open(home)
    raws = [event.raw for event in store.events(store.attempts("k3v9x2q")[0].attempt)]
    store.close()
    assert (folder / "k3v9x2q-1-1.ndjson").read_bytes() == b"".join(raw + b"\n" for raw in raws)
    assert (folder / "k3v9x2q-1-1.ndjson").read_bytes().endswith(b"\xff no record\n{not json\n")


def test_the_selection_is_told_and_nothing_secret_is(aideator: Shell, home: Path, folder: Path) -> None:
    url = "https://me:hunter2@git.example/todo.git?token=hunter2"
    variation = VariationSpec(1, "openai/m", api_base="https://user:hunter2@models.example/v1?key=hunter2")
    add_run(home, Told(PATCH), secret="team-hunter2", repository=Repository(url), variations=(variation,))
    store = Store.open(home)
    store.select("k3v9x2q", Selection(1, "k3v9x2q-uid-1", "2026-11-21T13:00:00Z", "shorter"))
    store.close()
    export(aideator, folder)
    text = (folder / "result.json").read_text()
    assert "hunter2" not in text
    result = json.loads(text)
    assert (result["selection"]["variation"], result["selection"]["note"]) == (1, "shorter")
    assert result["spec"]["repository"]["url"] == "https://git.example/todo.git"
    assert result["spec"]["variations"][0]["api_base"] == "https://models.example/v1"


def test_each_variation_is_a_suite_of_its_checks(aideator: Shell, home: Path, folder: Path) -> None:
    right = Told(PATCH, [check("pytest"), check("ruff", on="base"), check("ruff", 1)])
    wrong = Told(change("b.py", "x", "y"), [check("pytest", 1, tail=HOSTILE), check("ruff", None, reason="timeout")])
    add_run(home, right, wrong, Told(outcome="limit", end={"reason": "steps"}))
    export(aideator, folder)
    suites = Xml.parse(folder / "checks.xml").getroot().findall("testsuite")
    counts = [[suite.get(n) for n in ("name", "tests", "failures", "errors", "skipped")] for suite in suites]
    assert counts == [
        ["k3v9x2q/1 gpt-5", "2", "1", "0", "0"],
        ["k3v9x2q/2 gpt-5", "2", "1", "1", "0"],
        ["k3v9x2q/3 gpt-5", "2", "0", "0", "2"],
    ]
    tail = suites[1].findall("testcase")[0].findtext("system-out") or ""
    assert tail == "$ pytest -q\nbad \u2400\u2408\u241b[31m\ufffd\ufffd ]]> <b>&"


def test_a_check_that_reports_too_few_tests_is_a_failure_with_that_reason(
    aideator: Shell, home: Path, folder: Path
) -> None:
    add_run(home, Told(PATCH, [check("pytest", on="base", tests=41), check("pytest", tests=3)]), verify_report="r.xml")
    export(aideator, folder)
    failure = Xml.parse(folder / "checks.xml").find(".//failure")
    assert failure is not None
    assert failure.get("message") == "exit 0 with a report of 3 tests, 41 on the base"


def test_a_suspicion_of_cheating_stands_in_the_failure_of_the_check_on_the_restored_tree(
    aideator: Shell, home: Path, folder: Path
) -> None:
    checks = [check("pytest"), check("pytest", 1, on="restored")]
    add_run(home, Told(change("test_a.py", "old", "new"), checks, tests=("test_a.py",)))
    export(aideator, folder)
    own, restored = Xml.parse(folder / "checks.xml").getroot().iter("testcase")
    assert (own.find("failure"), restored.get("name")) == (None, "pytest with the base's tests and settings")
    failure = restored.find("failure")
    assert failure is not None
    assert failure.get("message") == "exit 1: suspected of cheating: pytest passes only with its own test_a.py"


def test_an_empty_folder_is_taken_and_another_is_not(aideator: Shell, home: Path, folder: Path) -> None:
    add_run(home, Told(PATCH))
    folder.mkdir()
    export(aideator, folder)
    mine = folder.with_name("mine")
    mine.mkdir()
    (mine / "notes.txt").write_text("mine")
    for words in ([], ["--force"]):
        said = aideator("export", "k3v9x2q", str(mine), *words)
        assert said.code == ExitCode.USAGE
        assert "hint: name a new folder" in said.err
    assert [path.name for path in mine.iterdir()] == ["notes.txt"]
    assert left_beside(folder) == ["mine", "out"]


def test_force_replaces_only_what_an_export_made(aideator: Shell, home: Path, folder: Path) -> None:
    add_run(home, Told(PATCH))
    export(aideator, folder)
    before = (folder / "k3v9x2q-1.patch").stat().st_ino
    assert "--force replaces that export" in aideator("export", "k3v9x2q", str(folder)).err
    export(aideator, folder, "--force")
    assert (folder / "k3v9x2q-1.patch").stat().st_ino != before
    (folder / "k3v9x2q-1.patch").write_text("by hand")
    said = aideator("export", "k3v9x2q", str(folder), "--force")
    assert said.code == ExitCode.USAGE
    assert "contains k3v9x2q-1.patch, which is not from an export" in said.err
    assert (folder / "k3v9x2q-1.patch").read_text() == "by hand"
    assert left_beside(folder) == ["out"]


def test_a_folder_that_lists_foreign_files_as_its_own_loses_nothing(
    aideator: Shell, home: Path, folder: Path, tmp_path: Path
) -> None:
    add_run(home, Told(PATCH))
    folder.mkdir()
    (tmp_path / "precious").write_text("mine")
    (folder / "link").symlink_to(tmp_path / "precious")
    digest = hashlib.sha256(b"mine").hexdigest()
    (folder / "result.json").write_text(json.dumps({"kind": "export", "files": {"link": digest}}))
    assert aideator("export", "k3v9x2q", str(folder), "--force").code == ExitCode.USAGE
    assert (folder / "link").is_symlink()


def test_the_folder_that_one_is_in_stays(
    aideator: Shell, home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_run(home, Told(PATCH))
    folder.mkdir()
    monkeypatch.chdir(folder)
    said = aideator("export", "k3v9x2q", ".")
    assert said.code == ExitCode.USAGE
    assert "is the current folder" in said.err


def test_a_place_below_a_file_is_no_place(aideator: Shell, home: Path, folder: Path) -> None:
    add_run(home, Told(PATCH))
    folder.write_text("a file")
    said = aideator("export", "k3v9x2q", str(folder / "in"))
    assert said.code == ExitCode.NOT_FOUND
    assert f"there is no folder {folder}\n hint: " in said.err


def test_an_export_that_fails_in_the_middle_leaves_nothing(
    aideator: Shell, home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_run(home, Told(PATCH))

    def full(*_: object) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("aideator_cli.actions.sharing.exporting.as_junit", full)
    said = aideator("export", "k3v9x2q", str(folder))
    assert said.code == ExitCode.FAILED
    assert "out can't be written: No space left on device\n hint: choose another place" in said.err
    assert left_beside(folder) == []
