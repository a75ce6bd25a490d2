"""What the user sets reaches a program that is not ours by its preset: variables, and settings merged into its files."""

import json
from pathlib import Path

import pytest

from aideator_agent.program import AgentProgram
from aideator_cli.errors import AideatorError
from aideator_cli.intake.agents import options, presets, programs
from aideator_cli.intake.agents.options import Wanted
from aideator_cli.intake.models import resolve
from aideator_cli.intake.request import Bounds

MODEL = {"claude": "claude-sonnet-4-5", "gemini": "gemini/gemini-2.5-pro"}
FILE = """protocol: acp
command: ours --acp
wires:
  openai: {files: {ours.json: '{"tools": {"deny": ["web"]}, "url": "{url}"}', ours.ini: "[model]\\n"}}
options:
  context_window: {files: {ours.json: '{"window": {context_window}}', ours.ini: "window={context_window}"}}
  command_timeout: {env: {OURS_MS: "{command_ms}"}, files: {ours.json: '{"tools": {"deny": ["long"]}}'}}
tools: {bash: [shell], read_file: [read, search]}
"""


def program(agent: str, asked: Wanted) -> AgentProgram:
    return programs.program(presets.find(agent), resolve(MODEL.get(agent, "gpt-5")), None, asked=asked)


def own(folder: Path, text: str = FILE) -> str:
    (folder / "ours.yaml").write_text(text)
    return str(folder / "ours.yaml")


@pytest.mark.parametrize("agent", presets.names())
def test_every_shipped_preset_can_be_told_all_that_it_names(agent: str) -> None:
    preset = presets.find(agent)
    asked = Wanted(50_000, 90.0, 4000)
    for wire in preset.wires:
        env, files = options.told(preset, preset.wires[wire], asked, {"model": "gpt-5"})
        text = str(env) + str(files)
        assert not [word for word in presets.VALUES if f"{{{word}}}" in text]
        for name in (name for name in files if name.endswith(".json")):
            json.loads(files[name])
        assert ("50000" in text) == ("context_window" in preset.options)
        assert ("90000" in text) == ("command_timeout" in preset.options)


def test_settings_are_merged_into_the_json_of_the_wire_and_stand_above_other_files(tmp_path: Path) -> None:
    found = program(own(tmp_path), Wanted(50_000, 90.0))
    assert json.loads(found.files["ours.json"]) == {
        "tools": {"deny": ["web", "long"]},
        "url": "{url}",
        "window": 50_000,
    }
    assert found.files["ours.ini"] == "window=50000\n[model]\n"
    assert found.env["OURS_MS"] == "90000"


def test_what_nobody_sets_leaves_the_program_as_its_preset_has_it(tmp_path: Path) -> None:
    found = program(own(tmp_path), Wanted())
    assert found.files["ours.json"] == '{"tools": {"deny": ["web"]}, "url": "{url}"}'
    assert "OURS_MS" not in found.env


def test_a_file_that_is_not_json_is_named(tmp_path: Path) -> None:
    broken = own(tmp_path, FILE.replace('\'{"tools": {"deny": ["web"]}, "url": "{url}"}\'', '"not json"'))
    with pytest.raises(AideatorError, match=r"agent ours: ours\.json is not JSON, so nothing can be added to it"):
        program(broken, Wanted(50_000))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (("context_window:", "context_windows:"), "unknown field 'context_windows'"),
        (("{bash:", "{bsh:"), "unknown field 'bsh'"),
        (("{command_ms}", "{comand_ms}"), "unknown word {comand_ms}"),
        (("[shell]", "shell"), "bash takes a list of the agent's own tools"),
        (('{env: {OURS_MS: "{command_ms}"},', "{least: some,"), "least takes a whole number"),
    ],
)
def test_a_mistake_in_them_is_told_with_its_line(tmp_path: Path, changed: tuple[str, str], said: str) -> None:
    path = own(tmp_path, FILE.replace(*changed))
    with pytest.raises(AideatorError) as caught:
        presets.find(path)
    assert said in caught.value.message
    assert f"{path}, line " in caught.value.message or f"{path}:" in caught.value.message


def test_a_window_below_what_the_program_knows_is_an_error_before_anything_starts() -> None:
    """Claude Code takes 100,000 tokens for anything less."""
    claude, codex = presets.find("claude"), presets.find("codex")
    small = Bounds(context_window=60_000)
    with pytest.raises(
        AideatorError, match=r"--context-window can't be set for claude, which takes 100,000 for anything less"
    ):
        options.check(small, [claude], ours=False)
    (remark,) = options.check(small, [claude, codex], ours=False)
    assert remark == "--context-window does not hold for claude, which takes 100,000 for anything less"
    assert options.check(Bounds(context_window=100_000), [claude], ours=False) == ()


def test_an_answer_of_a_small_window_is_at_most_half_of_it() -> None:
    assert options.wanted(Bounds(context_window=8000), 64_000).max_output == 4000
    assert options.wanted(Bounds(max_output=500, context_window=8000), None).max_output == 500
    assert options.wanted(Bounds(), None).max_output == options.USUAL_OUTPUT


def test_a_roles_tools_are_the_agents_own_of_these_kinds(tmp_path: Path) -> None:
    preset = presets.find(own(tmp_path))
    assert options.tools(preset, ("read_file", "tracker"), "the role") == ("read", "search")
    assert options.tools(preset, None, "the role") is None
    with pytest.raises(
        AideatorError, match="the role limits the tools, and ours has no tool of its own for write_file"
    ):
        options.tools(preset, ("bash", "write_file"), "the role")
