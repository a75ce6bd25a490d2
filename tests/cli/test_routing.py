"""`--model auto`, `--escalate` and private repositories, as a user types them."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from aideator_cli.errors import ExitCode
from tests.backends.kubernetes.api_server import write_kubeconfig
from tests.cli.conftest import Said, Shell
from tests.fixtures.provider import Provider, document
from tests.fixtures.repositories import LocalRepository

OWN = """models:
  small: {api_base: 'https://small.example/v1', keys: [OUR_KEY], input_price_per_million: 0.1, output_price_per_million: 0.4}
  large: {api_base: 'https://large.example/v1', keys: [OUR_KEY], input_price_per_million: 5, output_price_per_million: 20}
  ours: {api_base: 'http://127.0.0.1:9/v1', keys: []}
"""


@pytest.fixture
def here(aideator: Shell, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """In a repository, with three models and no key of a provider."""
    repository = LocalRepository(tmp_path / "todo")
    repository.commit({"a.py": "x = 1\n"})
    home.mkdir()
    (home / "models.yaml").write_text(OWN)
    monkeypatch.setenv("OUR_KEY", "sk-0123456789abcdef")
    monkeypatch.chdir(repository.path)
    words = ("run", ".", "Fix it.", "--backend", "local", "--allow-local-shell", "--estimate")
    return lambda *more: aideator(*words, *more)


def models_of(said: Said) -> list[tuple[str, int]]:
    assert said.code == 0, said.err
    return [(part["model"], part["variations"]) for part in json.loads(said.out)["parts"]]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("--model auto:cheap", [("openai/small", 3)]),
        ("--model auto:2", [("openai/large", 2)]),
        ("--model auto:cheap:2,auto:best", [("openai/small", 2), ("openai/large", 1)]),
        ("--model auto:private -n 1", [("openai/ours", 1)]),
        ("--model small:1,auto:best:1", [("openai/small", 1), ("openai/large", 1)]),
        ("--escalate cheap,best --verify true", [("openai/small", 1), ("openai/large", 1)]),
        ("--escalate cheap,small,best --verify true", [("openai/small", 2), ("openai/large", 1)]),
    ],
)
def test_auto_and_escalate_give_each_variation_a_model(
    here: Shell, words: str, expected: list[tuple[str, int]]
) -> None:
    said = here(*words.split(), "--json")
    assert models_of(said) == expected


def test_each_choice_is_explained_before_anything_starts(here: Shell) -> None:
    said = here("--model", "auto:cheap", "-n", "2")
    assert "1 and 2: openai/small, cheap: the cheapest of 3: about $0.0076 an attempt, not tried yet" in said.err


def test_a_step_that_has_nothing_new_to_try_is_left_out_and_said(here: Shell, home: Path) -> None:
    (home / "router.toml").write_text(
        '[policies.a]\nmodels = ["openai/small"]\n[policies.b]\nmodels = ["openai/small"]\n'
    )
    said = here("--escalate", "a,b,best", "--verify", "true", "--json")
    assert models_of(said) == [("openai/small", 1), ("openai/large", 1)]
    assert "--escalate leaves out b: earlier steps try every model that it allows" in said.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--model auto:nosuch", "there is no policy 'nosuch'"),
        ("--model auto: -n 1", "names no policy"),
        ("--model auto --api-base http://x/v1", "--api-base names one"),
        ("--escalate cheap,best", "--escalate needs checks"),
        ("--escalate cheap --verify true", "--escalate needs at least two steps"),
        (
            "--escalate cheap,bst --verify true",
            "did you mean best? The policies are cheap, mid, best",
        ),
        ("--escalate cheap,best --verify true -n 3", "-n conflicts with --escalate"),
        ("--escalate cheap,best --verify true --model small", "--model conflicts with --escalate"),
        (
            "--private --model small -n 1",
            "only localhost, 127.0.0.1, ::1 may get its text, but openai/small is asked at small.example",
        ),
    ],
)
def test_a_mistake_is_told_before_anything_starts(here: Shell, words: str, message: str) -> None:
    said = here(*words.split())
    assert said.code == ExitCode.USAGE
    assert message in said.err


def test_a_private_repository_is_for_local_models_whether_it_is_trusted_or_not(here: Shell, home: Path) -> None:
    Path(".aideator.toml").write_text("private = true\n")
    said = here("--no-repository-file", "--model", "auto:best", "-n", "1", "--json")
    assert models_of(said) == [("openai/ours", 1)]
    assert here("--no-repository-file", "--model", "large", "-n", "1").code == ExitCode.USAGE
    (home / "router.toml").write_text("local = []\n")
    said = here("--no-repository-file", "--model", "auto", "-n", "1")
    assert (said.code, "no host is on the list of local ones" in said.err) == (ExitCode.USAGE, True)
    (home / "router.toml").write_text('local = ["gpu.internal"]\n')
    said = here("--no-repository-file", "--model", "auto", "-n", "1")
    assert "openai/small, openai/large, openai/ours: the repository is private" in said.err.replace("\n", " ")


def test_an_mcp_server_elsewhere_gets_nothing_of_a_private_repository(here: Shell, tmp_path: Path) -> None:
    (tmp_path / "mcp.json").write_text('{"mcpServers": {"docs": {"type": "http", "url": "https://docs.example/mcp"}}}')
    said = here("--private", "--model", "ours", "-n", "1", "--mcp", str(tmp_path / "mcp.json"))
    assert (said.code, "the MCP server docs is at docs.example" in said.err) == (ExitCode.USAGE, True)


@pytest.mark.usefixtures("here")
def test_why_tells_the_choice_of_a_run_afterwards(aideator: Shell, tmp_path: Path) -> None:
    for name, new in (("wrong", 2), ("right", 3)):
        turns = [{"calls": [{"tool": "bash", "arguments": {"command": f"echo x = {new} > a.py"}}]}]
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(turns))
    steps = f"scripted/{tmp_path}/wrong.yaml,scripted/{tmp_path}/right.yaml"
    said = aideator(
        "run", ".", "Fix.", "--backend", "local", "--escalate", steps, "--verify", "grep -q 3 a.py || exit 9", "--json"
    )
    assert said.code == 0, said.err
    results: list[dict[str, Any]] = [
        each for line in said.out.splitlines() if (each := json.loads(line))["kind"] == "result"
    ]
    assert [each["status"] for each in results] == ["failed checks", "succeeded"]
    why = aideator("models", "--why", "@last", "--json")
    assert [json.loads(line)["why"] for line in why.out.splitlines()] == [
        "step 1 of 2: named with --escalate",
        "step 2 of 2: named with --escalate",
    ]
    sent = aideator("show", "--prompts", "@last/2")
    assert "Try 1 failed the check grep (exit code 9)" in sent.out
    assert "Try 1" not in aideator("show", "--prompts", "@last/1").out
    assert "routes" in json.loads(aideator("show", "@last", "--json").out)


def test_keys_that_can_not_be_read_are_said_and_no_other_model_is_taken(
    here: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(write_kubeconfig(tmp_path / "kubeconfig", "https://127.0.0.1:1", {})))
    said = here("--backend", "kubernetes", "--model", "auto:cheap")
    assert (said.code, "no model can be chosen: the keys in" in said.err) == (ExitCode.USAGE, True)


@pytest.mark.usefixtures("here")
def test_what_has_become_private_is_not_tried_again_elsewhere(aideator: Shell, home: Path) -> None:
    refuses = document({"error": {"message": "wrong key", "type": "authentication_error"}}, 401)
    with Provider(refuses) as elsewhere:
        words = (
            "--backend",
            "local",
            "--allow-local-shell",
            "--model",
            "openai/m",
            "--api-base",
            f"{elsewhere.url}/v1",
            "-n",
            "1",
        )
        aideator("run", ".", "Fix it.", *words)
        asked = len(elsewhere.asked)
        assert asked
        Path(".aideator.toml").write_text("private = true\n")
        (home / "router.toml").write_text('local = ["gpu.internal"]\n')
        said = aideator("retry", "@last/1", "--force")
        assert len(elsewhere.asked) == asked
    assert said.code == ExitCode.USAGE
    assert "only gpu.internal may get its text, but openai/m is asked at 127.0.0.1" in said.err
