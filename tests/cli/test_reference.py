"""The pages that are made from the code are as the code is."""

import re
from pathlib import Path

import pytest

from aideator_cli.cli.commands import COMMANDS, SECTIONS
from aideator_cli.cli.reference import reference
from tests.cli.conftest import Shell

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_of_commands_is_as_the_commands_are() -> None:
    assert (DOCS / "commands.md").read_text() == reference(), "make docs"


def test_what_an_option_takes_is_named_by_a_word_and_not_by_a_type() -> None:
    assert re.findall(r"^ +-.*<[a-z ]+>", reference(), re.MULTILINE) == []


@pytest.mark.parametrize("command", ["run", "ask", "review", "continue"])
def test_every_option_of_a_run_stands_under_what_it_is_for(aideator: Shell, command: str) -> None:
    assert "\nOptions:" not in aideator(command, "--help").out


def test_the_help_names_each_command_once_under_what_it_is_for() -> None:
    assert sorted(name for names in SECTIONS.values() for name in names) == sorted(COMMANDS)


@pytest.mark.parametrize("group", [(), *((name,) for name, command in COMMANDS.items() if command.commands)])
def test_each_command_fits_on_one_line_of_a_small_terminal(
    aideator: Shell, group: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    known = COMMANDS[group[0]].commands if group else COMMANDS
    assert known is not None
    listed = aideator(*group, "--help").out
    assert [name for name, command in known.items() if f" {command.help}\n" not in listed] == []
