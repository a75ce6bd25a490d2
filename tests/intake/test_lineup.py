"""Who works on each variation of a run, taken together from options, the matrix and the configuration."""

from pathlib import Path

import pytest

from aideator_agent.spec import VariationSpec
from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.intake import matrix
from aideator_cli.intake.lineup import line_up
from aideator_cli.intake.request import Agents, Bounds, Briefing, Request
from aideator_cli.system.settings import Settings


def request(*agents: str, models: tuple[str, ...] = (), command: str | None = None, **others: object) -> Request:
    return Request("repo", "Fix it.", models=models, agents=Agents(agents, command), **others)  # type: ignore[arg-type]


def lined_up(folder: Path, asked: Request, configuration: str = "", table: str = "") -> tuple[VariationSpec, ...]:
    (folder / "config.yaml").write_text(configuration)
    (folder / "matrix.yaml").write_text(table)
    found = matrix.load(folder / "matrix.yaml", folder / "roles") if table else None
    return line_up(asked, found, Settings({"AIDEATOR_HOME": str(folder)})).variations


def told(variations: tuple[VariationSpec, ...]) -> list[str]:
    return [f"{variation.agent.name if variation.agent else 'own'} {variation.model}" for variation in variations]


def test_one_run_mixes_agents_models_and_our_own_loop(tmp_path: Path) -> None:
    found = lined_up(tmp_path, request("claude:2,opencode/gpt-5,own/claude-haiku-4-5"))
    assert told(found) == ["claude claude-sonnet-4-5"] * 2 + ["opencode gpt-5", "own claude-haiku-4-5"]
    assert [variation.keys for variation in found[1:3]] == [("ANTHROPIC_API_KEY",), ("OPENAI_API_KEY",)]


def test_without_agents_it_is_our_own_loop(tmp_path: Path) -> None:
    assert told(lined_up(tmp_path, request(models=("gpt-5",)))) == ["own gpt-5"] * 3


@pytest.mark.parametrize(
    ("agents", "configuration", "expected"),
    [
        ("claude:1", "", "claude claude-sonnet-4-5"),
        ("claude:1", "model: claude-haiku-4-5", "claude claude-haiku-4-5"),
        ("claude:1", "model: gpt-5", "claude claude-sonnet-4-5"),
        ("opencode:1", "model: gpt-5", "opencode gpt-5"),
        ("own:1", "{model: gpt-5, agent: claude}", "own gpt-5"),
    ],
)
def test_an_agent_without_a_model_works_with_the_configured_one_if_it_can_else_with_its_usual_one(
    tmp_path: Path, agents: str, configuration: str, expected: str
) -> None:
    assert told(lined_up(tmp_path, request(agents), configuration)) == [expected]


def test_an_agent_without_any_model_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(AideatorError, match="no model is given") as caught:
        lined_up(tmp_path, request("opencode"))
    assert caught.value.code is ExitCode.USAGE


def test_the_configured_agent_works_if_none_is_named(tmp_path: Path) -> None:
    assert told(lined_up(tmp_path, request(n=1), "agent: claude")) == ["claude claude-sonnet-4-5"]
    assert told(lined_up(tmp_path, request(models=("claude-haiku-4-5",), n=1), "agent: claude")) == [
        "claude claude-haiku-4-5"
    ]


def test_a_script_is_played_by_our_own_loop_whatever_agent_is_configured(tmp_path: Path) -> None:
    script = tmp_path / "script.yaml"
    script.write_text("- say: Done.\n")
    found = lined_up(tmp_path, request(models=(f"scripted/{script}",), n=1), "agent: claude")
    assert found[0].agent is None


def test_any_command_can_be_the_agent(tmp_path: Path) -> None:
    found = lined_up(tmp_path, request(command="aider --message-file {prompt}", models=("gpt-5",), n=1))
    assert told(found) == ["aider gpt-5"]
    assert found[0].agent is not None
    assert found[0].agent.env["OPENAI_API_KEY"] == "{token}"


def test_a_matrix_has_an_axis_of_agents(tmp_path: Path) -> None:
    table = "agents: [own, opencode, claude/claude-haiku-4-5]\nmodels: [gpt-5, claude-sonnet-4-5]\n"
    assert told(lined_up(tmp_path, request(), table=table)) == [
        "own gpt-5",
        "own claude-sonnet-4-5",
        "opencode gpt-5",
        "opencode claude-sonnet-4-5",
        "claude claude-haiku-4-5",
    ]


def test_the_command_line_supplies_the_agents_that_a_matrix_leaves_out(tmp_path: Path) -> None:
    found = lined_up(tmp_path, request("own,opencode"), table="models: [gpt-5]\nn: 2\n")
    assert told(found) == ["own gpt-5", "own gpt-5", "opencode gpt-5", "opencode gpt-5"]


def test_a_price_goes_along_with_an_agent_because_its_proxy_counts(tmp_path: Path) -> None:
    found = lined_up(tmp_path, request("claude/claude-sonnet-4-5:1,own/gpt-5"))
    assert found[0].price is not None
    assert found[0].price.output == pytest.approx(15e-6)
    assert found[1].price is None


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (request("claude/gpt-5"), "claude can't work with gpt-5"),
        (request("claude", command="aider {prompt}"), "--agent-command conflicts with --agent"),
        (
            request("codex:1,gemini:1", bounds=Bounds(command_timeout=60)),
            "--command-timeout can't be set for codex and gemini, which can't be told it",
        ),
        (request("gemini", bounds=Bounds(context_window=9000)), "--context-window can't be set for gemini"),
        (request("own/gpt-5:2", temperatures=(0.5,)), "there are 1 temperatures for 2 variations"),
        (
            request("opencode/openai/new-model", bounds=Bounds(max_cost=1.0)),
            "--max-cost can't be enforced for openai/new-model: its price is unknown",
        ),
    ],
)
def test_what_can_not_work_is_told_before_anything_starts(tmp_path: Path, asked: Request, said: str) -> None:
    with pytest.raises(AideatorError) as caught:
        lined_up(tmp_path, asked)
    assert said in caught.value.message
    assert caught.value.code is ExitCode.USAGE


def test_each_variation_can_have_a_temperature_of_its_own(tmp_path: Path) -> None:
    asked = request("own/gpt-5:2", "claude", temperatures=(0.2, None, None), temperature=None)
    assert [variation.temperature for variation in lined_up(tmp_path, asked)] == [0.2, None, None]
    rest = request("own/gpt-5:2", temperatures=(0.2, None), temperature=1.0)
    assert [variation.temperature for variation in lined_up(tmp_path, rest)] == [0.2, 1.0]


def test_a_matrix_has_its_own_temperatures(tmp_path: Path) -> None:
    with pytest.raises(AideatorError, match="conflict with a matrix"):
        lined_up(tmp_path, request(temperatures=(0.2, 0.3)), table="models: [gpt-5]\nn: 2\n")


def in_a_role(
    folder: Path, settings: str, *agents: str, models: tuple[str, ...] = (), configuration: str = ""
) -> list[str]:
    """The variation of a role with these settings."""
    (folder / "own.md").write_text(f"---\n{settings}\n---\nBe good.\n")
    asked = request(*agents, models=models, n=1, briefing=Briefing([str(folder / "own.md")]))
    return told(lined_up(folder, asked, configuration))


def test_a_roles_agent_and_model_come_after_the_command_line_and_before_the_configuration(tmp_path: Path) -> None:
    own, both = "model: gpt-5", "{agent: opencode, model: gpt-5}"
    assert in_a_role(tmp_path, own) == ["own gpt-5"]
    assert in_a_role(tmp_path, own, configuration="model: gpt-4") == ["own gpt-5"]
    assert in_a_role(tmp_path, own, models=("gpt-4",)) == ["own gpt-4"]
    assert in_a_role(tmp_path, own, "opencode") == ["opencode gpt-5"]
    assert in_a_role(tmp_path, own, "opencode/gpt-4") == ["opencode gpt-4"]
    assert in_a_role(tmp_path, both, configuration="{agent: claude, model: gpt-4}") == ["opencode gpt-5"]
    assert in_a_role(tmp_path, both, "own") == ["own gpt-5"]
    assert in_a_role(tmp_path, "agent: claude", models=("claude-haiku-4-5",)) == ["claude claude-haiku-4-5"]
    assert in_a_role(tmp_path, "agent: claude", configuration="model: gpt-5") == ["claude claude-sonnet-4-5"]


@pytest.mark.parametrize(
    ("agent", "tools", "said"),
    [
        ("codex", "[bash, read_file]", "codex has no tool of its own for read_file"),
        ("aider/gpt-5", "[bash]", "nobody knows those of aider"),
    ],
)
def test_tools_that_an_agent_does_not_have_are_told_before_anything_starts(
    tmp_path: Path, agent: str, tools: str, said: str
) -> None:
    with pytest.raises(AideatorError) as caught:
        in_a_role(tmp_path, f"tools: {tools}", agent)
    assert said in caught.value.message
    assert caught.value.code is ExitCode.USAGE


@pytest.mark.parametrize(
    ("settings", "bounds", "said"),
    [
        ("temperature: 0.2", Bounds(), "--temperature can't be set: with --agent-home"),
        ("tools: [bash]", Bounds(), "limits the tools, and claude keeps its own settings with --agent-home"),
        ("description: x", Bounds(max_output=4000), "--max-output can't be set: with --agent-home"),
        ("description: x", Bounds(command_timeout=9), "--command-timeout can't be set: with --agent-home"),
    ],
)
def test_an_agent_in_the_users_own_home_is_told_nothing(
    tmp_path: Path, settings: str, bounds: Bounds, said: str
) -> None:
    (tmp_path / "own.md").write_text(f"---\n{settings}\n---\nBe good.\n")
    briefing = Briefing([str(tmp_path / "own.md")])
    asked = Request("repo", "Fix it.", n=1, agents=Agents(("claude",), own_home=True), briefing=briefing, bounds=bounds)
    with pytest.raises(AideatorError, match=said):
        lined_up(tmp_path, asked)


def test_in_a_mixed_run_it_is_said_for_whom_a_limit_does_not_hold(tmp_path: Path) -> None:
    asked = request(
        "claude:1,codex:1,own/gpt-5:1", bounds=Bounds(command_timeout=60, context_window=50_000, max_output=4000)
    )
    (tmp_path / "config.yaml").write_text("")
    found = line_up(asked, None, Settings({"AIDEATOR_HOME": str(tmp_path)}))
    assert found.remarks == (
        "--context-window does not hold for claude, which takes 100,000 for anything less",
        "--command-timeout does not hold for codex, which can't be told it",
    )


def test_roles_set_how_many_variations_there_are(tmp_path: Path) -> None:
    asked = request(models=("gpt-5",), briefing=Briefing(["qa:1,backend:3"]))
    assert [variation.role for variation in lined_up(tmp_path, asked)] == ["qa", "backend", "backend", "backend"]
    asked = request("claude:2,opencode/gpt-5", briefing=Briefing(["qa,backend"]))
    assert [variation.role for variation in lined_up(tmp_path, asked)] == ["qa", "backend", "qa"]
