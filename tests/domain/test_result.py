"""An attempt's events, folded: its outcome, its patch, its figures; and a run's exit code."""

import base64
import hashlib
import json

import pytest

from aideator_cli.domain.attempts import Attempt
from aideator_cli.domain.events import Event, parse
from aideator_cli.domain.result import CheckResult, Folding, Result, exit_code, fold, infrastructure
from aideator_cli.errors import ExitCode

ATTEMPT = Attempt("uid", "k3v9x2q", 1, "2026-11-21T12:00:00Z", "pod")
START = Result(1, "gpt-5", "uid")


def events(*records: dict[str, object]) -> list[Event]:
    return [
        parse(ATTEMPT, json.dumps({"v": 1, "seq": n, "time": f"2026-11-21T12:00:{n:02d}Z", **record}).encode(), None)
        for n, record in enumerate(records)
    ]


def patch_records(patch: bytes, encoding: str = "utf-8") -> list[dict[str, object]]:
    text = patch.decode() if encoding == "utf-8" else base64.b64encode(patch).decode()
    half = len(text) // 2
    last = {
        "sha256": hashlib.sha256(patch).hexdigest(),
        "files": 2,
        "additions": 19,
        "deletions": 3,
        "tests": ["tests/a.py"],
    }
    return [
        {"type": "patch", "part": 1, "parts": 2, "encoding": encoding, "text": text[:half]},
        {"type": "patch", "part": 2, "parts": 2, "encoding": encoding, "text": text[half:], **last},
    ]


@pytest.mark.parametrize(("patch", "encoding"), [("dïff\r\n".encode(), "utf-8"), (b"\xff\x00binary", "base64")])
def test_a_patch_in_parts_comes_back_byte_for_byte(patch: bytes, encoding: str) -> None:
    result = fold(events(*patch_records(patch, encoding)), START)
    assert result.patch == patch
    assert (result.files, result.additions, result.deletions, result.tests) == (2, 19, 3, ("tests/a.py",))


def test_a_patch_that_is_not_what_its_hash_says_is_no_patch() -> None:
    first, last = patch_records(b"diff --git")
    assert fold(events(first, {**last, "sha256": "0" * 64}), START).patch is None
    assert fold(events(last), START).patch is None


def test_tokens_and_cost_add_up_and_an_unknown_price_stays_unknown() -> None:
    usage = {"type": "usage", "input": 100, "output": 10, "cost": 0.25}
    known = fold(events({**usage, "step": 1}, {**usage, "step": 2}), START)
    assert (known.steps, known.input_tokens, known.output_tokens, known.cost) == (2, 200, 20, 0.5)
    assert fold(events({**usage, "step": 1}, {**usage, "step": 2, "cost": None}), START).cost is None


def test_tokens_that_the_provider_did_not_count_are_unknown_and_a_script_s_are_none_at_all() -> None:
    usage = {"type": "usage", "step": 1, "input": 100, "output": 10, "cost": 0.25}
    silent = {**usage, "step": 2, "input": 0, "output": 0, "cost": None}
    uncounted = fold(events(usage, silent), START)
    assert (uncounted.input_tokens, uncounted.output_tokens, uncounted.tokens, uncounted.cost) == (
        None,
        None,
        None,
        None,
    )
    assert fold(events({"type": "usage", "step": 1}), START).tokens is None
    unpriced = fold(events(usage, {**usage, "step": 2, "cost": None}), START)
    assert (unpriced.tokens, unpriced.cost) == (220, None)
    scripted = fold(events({**silent, "cost": 0.0}), START)
    assert (scripted.tokens, scripted.cost) == (0, 0.0)


def test_it_runs_until_its_end_was_read() -> None:
    assert fold(events({"type": "start"}, {"type": "say"}), START).outcome == "running"
    end = {
        "type": "end",
        "outcome": "failed",
        "fault": "model",
        "reason": "refused",
        "totals": {"seconds": 3.5, "steps": 1, "cost": 0.1},
    }
    ended = fold(events(end), START)
    assert (ended.outcome, ended.fault, ended.reason, ended.seconds) == ("failed", "model", "refused", 3.5)


def test_what_nobody_counted_is_unknown_at_the_end_too() -> None:
    totals = {"steps": 0, "input": None, "output": None, "cost": None}
    ended = fold(events({"type": "end", "outcome": "limit", "totals": totals}), START)
    assert (ended.tokens, ended.cost) == (None, None)


@pytest.mark.parametrize(
    ("agent", "model", "told", "cost"),
    [
        (None, "gpt-5", [], 0.0),
        (None, "gpt-5", ["work"], 0.0),
        (None, "gpt-5", ["work", "sent 1", "usage 1"], 0.25),
        (None, "gpt-5", ["work", "sent 1", "usage 1", "sent 2"], None),
        (None, "scripted/a.yaml", ["work", "sent 1"], 0.0),
        ("claude", "gpt-5", [], 0.0),
        ("claude", "gpt-5", ["work"], None),
        ("claude", "gpt-5", ["work", "sent 1", "sent 2", "usage 2"], None),
        ("claude", "gpt-5", ["work", "sent 1", "usage 1"], 0.25),
    ],
)
def test_a_lost_attempt_has_cost_what_was_counted_unless_somebody_still_worked_uncounted(
    agent: str | None, model: str, told: list[str], cost: float | None
) -> None:
    folding = Folding(Result(1, model, "uid", agent=agent))
    records: list[dict[str, object]] = []
    for word, _, step in (each.partition(" ") for each in told):
        usage = {"input": 100, "output": 10, "cost": 0.25} if word == "usage" else {}
        named = (
            {"type": "phase", "name": "work", "state": "begin"} if word == "work" else {"type": word, "step": int(step)}
        )
        records.append({**named, **usage})
    for event in events(*records):
        folding.add(event)
    lost = folding.lost("oom_killed", "It used too much memory.")
    assert (lost.outcome, lost.fault, lost.reason) == ("failed", "infrastructure", "oom_killed")
    assert (lost.cost, lost.tokens is None) == (cost, cost is None)


def test_hostile_fields_do_no_harm() -> None:
    odd: dict[str, object] = {
        "part": "x",
        "parts": None,
        "text": 7,
        "sha256": 1,
        "input": "many",
        "cost": "free",
        "totals": [],
        "outcome": {},
    }
    for kind in ("patch", "usage", "check", "end", "phase"):
        fold(events({**odd, "type": kind}), START)


@pytest.mark.parametrize("number", [float("inf"), float("nan"), 10**4000, -1e308])
def test_a_number_that_no_agent_can_have_measured_is_none(number: float) -> None:
    told = {"input": number, "seconds": number, "parts": number, "sha256": "x", "text": "", "tests": number}
    records = [{**told, "type": kind, "cost": number} for kind in ("usage", "check", "patch")]
    result = fold(
        events(*records, {"type": "end", "totals": {"seconds": number, "cost": number, "steps": number}}), START
    )
    assert (result.input_tokens, result.seconds, result.steps, result.cost) == (None, 0.0, 0, None)
    assert result.checks[0].seconds == 0.0


OK, BAD = CheckResult("pytest", "pytest -q", 0, 1.0, ""), CheckResult("pytest", "pytest -q", 1, 1.0, "")
MADE = Result(1, "m", outcome="succeeded", checks=(OK,))
BROKE = Result(2, "m", outcome="succeeded", checks=(BAD,))
LIMIT = Result(3, "m", outcome="limit")
LOST = infrastructure(Result(4, "m"), "oom_killed", "")
QUOTA = infrastructure(Result(5, "m"), "quota", "")


@pytest.mark.parametrize(
    ("results", "code"),
    [
        ([LIMIT, MADE, LOST], ExitCode.OK),
        ([BROKE, LIMIT], ExitCode.CHECKS_FAILED),
        ([LIMIT, LIMIT], ExitCode.LIMIT),
        ([QUOTA, QUOTA], ExitCode.REFUSED),
        ([QUOTA, LOST], ExitCode.UNAVAILABLE),
        ([Result(1, "m", outcome="no_changes")], ExitCode.FAILED),
        ([LIMIT, LOST], ExitCode.FAILED),
    ],
)
def test_a_run_exits_with_the_code_that_its_variations_make(results: list[Result], code: ExitCode) -> None:
    assert exit_code(results) == code
