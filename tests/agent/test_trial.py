"""The agent's program without a run: it says its version, which names it resolves, and whether a model answers."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from aideator_agent import __version__
from aideator_agent.spec import SPEC_VERSION, VariationSpec
from tests.agent.running import Agent, spec_of, submit
from tests.fixtures.servers import OpenAIServers

KEY = "sk-0123456789abcdef"


def call(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "aideator_agent", *words],
        capture_output=True, text=True, env={**os.environ, **variables}, check=False, timeout=120,
    )  # fmt: skip


def told(*words: str, **variables: str) -> dict[str, Any]:
    done = call("--trial", *words, **variables)
    assert done.returncode == 0, done.stderr
    assert KEY not in done.stdout
    data: dict[str, Any] = json.loads(done.stdout)
    return data


def test_its_version_and_that_of_the_specs_it_reads() -> None:
    assert call("--version").stdout == f"aideator-agent {__version__} (spec {SPEC_VERSION})\n"


def test_an_argument_that_it_does_not_know_is_refused() -> None:
    done = call("--trail")
    assert done.returncode == 2
    assert "usage:" in done.stderr


def test_which_names_it_resolves() -> None:
    data = told("--resolve=localhost", "--resolve=no-such-host.invalid", "--resolve=..")
    assert (data["trial"], data["agent"], data["spec"]) == (1, __version__, SPEC_VERSION)
    found, *absent = data["resolved"]
    assert found["name"] == "localhost"
    assert {"127.0.0.1", "::1"} & set(found["addresses"])
    assert [entry["name"] for entry in absent if entry["error"]] == ["no-such-host.invalid", ".."]


def test_whether_a_model_answers_for_one_token(openai_server: OpenAIServers) -> None:
    server = openai_server({"m": [{"say": "Hi."}]}, key=KEY)
    model = VariationSpec(1, "openai/m", api_base=server.url, keys=("OPENAI_API_KEY",))
    spec = replace(spec_of("/nowhere"), variations=(model,))
    words = ("--ask", f"--spec={spec.to_json()}")
    answer = told(*words, OPENAI_API_KEY=KEY)["model"]
    assert "error" not in answer
    assert answer["output"] > 0
    assert [(asked.body["max_tokens"], asked.key) for asked in server.requests] == [(1, KEY)]

    proxied = replace(spec, env={"HTTP_PROXY": "http://127.0.0.1:1", "NO_PROXY": "elsewhere.test"})
    through = told("--ask", f"--spec={proxied.to_json()}", OPENAI_API_KEY=KEY)["model"]
    assert through["error"]
    assert len(server.requests) == 1

    refused = told(*words, OPENAI_API_KEY="sk-wrong-wrong-wrong")["model"]
    assert refused["fault"] == "KeyRefused"
    assert "sk-wrong-wrong-wrong" not in refused["error"]


def test_a_spec_of_a_newer_version_is_told() -> None:
    newer = json.loads(spec_of("/nowhere").to_json()) | {"version": SPEC_VERSION + 1}
    data = told("--ask", f"--spec={json.dumps(newer)}")
    assert "a newer AIdeator wrote the run" in data["refused"]
    assert "model" not in data


def test_a_run_of_a_newer_version_is_refused_in_words(agent: Agent, tmp_path: Path) -> None:
    spec = spec_of("/nowhere", [submit()])
    newer = tmp_path / "newer.json"
    newer.write_text(json.dumps(json.loads(spec.to_json()) | {"version": SPEC_VERSION + 1}))
    outcome, fault, reason = agent.run(spec, AIDEATOR_SPEC=str(newer)).outcome
    assert (outcome, fault) == ("failed", "infrastructure")
    assert f"a newer AIdeator wrote the run (spec version {SPEC_VERSION + 1})" in reason
    assert "use an image and a command line of one version" in reason
