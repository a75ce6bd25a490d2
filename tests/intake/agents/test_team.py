"""`--agent`, `--model` and `-n`: who works on each variation, and with which model."""

import pytest

from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.intake import models
from aideator_cli.intake.agents import team
from aideator_cli.intake.agents.team import Worker


def workers(agents: list[str], wanted: list[str] | None = None, n: int | None = None) -> list[str]:
    named = models.named_models(wanted) if wanted else []
    found = team.share_out(team.parse(agents, models.is_known), named, n)
    return [worker.agent if worker.model is None else f"{worker.agent}/{worker.model}" for worker in found]


@pytest.mark.parametrize(
    ("agents", "wanted", "n", "expected"),
    [
        (["claude"], None, None, ["claude"] * 3),
        (["claude,codex"], None, None, ["claude", "codex"]),
        (["claude", "codex"], None, 3, ["claude", "codex", "claude"]),
        (["claude:2,opencode/gpt-5:1"], None, None, ["claude", "claude", "opencode/gpt-5"]),
        (["claude:2,own"], None, None, ["claude", "claude", "own"]),
        (["opencode/ollama/llama3:8"], None, 1, ["opencode/ollama/llama3:8"]),
        (["opencode/ollama/llama3:8:2"], None, None, ["opencode/ollama/llama3:8"] * 2),
        (["own/scripted/right.yaml:2,codex"], None, None, ["own/scripted/right.yaml"] * 2 + ["codex"]),
        (["./ours.yaml/gpt-5:2"], None, None, ["./ours.yaml/gpt-5"] * 2),
        (["agents/ours.yml:2"], None, None, ["agents/ours.yml"] * 2),
        (["opencode"], ["gpt-5:2,claude-sonnet-4-5"], None, ["opencode/gpt-5"] * 2 + ["opencode/claude-sonnet-4-5"]),
        (["opencode"], ["gpt-5"], 2, ["opencode/gpt-5"] * 2),
        (["claude/claude-haiku-4-5,own"], ["gpt-5"], None, ["claude/claude-haiku-4-5", "own/gpt-5"]),
        (["own,opencode"], ["a,b"], None, ["own/a", "own/b", "opencode/a", "opencode/b"]),
        (["own:2,opencode"], ["a"], None, ["own/a", "own/a", "opencode/a"]),
    ],
)
def test_a_variation_is_an_agent_and_a_model(
    agents: list[str], wanted: list[str] | None, n: int | None, expected: list[str]
) -> None:
    assert workers(agents, wanted, n) == expected


@pytest.mark.parametrize(
    ("agents", "wanted", "n", "said"),
    [
        (["cluade"], None, None, "unknown agent 'cluade'"),
        (["claude,,own"], None, None, "--agent 'claude,,own' contains an empty name"),
        (["claude/"], None, None, "names no model after the /"),
        (["claude:0"], None, None, "the count after the colon must be 1 to 20"),
        (["claude:two"], None, None, "'claude:two': what follows the agent is neither /MODEL nor :COUNT"),
        (["claude:12,codex:9"], None, None, "the counts in --agent add up to 21"),
        (["claude:2"], None, 3, "-n 3 conflicts with the counts in --agent, which add up to 2"),
        (["claude,codex,gemini"], None, 2, "3 agents can't share 2 variations"),
        (["claude/gpt-5"], ["gpt-5"], None, "--model has no use"),
        (["own:2"], ["gpt-5:2"], None, "both --agent and --model count: own:2 and gpt-5:2"),
    ],
)
def test_what_makes_no_sense_is_wrong_usage(
    agents: list[str], wanted: list[str] | None, n: int | None, said: str
) -> None:
    with pytest.raises(AideatorError) as caught:
        workers(agents, wanted, n)
    assert said in caught.value.message
    assert caught.value.code is ExitCode.USAGE


def test_a_mistyped_agent_gets_a_suggestion() -> None:
    with pytest.raises(AideatorError) as caught:
        team.parse(["opncode"], models.is_known)
    assert caught.value.hint is not None
    assert caught.value.hint.startswith("did you mean opencode? Agents are aider, claude, codex,")


def test_our_own_loop_has_a_name() -> None:
    assert team.parse(["own"], models.is_known) == [(Worker("own", None), None)]
