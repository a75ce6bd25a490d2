"""The server in this process, with a data folder of its own, called as from this machine."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from starlette.testclient import TestClient

from aideator_cli.actions.demo_material import CHECK, demo_files, demo_scripts
from aideator_cli.actions.here import Here
from aideator_cli.server.app import application
from aideator_cli.server.gate import LOOPBACK
from tests.cli.conftest import home
from tests.fixtures.repositories import LocalRepository

__all__ = ["home"]

API = "/api/v1"


@pytest.fixture
def client(home: object) -> Iterator[TestClient]:  # noqa: ARG001 -- the data folder
    app = application(Here(), LOOPBACK)
    with TestClient(app, base_url="http://localhost", raise_server_exceptions=False) as client:
        yield client


class Told(NamedTuple):
    """One server-sent event."""

    id: str | None
    kind: str
    data: Any


def told(text: str) -> list[Told]:
    """Reads a stream as the standard says: a comment says nothing, and an event without data moves the id alone."""
    found, last = [], None
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        last = fields.get("id", last)
        if "data" in fields:
            found.append(Told(fields.get("id"), fields["event"], json.loads(fields["data"])))
    return found


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's small project, with a test that fails."""
    repository = LocalRepository(tmp_path_factory.mktemp("todo"))
    repository.commit({name: content.decode() for name, content in demo_files().items()})
    return repository.path


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What plays the demo's scripts of a right patch and a wrong one without their pauses: nobody watches."""
    folder = tmp_path_factory.mktemp("scripts")
    for script in demo_scripts()[:2]:
        lines = script.read_text().splitlines(keepends=True)
        (folder / script.name).write_text("".join(line for line in lines if not line.startswith("  delay: ")))
    return [f"scripted/{folder / script.name}" for script in demo_scripts()[:2]]


Body = Callable[..., dict[str, Any]]


@pytest.fixture
def body(repository: Path, models: list[str]) -> Body:
    """What starts the demo's run, with other fields if they are given."""

    def made(**more: Any) -> dict[str, Any]:
        return {
            "repository": str(repository),
            "prompt": "Make the parser skip comments.",
            "models": models,
            "verify": [CHECK],
            "max_steps": 12,
            "backend": "local",
            **more,
        }

    return made


@pytest.fixture
def finished(client: TestClient, body: Body) -> str:
    """The id of a run whose agents have ended."""
    started = client.post(f"{API}/runs", json=body())
    assert started.status_code == 202, started.text
    run: str = started.json()["run"]
    with client.stream("GET", f"{API}/runs/{run}/events") as answer:
        assert answer.status_code == 200
        for _ in answer.iter_bytes():
            pass
    return run
