"""Each variation's tests on the others' patches: what counts, and what that decides."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from aideator_cli.choice import others
from aideator_cli.choice.comparison import Comparison, compare
from aideator_cli.domain.crossing import Crossing
from tests.choice.crossing import RIGHT, SQUARE, Made, made, with_test
from tests.fixtures.made_once import made_once


def told(comparison: Comparison) -> list[str]:
    """What is said of each patch that fails tests of others."""
    return [
        f"{each.number} {others.fails(each.crossed)}"
        for each in comparison.order
        if each.crossed and each.crossed.failed
    ]


def compared(found: Made) -> Comparison:
    return compare(found.results, ["pytest"], crossing=found.crossing)


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Two right ones with tests in files of the same name; one that only squares; and two whose tests nobody else can pass."""
    mine = {"calc.py": "MINE = 1\n\n\ndef double(a):\n    return 2 * a\n"}
    helper = {"calc.py": "def twice(a):\n    return 2 * a\n\n\ndef double(a):\n    return twice(a)\n"}
    return made_once(
        tmp_path_factory,
        "crossed",
        lambda: made(
            tmp_path_factory.mktemp("crossed"),
            RIGHT | with_test("three", "double(3) == 6"),
            SQUARE,
            RIGHT | with_test("minus", "double(-1) == -2", file="three"),
            mine | {"test_mine.py": "import calc\n\n\ndef test_mine():\n    assert hasattr(calc, 'MINE')\n"},
            helper | with_test("twice", "twice(4) == 8", imported="twice"),
        ),
    )


def test_a_patch_that_fails_tests_of_others_comes_after_those_that_pass_them(several: Made) -> None:
    order = compared(several).order
    assert compare(several.results, ["pytest"]).order[0].number == 2, "the smallest change, without the others' tests"
    assert order[-1].number == 2
    failed = order[-1].crossed
    assert failed is not None
    assert [(test.author, test.name, test.by_most) for test in failed.failed] == [
        (1, "test_three::test_three", True),
        (3, "test_three::test_minus", True),
    ]
    assert failed.authors == (1, 3)


def test_it_stays_a_success_and_is_no_cheat(several: Made) -> None:
    last = compared(several).order[-1]
    assert last.passes
    assert not last.suspected


def test_a_test_that_only_its_authors_patch_passes_holds_nobody_back(several: Made) -> None:
    for each in compared(several).order[:-1]:
        assert each.crossed is not None
        assert not each.crossed.failed
    first = next(each.crossed for each in compared(several).order if each.number == 1)
    assert first is not None
    assert [test.name for test in first.alone] == ["test_mine::test_mine"]


def test_the_reason_names_the_evidence(several: Made) -> None:
    reason = compared(several).reason or ""
    assert "of the 4 that pass pytest and the others' tests" in reason


def test_what_is_told_of_them(several: Made) -> None:
    comparison = compared(several)
    assert told(comparison) == [
        "2 fails 2 of 2 tests by others, which most patches pass: test_three (of 1), test_minus (of 3)"
    ]
    about = others.about(comparison.order, comparison.crossing)
    assert about[0].startswith("the others' tests: 2 tests by 1 and 3 count, run on 5 patches")
    assert about[1] == "test_mine (of 4) does not count: no other patch passes it"


def test_a_retried_variation_makes_the_outcome_void(several: Made) -> None:
    anew = [replace(each, patch_sha256="0" * 64) if each.variation == 2 else each for each in several.results]
    comparison = compare(anew, ["pytest"], crossing=several.crossing)
    assert comparison.crossing is None
    assert comparison.order[0].crossed is None


def test_nothing_counts_if_the_time_was_up(several: Made) -> None:
    comparison = compare(several.results, ["pytest"], crossing=replace(several.crossing, problem="time"))
    assert comparison.order[0].number == 2
    assert others.about(comparison.order, comparison.crossing) == [
        "the others' tests did not finish (the time was up), so none of them counts"
    ]


def test_it_survives_the_store(several: Made) -> None:
    assert Crossing.from_json(several.crossing.as_json()) == several.crossing


HOSTILE = "import calc\n\n\ndef test_{0}():\n    {1}\n"


def test_hostile_tests_end_in_time_and_touch_no_other_trial(tmp_path: Path) -> None:
    mine = {"calc.py": "MINE = 1\n\n\ndef double(a):\n    return 2 * a\n"}
    endless = mine | {"test_endless.py": HOSTILE.format("endless", "while not hasattr(calc, 'MINE'): pass")}
    writing = (
        "assert calc.double(3) == 6; open('calc.py', 'w').write('broken'); open('../calc.py', 'w').write('broken')"
    )
    found = made(
        tmp_path, endless, RIGHT | {"test_writes.py": HOSTILE.format("writes", writing)}, RIGHT, seconds={"pytest": 2}
    )
    assert not found.crossing.problem
    for each in compared(found).order:
        assert each.crossed is not None
        assert not each.crossed.failed
    last = next(each.crossed for each in compared(found).order if each.number == 3)
    assert last is not None
    assert [test.name for test in last.passed] == ["test_writes::test_writes"]
    assert [test.name for test in last.alone] == ["test_endless::test_endless"]


UNITTEST = {
    "calc.py": "def double(a):\n    return a\n",
    "test_calc.py": "import unittest\n\nfrom calc import double\n\n\nclass Old(unittest.TestCase):\n"
    "    def test_double(self):\n        self.assertEqual(double(2), 4)\n",
}


def unit(name: str, expression: str, imported: str = "double") -> dict[str, str]:
    body = f"    def test_{name}(self):\n        self.assertTrue({expression})\n"
    return {
        f"test_{name}.py": f"import unittest\n\nfrom calc import {imported}\n\n\nclass New(unittest.TestCase):\n{body}"
    }


def test_where_tests_are_not_named_the_check_as_a_whole_counts(tmp_path: Path) -> None:
    twice = {"calc.py": "def twice(a):\n    return 2 * a\n\n\ndouble = twice\n"}
    found = made(
        tmp_path,
        RIGHT | unit("three", "double(3) == 6"),
        SQUARE,
        twice | unit("twice", "twice(1) == 2", "twice"),
        RIGHT | unit("nothing", "True"),
        base=UNITTEST,
        check=f"{sys.executable} -m unittest -q",
        report=False,
    )  # fmt: skip
    comparison = compared(found)
    assert told(comparison) == ["2 fails 1 of 1 test by others, which most patches pass: check pytest (of 1)"]
    assert {each.author: each.why for each in found.crossing.brought} == {1: "", 3: "", 4: "none_fails"}
