"""`--verify`, `--setup` and the others, as they are typed."""

import pytest

from aideator_agent.spec import Check
from aideator_cli.errors import AideatorError
from aideator_cli.intake.checks import Checks, parse


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
            parse([given])
        return
    assert parse([given]).checks == (Check(name, command),)


def test_commands_that_would_have_the_same_name_are_numbered() -> None:
    names = [check.name for check in parse(["pytest a", "pytest b", "pytest=x y", "pytest c"]).checks]
    assert names == ["pytest-2", "pytest-3", "pytest", "pytest-4"]


@pytest.mark.parametrize(
    ("verify", "options", "words"),
    [
        (["  "], {}, "command is empty"),
        (["unit="], {}, "command of check unit is empty"),
        (["unit=a", "unit=b"], {}, "two checks are called unit"),
        (["un/it=a"], {}, "'un/it' is no name"),
        (["-x=a"], {}, "'-x' is no name"),
        (["é=a"], {}, "is no name"),
        (["Setup=a"], {}, "--setup are called"),
        (["CI=pytest"], {}, "only sets a variable"),
        (["a\0b"], {}, "NUL"),
        (["x" * 20000], {}, "16 KiB"),
        ([f"true {n}" for n in range(21)], {}, "21 times"),
        (["a"], {"setup": [" "]}, "--setup: the command is empty"),
        (["a"], {"repeat": 0}, "--verify-repeat takes 1 to 10"),
        (["a"], {"repeat": 11}, "--verify-repeat takes 1 to 10"),
        (["a"], {"report": "/tmp/x.xml"}, "no path of a file inside"),
        (["a"], {"report": "a/../../x.xml"}, "no path of a file inside"),
        (["a"], {"report": ".git/x.xml"}, "no path of a file inside"),
        (["a"], {"report": ""}, "no path of a file inside"),
        (["a"], {"report": "out/"}, "no path of a file inside"),
        ([], {"setup": ["make"]}, "--setup says how checks run"),
        ([], {"baseline": False}, "--no-baseline"),
        ([], {"repeat": 3}, "--verify-repeat"),
        ([], {"report": "x.xml"}, "--verify-report"),
    ],
)
def test_what_can_not_be_meant(verify: list[str], options: dict[str, object], words: str) -> None:
    with pytest.raises(AideatorError) as raised:
        parse(verify, **options)  # type: ignore[arg-type]
    assert words in str(raised.value)


def test_what_else_is_said_of_checks() -> None:
    asked = parse(["a"], ["make "], baseline=False, repeat=10, report="./out//report.xml")
    assert asked == Checks((Check("a", "a"),), ("make",), False, 10, "out/report.xml")
    assert parse([]) == Checks()
