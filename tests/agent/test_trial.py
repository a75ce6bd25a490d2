"""The agent's program without a run: it says its version, which names it resolves, and whether a model answers."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aideator_agent import __version__
from aideator_agent.program import AgentProgram
from aideator_agent.spec import SPEC_VERSION, VariationSpec
from tests.agent.programs.conftest import program
from tests.agent.running import Agent, spec_of, submit
from tests.agent.shell.containers import Container, can_isolate
from tests.fixtures import acp_agent
from tests.fixtures.loaded import Interpreters, Loaded
from tests.fixtures.servers import OpenAIServers

KEY = "sk-0123456789abcdef"


def call(*words: str, loaded: Loaded | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **variables}
    if loaded is not None:
        process = loaded.start(["aideator_agent", *words], environment, Path.cwd())
        said, errors = (text.decode() for text in process.communicate(120))
        return subprocess.CompletedProcess(words, process.wait(), said, errors)
    return subprocess.run(
        [sys.executable, "-m", "aideator_agent", *words],
        capture_output=True, text=True, env=environment, check=False, timeout=120,
    )  # fmt: skip


def told(*words: str, loaded: Loaded | None = None, **variables: str) -> dict[str, Any]:
    done = call("--trial", *words, loaded=loaded, **variables)
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


def test_whether_a_model_answers_for_one_token(openai_server: OpenAIServers, interpreters: Interpreters) -> None:
    loaded = interpreters.of("tests.agent.loaded")
    server = openai_server({"m": [{"say": "Hi."}]}, key=KEY)
    model = VariationSpec(1, "openai/m", api_base=server.url, keys=("OPENAI_API_KEY",))
    spec = replace(spec_of("/nowhere"), variations=(model,))
    words = ("--ask", f"--spec={spec.to_json()}")
    answer = told(*words, loaded=loaded, OPENAI_API_KEY=KEY)["model"]
    assert "error" not in answer
    assert answer["output"] > 0
    assert [(asked.body["max_tokens"], asked.key) for asked in server.requests] == [(1, KEY)]

    proxied = replace(spec, env={"HTTP_PROXY": "http://127.0.0.1:1", "NO_PROXY": "elsewhere.test"})
    through = told("--ask", f"--spec={proxied.to_json()}", loaded=loaded, OPENAI_API_KEY=KEY)["model"]
    assert through["error"]
    assert len(server.requests) == 1

    refused = told(*words, loaded=loaded, OPENAI_API_KEY="sk-wrong-wrong-wrong")["model"]
    assert refused["fault"] == "KeyRefused"
    assert "sk-wrong-wrong-wrong" not in refused["error"]


def greeting(folder: Path, program: AgentProgram, **variables: str) -> dict[str, Any]:
    spec = replace(spec_of("/nowhere"), variations=(VariationSpec(1, "openai/m", agent=program),))
    said: dict[str, Any] = told("--greet", f"--spec={spec.to_json()}", TMPDIR=str(folder), **variables)["program"]
    return said


@pytest.fixture(params=["here", "in a container"])
def variables(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, str]]:
    """What the trial's environment has here, and in a pod."""
    if request.param == "here":
        yield {}
        return
    if not can_isolate():
        pytest.skip("a container of one's own needs root and unshare")
    (channel := tmp_path / "channel").mkdir()
    (workspace := tmp_path / "workspace").mkdir()
    container = Container(channel, ["sh"])
    container.start()
    yield {"AIDEATOR_CHANNEL": str(channel), "AIDEATOR_WORKSPACE": str(workspace)}
    container.close()


def test_whether_the_program_of_an_agent_is_there_and_answers(tmp_path: Path, variables: dict[str, str]) -> None:
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"initialize": {"protocolVersion": 1, "agentInfo": {"name": "fake", "version": "7"}}}))
    fake = program(f"exec {sys.executable} '{acp_agent.__file__}' '{script}'", version="echo; echo fake 7.0")
    said = greeting(tmp_path, fake, **variables)
    assert (said["name"], said["version"], said["calls_itself"]) == ("fake", "fake 7.0", "fake 7")
    assert not Path(f"{script}.notes").exists(), "it got no session and no task"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("no-such-agent acp", "its program no-such-agent was not found; docs/agents.md#fake describes"),
        ("echo no config >&2; exit 3", "fake ended before it began (exit 3) (no config)"),
        ("""read x; echo '{"id": 0, "result": {"protocolVersion": 9}}'""", "speaks version 9 of ACP"),
    ],
)
def test_an_agent_that_can_not_work_is_told_with_the_reason(tmp_path: Path, command: str, words: str) -> None:
    assert words in greeting(tmp_path, program(command, docs="docs/agents.md#fake"))["error"]


def test_a_command_is_only_asked_for_its_version(tmp_path: Path) -> None:
    command = program("touch /nowhere/{prompt}; exit 9", protocol="text", version="echo 1.2; exit 0")
    assert greeting(tmp_path, command)["version"] == "1.2"


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
