"""A preset and a model become a program: with the model's name as its provider has it, and the address of its API."""

import pytest

from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.intake.agents import presets, programs
from aideator_cli.intake.models import resolve


def program_of(agent: str, model: str, api_base: str | None = None) -> tuple[str, str, str]:
    found = programs.program(presets.find(agent), resolve(model, api_base=api_base), api_base)
    return found.wire, found.upstream, found.command


@pytest.mark.parametrize(
    ("agent", "model", "wire", "upstream"),
    [
        ("claude", "claude-sonnet-4-5", "anthropic", "https://api.anthropic.com"),
        ("codex", "gpt-5", "responses", "https://api.openai.com/v1"),
        ("gemini", "gemini/gemini-2.5-pro", "gemini", "https://generativelanguage.googleapis.com"),
        ("opencode", "gpt-5", "openai", "https://api.openai.com/v1"),
        ("opencode", "claude-sonnet-4-5", "anthropic", "https://api.anthropic.com"),
        ("opencode", "gemini/gemini-2.5-pro", "gemini", "https://generativelanguage.googleapis.com"),
        ("qwen", "gemini/gemini-2.5-pro", "openai", "https://generativelanguage.googleapis.com/v1beta/openai"),
        ("qwen", "openrouter/qwen/qwen3-coder", "openai", "https://openrouter.ai/api/v1"),
        ("aider", "claude-sonnet-4-5", "anthropic", "https://api.anthropic.com"),
    ],
)
def test_each_agent_gets_an_api_that_it_and_the_provider_speak(
    agent: str, model: str, wire: str, upstream: str
) -> None:
    assert program_of(agent, model)[:2] == (wire, upstream)


@pytest.mark.parametrize(
    ("agent", "model", "wire", "upstream"),
    [
        ("claude", "our-model", "anthropic", "http://gateway:4000"),
        ("claude", "anthropic/claude-sonnet-4-5", "anthropic", "http://gateway:4000"),
        ("codex", "our-model", "responses", "http://gateway:4000/v1"),
        ("gemini", "our-model", "gemini", "http://gateway:4000"),
        ("opencode", "our-model", "openai", "http://gateway:4000/v1"),
    ],
)
def test_a_gateway_is_asked_in_the_agents_own_api(agent: str, model: str, wire: str, upstream: str) -> None:
    assert program_of(agent, model, "http://gateway:4000/v1/")[:2] == (wire, upstream)


def test_the_model_has_the_name_that_its_provider_knows() -> None:
    assert program_of("gemini", "gemini/gemini-2.5-pro")[2] == "gemini --acp -m gemini-2.5-pro"
    assert program_of("qwen", "openrouter/qwen/qwen3-coder")[2] == "qwen --acp -m qwen/qwen3-coder"
    found = programs.program(presets.find("opencode"), resolve("gpt-5"), None)
    assert '"model": "aideator/gpt-5"' in found.files["opencode.json"]
    assert '"baseURL": "{url}"' in found.files["opencode.json"]


@pytest.mark.parametrize(
    ("agent", "model", "said"),
    [
        ("claude", "gpt-5", "claude can't work with gpt-5: it speaks Anthropic's messages API, and openai offers"),
        ("codex", "claude-sonnet-4-5", "codex can't work with claude-sonnet-4-5: it speaks OpenAI's responses API"),
        ("codex", "azure/gpt-5", "AIdeator knows no address for agents at azure"),
        ("opencode", "bedrock/some.model-v1:0", "AIdeator knows no address for agents at bedrock"),
        ("claude", "scripted/right.yaml", "only AIdeator's own loop plays scripts"),
        ("qwen", "openrouter/$(id)", "its name has a character that no model's has"),
    ],
)
def test_an_agent_that_can_not_speak_to_the_model_is_wrong_usage(agent: str, model: str, said: str) -> None:
    with pytest.raises(AideatorError) as caught:
        program_of(agent, model)
    assert said in caught.value.message
    assert caught.value.code is ExitCode.USAGE
