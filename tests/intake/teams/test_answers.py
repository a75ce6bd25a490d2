"""A plan and a decision are a model's words: what they hold is checked, and why they are refused is told."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from aideator_cli.intake.teams import answers, schema
from aideator_cli.intake.teams.answers import NotUnderstood

CSV = {"id": "csv", "title": "Write CSV"}


def said(*tasks: Any, **more: Any) -> str:
    return f"I looked around.\n\n```json\n{json.dumps({'tasks': tasks, **more})}\n```\nThat is all."


def test_a_plan_is_found_among_other_words(tmp_path: Path) -> None:
    cli = {
        "id": "cli",
        "title": "Add --csv",
        "role": "backend",
        "needs": ["csv"],
        "files": ["cli.py"],
        "done_when": "it prints",
    }
    plan = answers.plan("```json\n{}\n```\n" + said(CSV, cli, summary="Both."), tmp_path)
    assert [(task.id, task.role, task.needs) for task in plan.tasks] == [
        ("csv", None, ()),
        ("cli", "backend", ("csv",)),
    ]
    jsonschema.validate(plan.as_json(), schema.load("plan"))


def test_lists_within_lists_are_refused_at_any_depth(tmp_path: Path) -> None:
    for depth in range(800, 1010, 3):
        with pytest.raises(NotUnderstood):
            answers.plan(f"```json\n{'[' * depth}{']' * depth}\n```", tmp_path)


@pytest.mark.parametrize(
    "around",
    [
        "As in:\n\n```python\nx = {}\n```\n\nThe plan:\n\nPLAN",
        "````markdown\n# Plan\n\nPLAN\n````",
        "PLAN\n\n~~~\nno JSON\n~~~",
        "".join(f"{'`' * count}\n" for count in range(3, 700)) + "PLAN",
    ],
    ids=["behind other code", "within a block", "before a block", "behind fences without end"],
)
def test_a_plan_is_found_among_other_blocks(around: str, tmp_path: Path) -> None:
    block = said({"id": "csv", "title": "Write CSV."})
    assert [task.id for task in answers.plan(around.replace("PLAN", block), tmp_path).tasks] == ["csv"]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("Just do it.", "no block of JSON"),
        ("```json\n{oops}\n```", "JSON can't be read"),
        (said(), "has 0 entries"),
        (said(*({"id": f"t{at}", "title": "x"} for at in range(200))), "has 200 tasks; at most 50"),
        (said(CSV, CSV), "two tasks are called csv"),
        (said({**CSV, "needs": ["json"]}), "csv needs 'json', which is no task"),
        (said({**CSV, "needs": ["b"]}, {"id": "b", "title": "b", "needs": ["csv"]}), "csv → b → csv"),
        (said({**CSV, "role": "wizard"}), "the role 'wizard'; the roles are engineer"),
        (said({**CSV, "role": "/etc/passwd"}), "the roles are"),
        (said({**CSV, "shell": "rm"}), r"tasks[0].shell is unknown"),
        (said({"id": "Csv Export", "title": "x"}), r"tasks[0].id is"),
        (said({"id": "csv\n", "title": "x"}), r"tasks[0].id is"),
        (said({"id": "csv"}), "tasks[0] lacks title"),
    ],
)  # fmt: skip
def test_why_a_plan_is_refused_is_told(answer: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(NotUnderstood) as raised:
        answers.plan(answer, tmp_path)
    assert why in str(raised.value)


def test_a_decision_names_tasks_that_there_are() -> None:
    found = answers.decision('```json\n{"decision": "rework", "why": "Quotes.", "tasks": ["csv"]}\n```', ("csv", "cli"))
    assert (found.word, found.why, found.tasks) == ("rework", "Quotes.", ("csv",))
    for answer in (
        '{"decision": "maybe", "why": "x"}',
        '{"decision": "rework", "why": "x", "tasks": ["y"]}',
        '{"decision": "rework"}',
        "Yes!",
    ):
        with pytest.raises(NotUnderstood):
            answers.decision(answer, ("csv", "cli"))


VALUES: list[Any] = [
    None, 1, "x", [], {}, {"tasks": []}, {"tasks": [CSV]}, {"tasks": [CSV, 1]}, {"tasks": [{**CSV, "needs": "a"}]},
    {"tasks": [{**CSV, "id": ""}]}, {"tasks": [{**CSV, "id": "a" * 31}]}, {"tasks": [{**CSV, "title": ""}]},
    {"tasks": [{**CSV, "needs": ["x" * 61]}]}, {"tasks": [CSV] * 51}, {"tasks": [CSV], "summary": "x" * 20001},
    {"tasks": [CSV], "more": 1}, {"tasks": [{**CSV, "needs": [True]}]},
]  # fmt: skip
STAGES: list[Any] = [
    {},
    {"n": True},
    {"n": 1.5},
    {"needs": 4},
    {"needs": ["b"]},
    {"decides": ["accept"]},
    {"timeout": 5},
]
TEAMS: list[Any] = [
    *({"stages": {"a": stage}} for stage in STAGES), {"stages": {"a b": {}}}, {"stages": {"a": {}}, "limits": {"cost": 0}},
    {"stages": {"a": {}}, "limits": []}, {"stages": {"a": {}}, "checks": {"unit": "pytest"}},
    {"stages": {"a": {}}, "checks": {"": "x"}}, {"stages": {f"s{at}": {} for at in range(21)}},
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), [*(("plan", each) for each in VALUES), *(("team", each) for each in TEAMS)])
def test_the_check_agrees_with_a_full_implementation_of_json_schema(name: str, value: Any) -> None:
    full = jsonschema.Draft202012Validator(schema.load(name))
    assert (schema.mistake(value, name) is None) == full.is_valid(value)
