"""`--verify`, `--setup` and the others, as they are typed."""

from collections.abc import Sequence
from typing import Any

import pytest

from aideator_agent.spec import Check
from aideator_cli.errors import AideatorError
from aideator_cli.intake.checks import Checks, parse
from aideator_cli.intake.request import Checking


def parsed(verify: Sequence[str], setup: Sequence[str] = (), **options: Any) -> Checks:
    return parse(Checking(verify, setup, **options))


@pytest.mark.parametrize(
    ("given", "name", "command"),
    [
        ("pytest -q", "pytest", "pytest -q"),
        ("unit=pytest -q tests/unit", "unit", "pytest -q tests/unit"),
        ("python3 -m unittest -v", "unittest", "python3 -m unittest -v"),
        ("/usr/bin/python3.12 -m pytest", "pytest", "/usr/bin/python3.12 -m pytest"),
        ("npm test", "npm-test", "npm test"),
        ("make -j4 check", "make", "make -j4 check"),
        ("./scripts/check.sh --all", "check.sh", "./scripts/check.sh --all"),
        ("CI=1 PYTHONPATH=src pytest -q", "pytest", "CI=1 PYTHONPATH=src pytest -q"),
        ("pytest -k a=b", "pytest", "pytest -k a=b"),
        ("'odd name!' x", "odd-name", "'odd name!' x"),
        ("unit='quoted' x", "unit", "'quoted' x"),
        ("setup x", "setup-2", "setup x"),
        ("  v1.2_x-y= true ", "v1.2_x-y", "true"),
        ("a=b=c", "a", None),
        ("grep x 'unbalanced", "grep", "grep x 'unbalanced"),
        ("!", "check", "!"),
    ],
)
def test_the_name_and_the_command(given: str, name: str, command: str | None) -> None:
    if command is None:
        with pytest.raises(AideatorError):
            parsed([given])
        return
    assert parsed([given]).checks == (Check(name, command),)


def test_commands_that_would_have_the_same_name_are_numbered() -> None:
    names = [check.name for check in parsed(["pytest a", "pytest b", "pytest=x y", "pytest c"]).checks]
    assert names == ["pytest-2", "pytest-3", "pytest", "pytest-4"]


@pytest.mark.parametrize(
    ("verify", "options", "words"),
    [
        (["  "], {}, "command is empty"),
        (["x"], {"allow_change": ["../pyproject.toml"]}, "is not a path or a glob inside the repository"),
        (["x"], {"allow_change": ["/pyproject.toml"]}, "is not a path or a glob inside the repository"),
        ([], {"allow_change": ["pyproject.toml"]}, "--allow-change needs a check"),
        (["unit="], {}, "command of check unit is empty"),
        (["unit=a", "unit=b"], {}, "two checks are named unit"),
        (["un/it=a"], {}, "'un/it' is not a valid name"),
        (["-x=a"], {}, "'-x' is not a valid name"),
        (["é=a"], {}, "is not a valid name"),
        (["Setup=a"], {}, "is reserved for --setup"),
        (["CI=pytest"], {}, "only sets a variable"),
        (["a\0b"], {}, "NUL"),
        (["x" * 20000], {}, "16 KiB"),
        ([f"true {n}" for n in range(21)], {}, "21 times"),
        (["a"], {"setup": [" "]}, "--setup: the command is empty"),
        (["a"], {"repeat": 0}, "--verify-repeat takes 1 to 10"),
        (["a"], {"repeat": 11}, "--verify-repeat takes 1 to 10"),
        (["a"], {"report": "/tmp/x.xml"}, "not the path of a file inside"),
        (["a"], {"report": "a/../../x.xml"}, "not the path of a file inside"),
        (["a"], {"report": ".git/x.xml"}, "not the path of a file inside"),
        (["a"], {"report": ""}, "not the path of a file inside"),
        (["a"], {"report": "out/"}, "not the path of a file inside"),
        ([], {"setup": ["make"]}, "--setup needs a check"),
        ([], {"baseline": False}, "--no-baseline"),
        ([], {"repeat": 3}, "--verify-repeat"),
        ([], {"report": "x.xml"}, "--verify-report"),
    ],
)
def test_what_can_not_be_meant(verify: list[str], options: dict[str, object], words: str) -> None:
    with pytest.raises(AideatorError) as raised:
        parsed(verify, **options)  # type: ignore[arg-type]
    assert words in str(raised.value)


def test_what_else_is_said_of_checks() -> None:
    asked = parsed(["a"], ["make "], baseline=False, repeat=10, report="./out//report.xml")
    assert asked == Checks((Check("a", "a"),), ("make",), False, 10, "out/report.xml")
    assert parsed([]) == Checks()
