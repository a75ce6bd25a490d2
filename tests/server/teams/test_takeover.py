"""Two servers share a database. The one that moves a team on is killed, and the other goes on: no stage is lost or begun twice."""

import json
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from aideator_cli.domain.teams import TeamRun
from aideator_cli.store import Store
from aideator_cli.store.serving import ServerStore
from tests.actions.teams.conftest import SCRIPTS, STEPS, World
from tests.faults.waiting import until
from tests.server.conftest import API
from tests.server.served import Served, served
from tests.server.teams.conftest import Asked

PATIENCE = 120.0
TAKEN_WITHIN = 30.0  # seconds, as docs/teams.md says


class Servers:
    def __init__(self, home: Path, url: str) -> None:
        self.home, self.url = home, url
        self.store = ServerStore.of(Store.open(home, url))
        self._stack = ExitStack()

    def start(self) -> Served:
        return self._stack.enter_context(served(self.home, AIDEATOR_DATABASE=self.url))

    def close(self) -> None:
        self._stack.close()

    def team(self, team: str) -> TeamRun:
        found = self.store.team(team)
        assert found is not None
        return found

    def mover(self, team: str) -> int | None:
        """The pid of the process that moves the team on."""
        found = self.store.mover(team)
        return int(found[0].partition(" ")[0]) if found else None

    def ends_whole(self, team: str) -> None:
        """It succeeds, and no step of it was lost or begun twice."""
        until(lambda: self.team(team).state != "running", "the team is over", PATIENCE)
        assert (self.team(team).state, self.team(team).reason) == ("succeeded", "")
        steps = self.store.steps(team)
        assert sorted(step.key for step in steps) == sorted(STEPS)
        for step in steps:
            assert len(self.store.attempts(step.run)) == 1, step.key
        assert {path.name for path in (self.home / "runs").iterdir()} == {step.run for step in steps}


@pytest.fixture
def servers(home: Path, postgresql_url: str) -> Iterator[Servers]:
    made = Servers(home, postgresql_url)
    yield made
    made.close()


def post(server: Served, path: str, body: dict[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(
        f"{server.address}{API}{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def kill(server: Served) -> None:
    server.process.kill()
    server.process.wait()


def waits(name: str, folder: Path) -> dict[str, Any]:
    """A turn that lasts until the test has made a file."""
    command = f"while [ ! -e {folder}/{name} ]; do sleep 0.1; done"
    return {"calls": [{"tool": "bash", "arguments": {"command": command}}]}


@pytest.mark.parametrize("stage", ["build/a", "test", "review"])
def test_the_server_that_moves_a_team_on_is_killed_in_a_stage(
    servers: Servers, asked: Asked, world: World, tmp_path: Path, stage: str
) -> None:
    body, name = asked(allow_local_shell=True), stage.replace("/", "-")
    world.script(name, waits("go", tmp_path), *SCRIPTS[name])
    first = servers.start()
    team = post(first, "/teams", body)["team"]
    until(lambda: stage in {step.key for step in servers.store.steps(team)}, "the stage has begun", PATIENCE)
    run = servers.team(team).run_of(stage)
    until(lambda: servers.store.attempts(run), "its agent is at work", PATIENCE)
    assert servers.mover(team) == first.process.pid
    second = servers.start()
    began = time.monotonic()

    kill(first)

    until(lambda: servers.mover(team) == second.process.pid, "the other server moves the team on", PATIENCE)
    assert time.monotonic() - began < TAKEN_WITHIN
    until(lambda: any(each.run == run for each in servers.store.leases()), "and follows the stage's run", PATIENCE)
    assert time.monotonic() - began < TAKEN_WITHIN
    (tmp_path / "go").touch()
    servers.ends_whole(team)
    with urllib.request.urlopen(f"{second.address}{API}/teams/{team}/patch", timeout=60) as answer:
        patch = answer.read()
    assert all(line in patch for line in (b"+A = 1", b"+B = 2", b"+++ b/test_both.sh"))


def test_whichever_server_has_begun_a_step_is_killed(servers: Servers, asked: Asked) -> None:
    """Of four, three are killed one after the other, each as soon as it has noted a step: some before its agents are started."""
    alive = {server.process.pid: server for server in (servers.start() for _ in range(4))}
    team = post(next(iter(alive.values())), "/teams", asked())["team"]
    while len(alive) > 1:
        known = len(servers.store.steps(team))
        until(lambda known=known: len(servers.store.steps(team)) > known, "the next step is noted", PATIENCE, 0.005)
        until(lambda: servers.mover(team) in alive, "one of them moves the team on", PATIENCE)
        kill(alive.pop(servers.mover(team) or 0))
    servers.ends_whole(team)
