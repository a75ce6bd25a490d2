"""What an agent is told first."""

import re

import pytest

from aideator_agent.spec import Repository
from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.intake.prompts import render


def test_the_prompt_reaches_the_agent_as_it_was_written() -> None:
    prompt = "Use {{ braces }} and {% blocks %} & <tags>,\n\n  keep 'blanks'  \nand \"quotes\" \\ {# all #}"
    _, task = render("engineer", Repository("https://git.example/todo.git"), prompt, allow_shell=True)
    assert f"<task>\n{prompt}\n</task>" in task


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://git.example/team/todo.git", "The repository todo is checked out"),
        ("git@git.example:todo", "The repository todo is checked out"),
        ("/home/ada/src/todo/", "The repository todo is checked out"),
        ("/", "The repository is checked out"),
    ],
)
def test_the_repository_is_called_by_its_short_name(url: str, said: str) -> None:
    assert said in render("engineer", Repository(url), "x", allow_shell=True)[1]


def test_the_ref_is_named_when_there_is_one() -> None:
    assert "todo (at v1.2) is" in render("engineer", Repository("/src/todo", "v1.2"), "x", allow_shell=True)[1]


def test_every_tool_is_explained() -> None:
    system, _ = render("engineer", Repository("/src/todo"), "x", allow_shell=True)
    assert all(f"`{tool}`" in system for tool in ("bash", "read_file", "write_file", "str_replace", "submit"))


def test_without_a_shell_the_agent_is_not_told_to_run_anything() -> None:
    system, _ = render("engineer", Repository("/src/todo"), "x", allow_shell=False)
    assert "bash" not in system
    assert "Run the project's own tests" not in system


def test_an_unknown_role_is_wrong_usage() -> None:
    with pytest.raises(AideatorError, match=re.escape("unknown role '../job'")) as caught:
        render("../job", Repository("/src/todo"), "x", allow_shell=True)
    assert caught.value.code is ExitCode.USAGE
