"""Calls whose meaning is plain are understood; those whose meaning is not are refused, and the model is told why."""

from typing import Any

import pytest

from aideator_agent.lenient import meant, tool_named
from tests.agent.running import Agent, call, spec_of, submit
from tests.fixtures.repositories import LocalRepository

NAMES = ["bash", "read_file", "write_file", "str_replace", "submit"]
READ = {"path": "string", "first": "integer", "last": "integer"}


@pytest.mark.parametrize(
    ("name", "tool"),
    [
        ("bash", "bash"),
        ("Bash", "bash"),
        ("functions.bash", "bash"),
        ("default_api:read_file", "read_file"),
        ("ReadFile", "read_file"),
        ("read-file", "read_file"),
        ("run_command", "bash"),
        ("fly", None),
        ("edit", None),
        ("", None),
        ("functions.", None),
    ],
)
def test_a_tool_is_known_by_any_plain_name(name: str, tool: str | None) -> None:
    assert tool_named(name, NAMES) == tool


def test_an_alias_stands_for_no_tool_that_is_not_there() -> None:
    assert tool_named("shell", ["read_file"]) is None


@pytest.mark.parametrize(
    ("given", "arguments"),
    [
        ({"path": "a", "first": "1", "last": 20.0}, {"path": "a", "first": 1, "last": 20}),
        ({"file_path": "a", "start_line": 3}, {"path": "a", "first": 3}),
        ({"path": "a", "first": None}, {"path": "a"}),
        ({"path": "a", "first": "one"}, {"path": "a", "first": "one"}),
        ({"path": "a", "first": True}, {"path": "a", "first": True}),
        ({"path": "a", "first": 1.5}, {"path": "a", "first": 1.5}),
        ({"path": "a", "file": "b"}, {"path": "a"}),
        ({"file": "a", "filename": "b"}, {}),  # which of them?
    ],
)
def test_values_and_names_of_arguments_are_understood(given: dict[str, Any], arguments: dict[str, Any]) -> None:
    assert meant(given, READ, ("path",)).arguments == arguments


@pytest.mark.parametrize(
    ("command", "understood"),
    [(["ls", "a b"], "ls 'a b'"), (["bash", "-lc", "ls | wc"], "ls | wc"), ([], []), ([1], [1]), ("ls", "ls")],
)
def test_a_command_in_words_is_a_command(command: Any, understood: Any) -> None:
    assert meant({"command": command}, {"command": "string"}, ("command",)).arguments == {"command": understood}


def test_an_attempt_goes_on_with_calls_that_are_nearly_right(agent: Agent, repository: LocalRepository) -> None:
    turns = [
        {"calls": [call("functions.Bash", cmd="echo y > a.py", description="Changes it.")]},
        {"calls": [call("read_file", file_path="a.py", first="1", last="1")]},
        submit(),
    ]
    record = agent.run(spec_of(str(repository.path), turns))
    assert [(event["tool"], event["arguments"]) for event in record.of("call")][:2] == [
        ("bash", {"command": "echo y > a.py"}),
        ("read_file", {"path": "a.py", "first": 1, "last": 1}),
    ]
    assert record.text("output") == "y"
    assert "bash has no such argument, so this was ignored: description" in record.text("sent")
    assert b"+y" in record.patch
