"""A model's name, and what is known of it."""

import re
from pathlib import Path

import pytest

from aideator_agent.spec import Price
from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.intake.models import Override, available, no_model, resolve
from aideator_cli.intake.models_file import load_overrides


def error_of(name: str, **settings: object) -> AideatorError:
    with pytest.raises(AideatorError) as caught:
        resolve(name, **settings)  # type: ignore[arg-type]
    assert caught.value.code is ExitCode.USAGE
    return caught.value


def test_a_listed_model_has_provider_key_price_and_sizes() -> None:
    info = resolve("claude-sonnet-4-5")
    assert (info.name, info.provider, info.keys) == ("claude-sonnet-4-5", "anthropic", ("ANTHROPIC_API_KEY",))
    assert (info.context, info.max_output) == (200_000, 64_000)
    assert info.price == Price(input=3e-6, output=15e-6, cached=0.3e-6)
    assert info.keys_required


@pytest.mark.parametrize(
    ("name", "provider", "keys"),
    [
        ("gpt-5", "openai", ("OPENAI_API_KEY",)),
        ("openai/gpt-5", "openai", ("OPENAI_API_KEY",)),
        ("gemini/gemini-2.5-pro", "gemini", ("GEMINI_API_KEY",)),
        ("anthropic.claude-sonnet-4-5-20250929-v1:0", "bedrock", ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")),
        ("azure/our-deployment", "azure", ("AZURE_API_KEY", "AZURE_API_BASE", "AZURE_API_VERSION")),
        ("ollama/llama3:8b", "ollama", ()),
        ("openrouter/anthropic/claude-sonnet-4.5", "openrouter", ("OPENROUTER_API_KEY",)),
    ],
)
def test_the_provider_is_found_from_the_name(name: str, provider: str, keys: tuple[str, ...]) -> None:
    info = resolve(name)
    assert (info.name, info.provider, info.keys) == (name, provider, keys)


def test_a_known_providers_unlisted_model_is_accepted_and_its_price_is_unknown() -> None:
    info = resolve("anthropic/claude-of-tomorrow")
    assert info.keys == ("ANTHROPIC_API_KEY",)
    assert info.price is None
    assert info.context is None


def test_an_unlisted_bare_name_is_an_error_that_knows_what_was_meant() -> None:
    error = error_of("claude-sonet-4-5")
    assert error.message == "unknown model 'claude-sonet-4-5'"
    assert "claude-sonnet-4-5" in str(error.hint)


def test_a_bare_name_that_needs_its_provider_is_told_which() -> None:
    assert "mistral/devstral-latest" in str(error_of("devstral-latest").hint)


def test_an_unknown_provider_is_named() -> None:
    error = error_of("xyz/some-model")
    assert error.message == "unknown model provider 'xyz' in 'xyz/some-model'"
    assert "--api-base" in str(error.hint)


def test_a_misspelt_provider_is_guessed() -> None:
    assert "anthropic/claude-sonnet-4-5" in str(error_of("antropic/claude-sonnet-4-5").hint)


@pytest.mark.parametrize("name", ["qwen-coder", "claude-sonnet-4-5", "Qwen/Qwen2.5-Coder-32B", "openai/our-model"])
def test_on_an_endpoint_of_ones_own_any_name_goes_and_the_key_is_optional(name: str) -> None:
    info = resolve(name, api_base="http://vllm.example:8000/v1")
    assert info.name == name if name.startswith("openai/") else f"openai/{name}"
    assert (info.provider, info.keys, info.keys_required, info.price) == ("openai", ("OPENAI_API_KEY",), False, None)


def test_an_endpoint_stands_in_for_the_providers_base_variable() -> None:
    info = resolve("azure/gpt-5", api_base="https://our.azure.example")
    assert info.keys == ("AZURE_API_KEY", "AZURE_API_VERSION")
    assert info.keys_required


def test_a_script_needs_no_key_and_costs_nothing() -> None:
    info = resolve("scripted/dir/a script.yaml")
    assert (info.name, info.provider, info.keys) == ("scripted/dir/a script.yaml", "scripted", ())
    assert info.price == Price(0, 0, 0)


@pytest.mark.parametrize("name", ["", " gpt-5", "gpt-5\n", "gpt\x1b[31m-5", "scripted/"])
def test_what_is_no_name_is_refused(name: str) -> None:
    assert "\x1b" not in error_of(name).message


def test_models_yaml_overrides_the_table_and_adds_to_it(tmp_path: Path) -> None:
    file = tmp_path / "models.yaml"
    file.write_text(
        "models:\n"
        "  claude-sonnet-4-5: {input_price_per_million: 1, output_price_per_million: 2.5}\n"
        "  ours/model: {keys: [OUR_KEY], context: 4096, input_price_per_million: 0, output_price_per_million: 0}\n"
        "  local-model: {context: 8192, max_output: 1024}\n"
    )
    overrides = load_overrides(file)
    cheap = resolve("claude-sonnet-4-5", overrides=overrides)
    assert (cheap.price, cheap.price_overridden) == (Price(1e-6, 2.5e-6), True)
    assert (cheap.keys, cheap.context) == (("ANTHROPIC_API_KEY",), 200_000)
    ours = resolve("ours/model", overrides=overrides)
    assert (ours.provider, ours.keys, ours.context, ours.price) == ("ours", ("OUR_KEY",), 4096, Price(0, 0))
    local = resolve("local-model", api_base="http://x/v1", overrides=overrides)
    assert (local.context, local.max_output) == (8192, 1024)


def test_a_script_costs_nothing_unless_models_yaml_prices_it(tmp_path: Path) -> None:
    file = tmp_path / "models.yaml"
    file.write_text("models:\n  scripted/a.yaml: {input_price_per_million: 1, output_price_per_million: 2}\n")
    overrides = load_overrides(file)
    assert resolve("scripted/a.yaml", overrides=overrides).price == Price(1e-6, 2e-6)
    assert resolve("scripted/b.yaml", overrides=overrides).price == Price(0, 0, 0)


def test_no_keys_in_models_yaml_means_none_are_needed() -> None:
    assert resolve("bedrock/a-model", overrides={"bedrock/a-model": Override(keys=())}).keys == ()


def test_without_models_yaml_nothing_is_overridden(tmp_path: Path) -> None:
    assert load_overrides(tmp_path / "models.yaml") == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("models: {m: {price: 1}}", "unknown field 'price'"),
        ("models: {m: {input_price_per_million: 1}}", "needs both"),
        ("models: {m: {input_price_per_million: -1, output_price_per_million: 1}}", "USD per million tokens"),
        ("models: {m: {context: 8k}}", "whole number of tokens"),
        ("models: {m: {max_output: 0}}", "max_output is 0; it takes a whole number of tokens"),
        ("models: {m: 3}", "not a mapping"),
        ("gpt: {}", "one mapping, `models`"),
        ("models: {m: {context: 1}, m: {}}", "'m' appears twice"),
        ("models:\n  m: [", "line 2, column 7"),
    ],
)
def test_a_mistake_in_models_yaml_is_named(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "models.yaml"
    file.write_text(text)
    with pytest.raises(AideatorError, match=re.escape(said)) as caught:
        load_overrides(file)
    assert str(file) in caught.value.message
    assert caught.value.code is ExitCode.USAGE


def test_a_key_put_where_its_name_belongs_is_never_repeated(tmp_path: Path) -> None:
    file = tmp_path / "models.yaml"
    file.write_text("models: {m: {keys: [sk-live-secret]}}")
    with pytest.raises(AideatorError, match="list of environment variable names") as caught:
        load_overrides(file)
    assert "sk-live-secret" not in f"{caught.value.message} {caught.value.hint}"


def test_the_keys_at_hand_say_which_models_they_allow() -> None:
    environment = {
        "ANTHROPIC_API_KEY": "x",
        "OPENAI_API_KEY": "",
        "AZURE_API_KEY": "half of what it takes",
        "HOME": "/root",
    }
    assert available(environment) == ["ANTHROPIC_API_KEY allows claude-sonnet-4-5"]
    error = no_model(environment)
    assert error.code is ExitCode.USAGE
    assert error.hint == "these keys are set: ANTHROPIC_API_KEY allows claude-sonnet-4-5"


def test_without_any_key_the_hint_shows_what_a_name_looks_like() -> None:
    assert available({}) == []
    assert "--model" in str(no_model({}).hint)
