"""A stages file is checked before anything is spent, and a mistake is told with its line."""

import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from aideator_cli.errors import AideatorError
from aideator_cli.intake.teams import finding, schema
from aideator_cli.intake.teams.file import parse

BUILD = "build: {each: plan.tasks}"


def read(text: str) -> object:
    return parse(text, "ours", "ours.yaml", "team ours.yaml")


@pytest.mark.parametrize("name", [*finding.NAMES, "new"])
def test_a_shipped_team_is_as_the_schema_says(name: str) -> None:
    text = finding.source(name)
    assert read(text)
    jsonschema.validate(yaml.safe_load(text), schema.load("team"))


@pytest.mark.parametrize(
    ("stages", "told"),
    [
        ("a: {from: b}\n  b: {from: a}", r"line 2: the stages wait for each other: a → b → a"),
        ("a: {from: a}", r"a → a"),
        ("a: {}\n  b: {from: c}", r"line 3: from of b names no stage: c"),
        ("a: {}\n  b: {from: a, needs: [z]}", r"needs of b names no stage: z"),
        ("a: {n: 21}", r"line 2: stages\.a\.n is 21; it takes 1 to 20"),
        ("a: {n: two}", r"takes a whole number, not \"two\""),
        ("a: {rolle: qa}", r"stages\.a\.rolle is unknown; known: role"),
        ("A!: {}", r"the name is \"A!\""),
        ("a: {timeout: soon}", r"line 2: timeout takes a time such as 90s"),
        ("a: {cost: -1}", r"stages\.a\.cost is -1"),
        ("a: {role: '{{ task.role }}'}", r"and no tasks"),
        ("a: {}\n  b: {each: a.tasks}", r"which makes no plan"),
        ("plan: {produces: plan}", r"ends with a plan, which nobody carries out"),
        ("a: {}\n  b: {}", r"the work of a reaches no later stage"),
        ("a: {}\n  b: {decides: [accept, rework]}", r"decides on no work"),
        ("a: {}\n  b: {from: a, decides: [accept, accept], rework: a}", r"decides takes \[accept, rework\]"),
        ("a: {}\n  b: {from: a}\n  c: {from: a, decides: [accept, rework], rework: b}", r"can't send work back to b"),
        ("a: {}\n  b: {from: a, rework: a}", r"without deciding or testing"),
        ("a: {produces: plan, keep: tests}", r"can't have produces and keep together"),
        ("plan: {produces: plan}\n  b: {from: plan}", r"which changes no file"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(stages: str, told: str) -> None:
    with pytest.raises(AideatorError) as raised:
        read(f"stages:\n  {stages}\n")
    assert re.search(told, raised.value.message), raised.value.message
    assert raised.value.code == 2


@pytest.mark.parametrize(
    "limits", ["{cost: 0}", "{cost: lots}", "{time: 0}", "{time: -5}", "{time: 31d}", "{money: 3}"]
)
def test_nonsense_limits_are_refused(limits: str) -> None:
    with pytest.raises(AideatorError, match=r"limits|time takes"):
        read(f"stages: {{a: {{}}}}\nlimits: {limits}\n")


@pytest.mark.parametrize(
    "text", ["", "[]", "stages: 3", "stages: {}", "stages: {a: 1}", f"stages: {{a: {{}}, {BUILD}}}", "{"]
)
def test_what_is_no_team_is_refused(text: str) -> None:
    with pytest.raises(AideatorError) as raised:
        read(text)
    assert raised.value.code == 2


def test_a_team_of_the_repository_replaces_a_shipped_one(tmp_path: Path) -> None:
    folder = tmp_path / finding.FOLDER
    folder.mkdir(parents=True)
    (folder / "feature.yaml").write_text("stages: {only: {}}\n")
    assert finding.find("feature", tmp_path).names == ("only",)
    assert finding.find("feature", None).names == ("plan", "build", "test", "review")
    with pytest.raises(AideatorError, match="there is no team 'feture'") as raised:
        finding.find("feture", tmp_path)
    assert "did you mean feature?" in str(raised.value.hint)


def test_merges_of_merges_end_before_they_fill_the_memory() -> None:
    merges = [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, 12)]
    with pytest.raises(AideatorError, match="bring in more than 10,000 entries"):
        finding.sent("\n".join(["a0: &a0 {one: 1, two: 2}", *merges]), "mine")
    some = "stages: {a: &a {role: qa, n: 2}, b: {<<: *a, from: a}}"
    assert finding.sent(some, "mine").stage("b").role == "qa"


def test_stages_that_are_sent_are_no_longer_than_people_write_them() -> None:
    with pytest.raises(AideatorError, match="more than 131,072 characters"):
        finding.sent(f"stages: {{a: {{prompt: {'x' * 131072}}}}}", "mine")
