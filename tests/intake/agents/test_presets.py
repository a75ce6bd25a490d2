"""A preset says how an agent starts and finds its model. Ours are complete, and the user's own are read strictly."""

from pathlib import Path

import pytest

from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.intake.agents import presets

OURS = """\
title: Our agent
protocol: acp
command: our-agent --acp -m {model}
model: gpt-5
env: {OUR_HOME: "{home}"}
wires:
  openai:
    env: {OUR_URL: "{url}/v1", OUR_KEY: "{token}"}
    files: {.ours/settings.json: '{"telemetry": false}'}
  anthropic: {}
"""


def write(folder: Path, text: str, name: str = "ours.yaml") -> str:
    path = folder / name
    path.write_text(text)
    return str(path)


def test_the_users_own_file_is_an_agent(tmp_path: Path) -> None:
    found = presets.find(write(tmp_path, OURS))
    assert (found.name, found.title, found.protocol, found.model) == ("ours", "Our agent", "acp", "gpt-5")
    assert list(found.wires) == ["openai", "anthropic"]
    assert found.wires["openai"].env["OUR_URL"] == "{url}/v1"
    assert found.wires["openai"].files == {".ours/settings.json": '{"telemetry": false}'}


def test_an_agent_gets_the_usual_variables_of_its_api_without_being_told(tmp_path: Path) -> None:
    found = presets.find(write(tmp_path, "protocol: acp\ncommand: ours\nwires: [anthropic, openai]\n"))
    assert found.wires["anthropic"].env == {"ANTHROPIC_BASE_URL": "{url}", "ANTHROPIC_API_KEY": "{token}"}
    assert found.wires["openai"].env["OPENAI_API_KEY"] == "{token}"


def test_ours_are_read_once_and_the_users_own_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server's page tells all of ours each time that somebody begins a run, and a user mends a file between two runs."""
    assert presets.find(write(tmp_path, OURS)).model == "gpt-5"
    assert presets.find(write(tmp_path, OURS.replace("gpt-5", "gpt-6"))).model == "gpt-6"
    found = [presets.find(name) for name in presets.names()]
    monkeypatch.setattr(presets, "read_placed", None)
    assert [presets.find(name) for name in presets.names()] == found


@pytest.mark.parametrize("name", presets.names())
def test_each_preset_of_ours_is_complete(name: str) -> None:
    found = presets.find(name)
    assert found.name == name
    assert found.title
    assert found.wires
    assert found.version
    assert found.install
    assert found.docs
    assert found.docs.startswith("docs/agents.md#")


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ("[1]", "must be a mapping of title, protocol, command", "docs/agents.md"),
        (f"{OURS}comand: x\n", "line 11: unknown field 'comand'", "did you mean command?"),
        ("protocol: acp\ncommand: ours\n", "has no wires", "docs/agents.md"),
        ("command: ours\nwires: [openai]\n", "has no protocol", "docs/agents.md"),
        ("protocol: apc\ncommand: ours\nwires: [openai]\n", "line 1: unknown protocol 'apc'", "did you mean acp?"),
        ("protocol: acp\ncommand: ours\nwires: [opnai]\n", "line 3: unknown wire 'opnai'", "did you mean openai?"),
        ("protocol: acp\ncommand: ours\nwires: {openai: {enf: {}}}\n", "unknown field 'enf'", "did you mean env?"),
        ("protocol: acp\ncommand: ours {modle}\nwires: [openai]\n", "line 2: unknown word {modle}", "{model}?"),
        ("protocol: acp\ncommand: ''\nwires: [openai]\n", "line 2: command takes a text", "docs/agents.md"),
        ("protocol: text\ncommand: ours\nwires: [openai]\n", "line 2: the command needs {prompt}", "docs/agents.md"),
        ("protocol: acp\ncommand: ours\nwires: [openai]\nenv: {A: 1}\n", "line 4: env takes a mapping to", "quote"),
        ("protocol: acp\ncommand: ours\nwires: [openai]\nenv: {A B: x}\n", "'A B' is not the name of a variable", ""),
        ("protocol: acp\ncommand: ours\nwires: {openai: {files: {/etc/x: y}}}\n", "'/etc/x' must be the path of", ""),
        ("protocol: acp\ncommand: ours\nwires: {openai: {files: {../x: y}}}\n", "'../x' must be the path of", ""),
        ("protocol: acp\ncommand: ours\ncommand: b\n", "'command' appears twice", ""),
        (f"{OURS}session: {{file: /etc/x}}\n", "line 11: file takes the path of a file below", "docs/agents.md"),
        (f"{OURS}session: {{file: a/../../x}}\n", "file takes the path of a file below the agent's HOME", ""),
        (f"{OURS}session: {{fiel: x}}\n", "line 11: unknown field 'fiel'", "did you mean file?"),
        (f"{OURS}session: {{file: x, without: [1]}}\n", "without takes a list of texts", ""),
        (f"{OURS}session: {{file: x.jsonl, laid: old-}}\n", "no name that begins with 'old-' fits 'x.jsonl'", ""),
        (f"{OURS}session: {{file: x, laid: a/b}}\n", "laid takes the beginning of a file's name", ""),
        (
            "protocol: text\ncommand: ours {prompt}\nwires: [openai]\nsession: {file: x}\n",
            "only an agent that speaks ACP",
            "",
        ),
    ],
)
def test_what_is_wrong_in_a_file_is_told_with_its_line(tmp_path: Path, text: str, said: str, hint: str) -> None:
    with pytest.raises(AideatorError) as caught:
        presets.find(write(tmp_path, text))
    assert caught.value.code is ExitCode.USAGE
    assert said in caught.value.message
    assert f"agent file {tmp_path}/ours.yaml" in caught.value.message
    assert hint in (caught.value.hint or "")


def test_a_file_that_is_missing_is_wrong_usage() -> None:
    with pytest.raises(AideatorError, match=r"agent file no\.yaml does not exist"):
        presets.find("./no.yaml")


def test_any_command_is_an_agent_named_after_its_program() -> None:
    found = presets.of_command("EDITOR=true /opt/bin/aider --message-file {prompt} --yes")
    assert (found.name, found.protocol) == ("aider", "text")
    assert set(found.wires) == {"openai", "responses", "anthropic", "gemini"}


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("aider --yes", "gives the program no task"),
        ("aider {promt}", "unknown word {promt}"),
        ("(cd x && {prompt})", "must begin with the name of a program"),
    ],
)
def test_a_command_that_can_not_work_is_wrong_usage(command: str, said: str) -> None:
    with pytest.raises(AideatorError) as caught:
        presets.of_command(command)
    assert said in caught.value.message
    assert caught.value.code is ExitCode.USAGE
