import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from aideator_agent.program import AgentProgram, SessionFile
from aideator_agent.spec import RunSpec, VariationSpec
from tests.agent.running import Agent, spec_of
from tests.agent.shell.containers import Container, can_isolate
from tests.fixtures import acp_agent
from tests.fixtures.repositories import LocalRepository

NOWHERE = "http://127.0.0.1:9/v1"  # a provider that nobody asks


@dataclass(frozen=True)
class FakeAgent:
    """An agent that plays what a test wants, on the test's repository."""

    folder: Path
    repository: LocalRepository

    @property
    def script(self) -> Path:
        return self.folder / "script of the agent.json"

    def plays(self, *steps: dict[str, Any], file: SessionFile | None = None, **script: Any) -> AgentProgram:
        self.script.write_text(json.dumps({"steps": steps, **script}))
        return program(f"exec {sys.executable} '{acp_agent.__file__}' '{self.script}'", session=file)

    def spec(self, agent: AgentProgram, **more: Any) -> RunSpec:
        variation = VariationSpec(1, "openai/fake", agent=agent, keys=("OPENAI_API_KEY",))
        return spec_of(str(self.repository.path), variations=(variation,), **more)

    def notes(self, name: str) -> list[Any]:
        """What the agent itself saw."""
        file = Path(f"{self.script}.notes")
        notes = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
        return [note[name] for note in notes if name in note]


def program(command: str, **more: Any) -> AgentProgram:
    env = {"OPENAI_BASE_URL": "{url}/v1", "OPENAI_API_KEY": "{token}", "FAKE_MODEL": "{model}"}
    given = {"name": "fake", "protocol": "acp", "wire": "openai", "upstream": NOWHERE, "env": env}
    return AgentProgram(command=command, **{**given, **more})


@pytest.fixture
def fake(tmp_path: Path, repository: LocalRepository) -> FakeAgent:
    return FakeAgent(tmp_path, repository)


@pytest.fixture
def container(agent: Agent) -> Iterator[Container]:
    """The pod's container for commands."""
    if not can_isolate():
        pytest.skip("a container of one's own needs root and unshare")
    channel = agent.folder / "channel"
    channel.mkdir()
    container = Container(channel, ["sh"])
    container.start()
    yield container
    container.close()


@pytest.fixture(params=["here", "in a container"])
def place(request: pytest.FixtureRequest) -> dict[str, str]:
    """What the agent's program needs in its environment to run commands in this place."""
    if request.param == "here":
        return {}
    return {"AIDEATOR_CHANNEL": str(request.getfixturevalue("container").channel)}
