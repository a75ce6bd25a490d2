"""Which variation gets which role."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from aideator_cli.errors import AideatorError
from aideator_cli.intake.roles.dealing import parse

Counted = Sequence[tuple[str, int | None]]
ONE: Counted = [("a", None)]
TWO: Counted = [("a", None), ("b", None)]


@pytest.mark.parametrize(
    ("values", "n", "models", "number"),
    [
        ([], None, ONE, None),
        (["qa"], None, ONE, None),
        (["qa"], 2, ONE, 2),
        (["qa,backend"], None, ONE, 2),
        (["qa,backend", "cto"], None, TWO, 3),
        (["qa,backend"], None, [("a", 3)], None),
        (["qa:1,backend:2"], None, ONE, 3),
        (["qa:1,backend:2"], 3, [("a", 2), ("b", None)], 3),
    ],
)
def test_how_many_variations_the_roles_ask_for(
    values: list[str], n: int | None, models: Counted, number: int | None, tmp_path: Path
) -> None:
    assert parse(values, tmp_path).number(n, models) == number


def test_counts_set_and_others_take_turns(tmp_path: Path) -> None:
    assert [role.name for role in parse(["qa:1,backend:2"], tmp_path).dealt(3)] == ["qa", "backend", "backend"]
    assert [role.name for role in parse(["qa", "backend"], tmp_path).dealt(3)] == ["qa", "backend", "qa"]
    assert [role.name for role in parse([], tmp_path).dealt(2)] == ["engineer", "engineer"]


@pytest.mark.parametrize(
    ("values", "n", "models", "complaint"),
    [
        (["qa:1,backend:2"], 2, ONE, "-n 2 conflicts with the counts in --role, which add up to 3"),
        (["qa:1,backend:2"], None, [("a", 2)], "the counts in --role add up to 3, and those of agents and models to 2"),
        (["qa:0"], None, ONE, "the count after the colon must be 1 to 20"),
        (["qa:21"], None, ONE, "the count after|add up to 21"),
        (["qa,,cto"], None, ONE, "contains an empty name"),
    ],
)
def test_numbers_that_do_not_fit(
    values: list[str], n: int | None, models: Counted, complaint: str, tmp_path: Path
) -> None:
    with pytest.raises(AideatorError, match=complaint):
        parse(values, tmp_path).number(n, models)


def test_more_roles_than_variations(tmp_path: Path) -> None:
    with pytest.raises(AideatorError, match="2 roles can't share 1 variations"):
        parse(["qa,cto"], tmp_path).dealt(1)


def test_two_roles_of_one_name(tmp_path: Path) -> None:
    (tmp_path / "qa.md").write_text("x")
    with pytest.raises(AideatorError, match="two roles are called qa: shipped and"):
        parse(["qa", str(tmp_path / "qa.md")], tmp_path / "own")
