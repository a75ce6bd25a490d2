"""The exit codes are the same in the program, its help and the docs; what every command takes is taken anywhere."""

import errno
import os
import re
from pathlib import Path

import pytest

from aideator_cli.cli.commands import EPILOG
from aideator_cli.errors import ExitCode
from tests.cli.conftest import Shell
from tests.fixtures.stored_runs import Told, add_run, change

DOCS = Path(__file__).parents[2] / "docs"
STABLE = {0, 1, 2, 3, 4, 5, 6, 7, 8, 70, 124, 129, 130, 141, 143}  # scripts rely on them


def test_the_codes_are_in_the_help_and_in_the_docs() -> None:
    assert {code.value for code in ExitCode} == STABLE
    assert {int(code) for code in re.findall(r"\b(\d+) [a-zA-Z]", EPILOG)} == STABLE
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", (DOCS / "exit-codes.md").read_text(), re.M)} == STABLE


@pytest.fixture
def run(home: Path, aideator: Shell) -> str:  # noqa: ARG001
    add_run(home, Told(change("a.py", "x = 1", "x = 2")), run="k3v9x2q")
    return "k3v9x2q"


@pytest.mark.parametrize(
    "words", [["-q", "tag", "RUN", "a"], ["tag", "--quiet", "RUN", "a"], ["tag", "RUN", "a", "-q"]]
)
def test_quiet_leaves_out_what_is_no_warning(aideator: Shell, run: str, words: list[str]) -> None:
    assert aideator("tag", run, "a").err == f"{run}: a\n"
    said = aideator(*(run if word == "RUN" else word for word in words))
    assert (said.code, said.out, said.err) == (0, "", "")
    assert aideator("tag", run, "a").err == f"{run}: a\n", "only that call was quiet"


def test_quiet_keeps_data_and_errors(aideator: Shell, run: str) -> None:
    assert aideator("list", "-q").out == aideator("list").out
    assert aideator("show", "-q", "nosuchrun").err.startswith("error: there is no run nosuchrun")
    assert aideator("note", run, "--", "-q").code == 0
    assert aideator("note", run).out == "-q\n", "behind -- it is a text"


def test_no_color_wins_over_a_wish_for_colours(aideator: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in aideator("show", "nosuch").err
    assert "\x1b[" not in aideator("show", "nosuch", "--no-color").err
    assert os.environ["FORCE_COLOR"] == "1"


@pytest.mark.parametrize(
    ("number", "hint"),
    [(errno.ENOSPC, "free some disk space"), (errno.EROFS, "AIDEATOR_HOME"), (errno.EMFILE, "ulimit")],
)
def test_what_the_machine_refuses_is_no_mistake_of_the_program(
    aideator: Shell, run: str, monkeypatch: pytest.MonkeyPatch, number: int, hint: str
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("aideator_cli.views.screen.Screen.line", refuse)
    said = aideator("list", "--json")
    assert said.code == ExitCode.FAILED, run
    assert said.err.splitlines()[0] == f"error: the output or a file can't be written: {os.strerror(number)}"
    assert hint in said.err.splitlines()[1]
