"""What the store knows of how often a variation was submitted."""

import json
import sqlite3
from dataclasses import replace
from pathlib import Path

from aideator_agent.spec import Check, Repository, RunSpec, VariationSpec
from aideator_cli.choice.verdicts import verdict
from aideator_cli.domain.attempts import Attempt
from aideator_cli.domain.events import parse
from aideator_cli.domain.result import CheckResult, Result
from aideator_cli.domain.runs import Place
from aideator_cli.store import Store
from aideator_cli.store.migrations import STEPS
from aideator_cli.stream.recording import last_result

SPEC = RunSpec(
    "k3v9x2q", "uuid", "2026-11-21T12:00:00.000000Z", Repository("https://git.example/todo.git"), "fix it",
    (VariationSpec(1, "gpt-5"), VariationSpec(2, "gpt-5")),
)  # fmt: skip


def ended(folder: Path) -> Store:
    store = Store.open(folder)
    store.add_run(SPEC, Place("local", "this machine"))
    for number in (1, 2):
        store.open_attempt(Attempt(f"uid-{number}", SPEC.id, number, "2026-11-21T12:00:01Z", "pod"))
        store.save_result(SPEC.id, Result(number, "gpt-5", f"uid-{number}", "failed", "infrastructure"))
    store.set_state(SPEC.id, "ended")
    return store


def test_of_two_processes_only_one_takes_a_number(tmp_path: Path) -> None:
    store, other = ended(tmp_path), Store.open(tmp_path)
    assert store.claim(SPEC.id, {1: 2})
    assert not other.claim(SPEC.id, {1: 2, 2: 2})
    assert other.submissions(SPEC.id) == {1: 2, 2: 1}
    assert other.claim(SPEC.id, {1: 3})


def test_a_variation_that_is_tried_again_has_no_result_yet(tmp_path: Path) -> None:
    store = ended(tmp_path)
    store.reopen(SPEC.id, {2: 2}, [2])
    assert [result.outcome for result in store.results(SPEC.id)] == ["failed", "running"]
    run = store.run(SPEC.id)
    assert run is not None
    assert (run.state, run.ended) == ("running", None)
    assert store.submissions(SPEC.id) == {1: 1, 2: 2}


def test_a_database_from_before_there_were_retries_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "aideator.db"
    with sqlite3.connect(path) as old:
        old.executescript(STEPS[0].up)
        old.execute("pragma user_version=1")
        old.execute(
            "insert into runs values ('k3v9x2q', '', 'local', null, null, '', null, ?, 'ended', '')", (SPEC.to_json(),)
        )
        old.execute("insert into variations values ('k3v9x2q', 1, 'gpt-5', '', null, null)")
    old.close()
    assert Store.open(tmp_path).submissions("k3v9x2q") == {1: 1}


def test_what_an_earlier_attempt_left_is_judged_as_the_last_one_is(tmp_path: Path) -> None:
    """A commit of it says so: one test of 41 is no `pytest passed`."""
    store = Store.open(tmp_path)
    spec = replace(SPEC, checks=(Check("pytest", "pytest"),), verify_report="r.xml")
    store.add_run(spec, Place("local", "this machine"))
    base = CheckResult("pytest", "pytest", 0, 1.0, "", "base", tests=41)
    store.save_result(spec.id, Result(1, "gpt-5", "uid-1", "succeeded", baseline=(base,)))
    earlier = Attempt("uid-2", spec.id, 2, "2026-11-21T12:00:01Z", "log")
    store.open_attempt(earlier)
    check = {
        "v": 1,
        "seq": 0,
        "time": "2026-11-21T12:00:02Z",
        "type": "check",
        "name": "pytest",
        "exit_code": 0,
        "tests": 1,
    }
    store.record([parse(earlier, json.dumps(check).encode(), None)], [])
    result = last_result(store, spec, 2, "uid-2")
    assert verdict(result, "pytest").word == "too_few_tests"
