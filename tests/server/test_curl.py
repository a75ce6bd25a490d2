"""The curl lines of docs/server.md, executed as they stand, against a real server: only its address, the run, the repository and the models
are other ones."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.server.conftest import told
from tests.server.served import Served, served

PAGE = Path(__file__).parents[2] / "docs" / "server.md"
LINES = [
    re.findall(r"(?ms)^curl .*?(?=^curl |\Z)", block)
    for block in re.findall(r"(?ms)^```sh\n(.*?)^```", PAGE.read_text())
]


@pytest.fixture
def clone(repository: Path, tmp_path: Path) -> Path:
    subprocess.run(["git", "clone", "-q", str(repository), str(tmp_path / "clone")], check=True)
    return tmp_path / "clone"


class Shell:
    def __init__(self, server: Served, repository: Path, folder: Path, models: list[str]) -> None:
        self.run = "k3v9x2q"
        self._folder = folder
        self._places = {
            "localhost:8642": server.address.removeprefix("http://"),
            "https://git.example/todo.git": str(repository),
            "https://github.com/you/project": str(repository),
            "claude-sonnet-4-5": models[0],
            "gpt-5": models[1],
        }

    def curl(self, line: str) -> str:
        for word, other in {**self._places, "k3v9x2q": self.run}.items():
            line = line.replace(word, other)
        done = subprocess.run(
            ["bash", "-ec", line], cwd=self._folder, capture_output=True, text=True, check=True, timeout=120
        )
        return done.stdout


def test_the_curl_lines_do_what_they_say(
    home: Path, repository: Path, clone: Path, models: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIDEATOR_BACKEND", "local")
    with served(home) as server:
        shell = Shell(server, repository, clone, models)
        start, events, compare, select, patch = LINES[0]
        started = json.loads(shell.curl(start))
        shell.run = started["run"]
        assert len(started["variations"]) == 3
        seen = told(shell.curl(events))
        assert [each.kind for each in seen].count("result") == 3
        assert json.loads(shell.curl(compare))["choice"] == 1
        assert json.loads(shell.curl(select))["variation"] == 1
        shell.curl(patch)
        assert 'line.startswith("#")' in (clone / "todo.py").read_text()

        (team,) = LINES[1]
        begun = json.loads(shell.curl(team))
        assert (begun["kind"], begun["name"], begun["limits"]["cost"]) == ("team", "feature", 5)

        health, start, stream, status, select, task, register, login, make_key, use_key = LINES[2]
        assert json.loads(shell.curl(health))["status"] == "healthy"
        started = json.loads(shell.curl(start))
        shell.run = started["run_id"]
        seen = told(shell.curl(stream))
        assert {each.kind for each in seen} == {"status", "agent_output", "job_completed"}
        assert json.loads(shell.curl(status))["status"] == "completed"
        assert json.loads(shell.curl(select)) == {"status": "selected", "job_name": f"agent-{shell.run}-2"}
        assert json.loads(shell.curl(task))["run_id"] == shell.run
        assert json.loads(shell.curl(register))["username"] == "ada"
        secret = json.loads(shell.curl(login))["access_token"]
        key = json.loads(shell.curl(make_key.replace("aid_TOKEN", secret)))["api_key"]
        assert json.loads(shell.curl(use_key.replace("aid_KEY", key)))["runs"] == [], "those of ada"
