"""Scripts of the scripted model, checked at the door."""

import json
import re
from pathlib import Path

import pytest

from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.intake.scripts import FAULTS, load

WHOLE = """
- say: Looking around.
  think: The bug must be in the parser.
  calls: [{tool: bash, arguments: {command: ls -la}}]
  usage: {input: 1200, output: 80, cached: 0}
  delay: 0.2
- calls:
    - {tool: str_replace, arguments: {path: a.py, old: "x = 1", new: "x = 2"}}
    - {tool: read_file, arguments: {path: "Übung 1.txt"}}
- fault: rate_limit
  delay: 1
- calls: [{tool: submit, arguments: {summary: "Changed x."}}]
"""


def script(folder: Path, text: str) -> Path:
    path = folder / "script.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def error_of(folder: Path, text: str) -> str:
    with pytest.raises(AideatorError) as caught:
        load(script(folder, text))
    assert caught.value.code is ExitCode.USAGE
    assert str(folder / "script.yaml") in caught.value.message
    return f"{caught.value.message}\n{caught.value.hint or ''}"


def test_a_script_becomes_the_turns_that_the_agent_plays(tmp_path: Path) -> None:
    turns = load(script(tmp_path, WHOLE))
    assert turns[0] == {
        "say": "Looking around.",
        "think": "The bug must be in the parser.",
        "calls": [{"tool": "bash", "arguments": {"command": "ls -la"}}],
        "usage": {"input": 1200, "output": 80, "cached": 0},
        "delay": 0.2,
    }
    assert [call["tool"] for call in turns[1]["calls"]] == ["str_replace", "read_file"]
    assert turns[2] == {"fault": "rate_limit", "delay": 1}
    assert json.loads(json.dumps(turns)) == turns


def test_every_fault_can_be_scripted(tmp_path: Path) -> None:
    assert [
        turn["fault"] for turn in load(script(tmp_path, "".join(f"- fault: {fault}\n" for fault in FAULTS)))
    ] == list(FAULTS)


def test_a_call_without_arguments_has_none(tmp_path: Path) -> None:
    assert load(script(tmp_path, "- calls: [{tool: submit}]"))[0]["calls"] == [{"tool": "submit", "arguments": {}}]


def test_what_a_tool_makes_of_its_arguments_is_the_tools_affair(tmp_path: Path) -> None:
    assert load(script(tmp_path, "- calls: [{tool: bash, arguments: {wrong: [1, null, true]}}]"))


def test_an_empty_list_submits_at_once(tmp_path: Path) -> None:
    assert load(script(tmp_path, "[]")) == []


def test_a_relative_name_starts_at_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(tmp_path, "- say: here")
    monkeypatch.chdir(tmp_path)
    assert load(Path("script.yaml")) == [{"say": "here"}]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- say: fine\n- sya: Hello", "element 2: unknown field 'sya'"),
        ("- say: 3", "element 1: say is 3; it takes a text"),
        ("- think: [a]", "element 1: think is ['a']; it takes a text"),
        ("- hello", "element 1: 'hello' is not a mapping"),
        ("say: hello", "must be a list"),
        ("", "must be a list"),
        ("- delay: 1", "element 1: a turn needs say, think or calls"),
        ("- say: ''", "element 1: a turn needs say, think or calls"),
        ("- fault: meteor", "element 1: unknown fault 'meteor'"),
        ("- {fault: cut, say: x}", "element 1: unknown field 'say'"),
        ("- calls: {tool: bash}", "element 1: calls is {'tool': 'bash'}; it takes a list"),
        ("- calls: [{tool: rm}]", "element 1, call 1: unknown tool 'rm'"),
        ("- calls: [{tool: [bash]}]", "element 1, call 1: unknown tool ['bash']"),
        ("- calls: [{tool: bash}, {name: bash}]", "element 1, call 2: {'name': 'bash'} is not a call"),
        ("- calls: [{tool: bash, args: {}}]", "element 1, call 1: unknown field 'args'"),
        ("- calls: [{tool: bash, arguments: ls}]", "element 1, call 1: arguments is 'ls'; it takes a mapping"),
        ("- {say: a, usage: {input: -1}}", "usage.input is -1; it takes a whole number"),
        ("- {say: a, usage: {inputs: 1}}", "unknown field 'usage.inputs'"),
        ("- {say: a, usage: 5}", "usage is 5"),
        ("- {say: a, delay: soon}", "delay is 'soon'; it takes seconds"),
        ("- {say: a, delay: true}", "delay is True; it takes seconds"),
        ("- {say: a, delay: -1}", "delay is -1"),
        ("- {say: a, delay: .nan}", "nan can't be written as JSON"),
        (
            "- calls: [{tool: bash, arguments: {when: 2024-01-01}}]",
            "datetime.date(2024, 1, 1) can't be written as JSON",
        ),
        ("- calls: [{tool: bash, arguments: {1: a}}]", "a name must be text, not 1"),
        ("- say: a\n  say: b", "line 2, column 3: 'say' appears twice"),
        ("- say: a\n  calls: [", "line 2, column 11"),
        ("- say: !!python/object/apply:os.system [id]", "could not determine a constructor"),
        ("- &a [*a]", "nested too deep"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_what_is_expected(tmp_path: Path, text: str, said: str) -> None:
    assert said in error_of(tmp_path, text)


def test_aliases_that_unfold_without_end_are_refused_at_once(tmp_path: Path) -> None:
    lines = ["- &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"- &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    assert "its aliases expand to too much" in error_of(tmp_path, "\n".join(lines))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(AideatorError, match=re.escape(f"script {tmp_path / 'no.yaml'} does not exist")):
        load(tmp_path / "no.yaml")


def test_a_folder_is_no_script(tmp_path: Path) -> None:
    with pytest.raises(AideatorError, match="can't be read"):
        load(tmp_path)


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "script.yaml"
    path.write_bytes(b"- say: \xff")
    with pytest.raises(AideatorError, match="not UTF-8"):
        load(path)
