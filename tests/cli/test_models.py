"""`models`, models.yaml, and what is known of a model and travels with the run."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from aideator_agent.spec import VariationSpec
from aideator_cli.errors import ExitCode
from aideator_cli.intake import models
from tests.cli.conftest import Dry, Said, Shell
from tests.fixtures.openai_server import ScriptedOpenAI
from tests.fixtures.repositories import LocalRepository
from tests.fixtures.stored_runs import Told, add_run


def spec_of(said: Said) -> dict[str, Any]:
    assert said.code == 0, said.err
    configmap = next(each for each in yaml.safe_load_all(said.out) if each["kind"] == "ConfigMap")
    spec: dict[str, Any] = json.loads(configmap["data"]["spec.json"])
    return spec


def own(home: Path, text: str) -> None:
    home.mkdir(exist_ok=True)
    (home / "models.yaml").write_text(text)


def records(said: Said) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said.out.splitlines()]


def test_an_agent_knows_the_sizes_and_the_host_of_its_model(dry: Dry) -> None:
    scripted, claude = spec_of(dry("--model", "claude-sonnet-4-5", "-n", "2"))["variations"]
    assert (claude["context"], claude["max_output"], claude["host"]) == (200_000, 64_000, "api.anthropic.com")
    assert (scripted["context"], scripted["max_output"], scripted["host"]) == (None, None, None)


def test_a_model_of_models_yaml_has_its_own_endpoint(dry: Dry, home: Path) -> None:
    own(home, "models: {ours: {api_base: 'https://llm.example:8443/v1', keys: [OUR_KEY], context: 4096}}")
    _, ours = spec_of(dry("--model", "ours", "-n", "2"))["variations"]
    assert (ours["model"], ours["api_base"], ours["host"]) == (
        "openai/ours",
        "https://llm.example:8443/v1",
        "llm.example",
    )
    assert (ours["keys"], ours["context"]) == (["OUR_KEY"], 4096)
    _, asked = spec_of(dry("--model", "ours", "-n", "2", "--api-base", "http://other/v1"))["variations"]
    assert asked["host"] == "other"


def test_what_the_keys_at_hand_allow_is_listed(aideator: Shell, monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-x")
    own(home, "models: {ours: {api_base: 'http://llm/v1', input_price_per_million: 0.5, output_price_per_million: 2}}")
    said = aideator("models", "--backend", "local")
    lines = said.out.splitlines()
    assert lines[0].split()[:4] == ["model", "in", "out", "cached"]
    assert lines[1].split() == ["openai/ours", "$0.5", "$2", "–", "?", "?", "?", "OPENAI_API_KEY", "llm"]
    claude = next(line for line in lines if line.startswith("claude-sonnet-4-5 "))
    assert claude.split() == [
        "claude-sonnet-4-5", "$3", "$15", "$0.3", "200", "k", "64", "k", "yes", "ANTHROPIC_API_KEY",
        "api.anthropic.com",
    ]  # fmt: skip
    assert not [line for line in lines if "gpt-5" in line]


def test_a_part_of_a_name_lists_those_that_hold_it_and_says_which_can_be_used(aideator: Shell) -> None:
    found = records(aideator("models", "claude-sonnet-4", "--backend", "local", "--json"))
    assert {"claude-sonnet-4-5", "vertex_ai/claude-sonnet-4-5"} <= {record["model"] for record in found}
    assert {record["usable"] for record in found} == {False}
    (exact,) = records(aideator("models", "claude-sonnet-4-5", "--backend", "local", "--json"))
    assert (exact["input_price_per_million"], exact["cached_price_per_million"], exact["context"]) == (3, 0.3, 200_000)


def test_without_any_key_it_says_how_to_store_one(aideator: Shell) -> None:
    said = aideator("models", "--backend", "local")
    assert (said.code, said.out) == (0, "")
    assert "no provider's key is at hand" in said.err
    assert "secret set" in said.err


def test_an_unknown_model_is_an_error_that_knows_what_was_meant(aideator: Shell) -> None:
    said = aideator("models", "claude-sonet-4-5", "--backend", "local")
    assert said.code == ExitCode.USAGE
    assert "claude-sonnet-4-5" in said.err


def test_each_model_is_asked_for_a_token_and_its_error_is_shown(
    aideator: Shell, home: Path, openai_server: Callable[..., ScriptedOpenAI]
) -> None:
    server = openai_server({"good": [{"say": "hi"}]})
    own(
        home,
        f"models:\n  openai/good: {{api_base: '{server.url}', keys: []}}\n"
        "  openai/gone: {api_base: 'http://127.0.0.1:9/v1', keys: []}\n",
    )
    said = aideator("models", "--check", "--backend", "local", "--json")
    found = {record["model"]: record for record in records(said)}
    assert said.code == ExitCode.FAILED
    assert found["openai/good"]["error"] is None
    assert found["openai/good"]["seconds"] > 0
    assert found["openai/gone"]["seconds"] is None
    assert found["openai/gone"]["error"]


def test_a_model_whose_key_is_elsewhere_is_not_asked(aideator: Shell) -> None:
    said = aideator("models", "claude-sonnet-4-5", "--check", "--backend", "local")
    assert said.code == ExitCode.FAILED
    assert "claude-sonnet-4-5: this machine has no ANTHROPIC_API_KEY" in said.out


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("models: {m: {api_base: ftp://x}}", "it takes an http or https URL"),
        ("models: {m: {api_base: 'https://me:sk-live-1@x/v1'}}", "api_base contains credentials"),
    ],
)
def test_an_address_that_can_not_be_is_refused_and_no_key_in_it_is_repeated(
    aideator: Shell, home: Path, text: str, error: str
) -> None:
    own(home, text)
    said = aideator("models", "--backend", "local")
    assert said.code == ExitCode.USAGE
    assert error in said.err
    assert "sk-live-1" not in said.err


def test_without_a_keyring_s_library_the_environment_is_the_place_for_a_key(
    aideator: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "find_spec", lambda _name: None)
    said = aideator("models", "--backend", "local")
    assert "export ANTHROPIC_API_KEY=" in said.err
    assert "secret set" not in said.err


def test_who_names_no_model_and_has_no_key_reads_what_both_take(aideator: Shell, tmp_path: Path) -> None:
    repository = LocalRepository(tmp_path / "source")
    repository.commit({"a.py": "x"})
    said = aideator("run", str(repository.path), "Fix it.", "--backend", "local")
    assert said.code == ExitCode.USAGE
    assert "name one with --model" in said.err
    assert "export ANTHROPIC_API_KEY=… for --model claude-sonnet-4-5. Without a key: aideator demo" in said.err


def test_a_run_shows_the_endpoint_that_its_models_were_asked_at(aideator: Shell, home: Path) -> None:
    add_run(home, Told(), variations=(VariationSpec(1, "openai/qwen3", api_base="http://localhost:9/v1"),))
    assert "endpoint http://localhost:9/v1\n" in aideator("show", "k3v9x2q").out
