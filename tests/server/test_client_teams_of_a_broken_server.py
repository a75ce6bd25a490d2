"""A command line with a team of a server that lies, or goes away: nothing is made up, and no run is taken for another."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aideator_agent.spec import RunSpec, TeamStep
from aideator_cli.actions.here import Here
from aideator_cli.actions.places import server_at
from aideator_cli.actions.teams import afar, mirroring
from aideator_cli.domain.events import Observation
from aideator_cli.domain.handing import TeamState
from aideator_cli.domain.runs import Place
from aideator_cli.domain.teams import TeamRun
from aideator_cli.errors import ExitCode
from aideator_cli.intake.teams import finding
from aideator_cli.store import Store
from aideator_cli.views.json.teams import team_record
from tests.cli.conftest import Shell, aideator, home
from tests.server.test_client_of_a_broken_server import RECORD, SPEC, Answer, answering

__all__ = ["aideator", "home"]

TEAM = TeamRun("t8d2m4x", "2026-11-21T12:00:00Z", finding.shipped("refactor"), "Fix it.")
KEY = TEAM.team.ordered[0].name
RUN = TEAM.run_of(KEY)
STEP: dict[str, Any] = {
    "step": KEY, "stage": KEY, "task": None, "run": RUN, "state": "running", "begun": "2026-11-21T12:00:00Z", "roles": [], "agents": 1,
    "begins_with": [], "result": None, "told": None, "good": None, "seconds": 1.0, "cost": 0.0,
}  # fmt: skip


class Server:
    """Has one team, with its first step. A test changes what it says."""

    def __init__(self) -> None:
        self.url = ""
        self.document: dict[str, Any] = json.loads(TEAM.document())
        self.team: dict[str, Any] = {**team_record(TeamState(TEAM, ())), "steps": [STEP]}
        self.spec: RunSpec = replace(SPEC, id=RUN, team=TeamStep(TEAM.id, KEY))
        self.is_deleted = self.is_away = False
        self.news: dict[str, Any] | None = None  # what its stream tells
        self.unreadable = ""  # a run of another version

    def answer(self, _method: str, path: str, _headers: dict[str, str]) -> Answer:
        if self.is_away:
            return None
        gone = {"detail": f"there is no team {TEAM.id}", "status": 404, "exit_code": 3}
        if self.is_deleted and "/teams/" in path and not path.endswith("/events"):
            return 404, {}, gone
        if path == f"/api/v1/teams/{TEAM.id}/record":
            return 200, {}, {"version": "1", "document": self.document, "team": self.team}
        if path == f"/api/v1/teams/{TEAM.id}/events" and self.news is not None:
            return 200, {}, f"event: team\ndata: {json.dumps(self.news)}\n\n".encode()
        if path == f"/api/v1/teams/{TEAM.id}/events":
            problem = json.dumps({**gone, "detail": f"team {TEAM.id} was deleted", "status": 410})
            return 200, {}, f"event: problem\ndata: {problem}\n\n".encode()
        if path.endswith("/record"):
            run = path.split("/")[-2]
            spec = {**json.loads(self.spec.to_json()), "id": run}
            if run == self.unreadable:
                spec = {"id": run}
            return 200, {}, {**RECORD, "spec": spec, "name": None, "note": None, "tags": []}
        if path.endswith("/runs"):
            return 200, {}, {"runs": [], "next": None}
        return (200, {}, b": nothing yet\n\n") if path.endswith("/events") else (404, {}, gone)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    made = Server()
    with answering(made.answer) as made.url:
        monkeypatch.setenv("AIDEATOR_SERVER", made.url)
        yield made


def test_a_team_that_the_server_can_not_tell_of_any_more_is_shown_as_it_was(aideator: Shell, server: Server) -> None:
    shown = aideator("show", TEAM.id, "--json")
    assert json.loads(shown.out)["steps"][0]["run"] == RUN, shown.err
    server.is_away = True
    stale = aideator("show", TEAM.id, "--json")
    assert (stale.code, json.loads(stale.out)["state"]) == (0, "running")
    assert f"team {TEAM.id} may be out of date" in stale.err


@pytest.mark.parametrize(
    "changed",
    [
        {"state": "happy"},
        {"steps": 5},
        {"steps": [{**STEP, "run": "k3v9x2q"}]},
        {"steps": [{**STEP, "begun": "now"}]},
        {"steps": [{**STEP, "step": "\x1b[2J", "run": TEAM.run_of("\x1b[2J")}]},
        {"result": "\x1b[2J"},
        {"ended": 5},
        {"plan": {"tasks": 1}},
        {"plan": {"tasks": [{"id": "a", "title": 5, "needs": [], "files": []}], "summary": ""}},
        {"steps": [{name: value for name, value in STEP.items() if name != "state"}]},
        {"steps": [{**STEP, "told": "Done.", "good": True, "result": "k3v9x2q/1"}]},
        {"steps": [{**STEP, "told": "Done.", "good": True, "result": {}}]},
        {"state": "succeeded", "result": "k3v9x2q/1"},
    ],
)
def test_what_is_no_team_is_the_servers_mistake_and_leaves_nothing(
    aideator: Shell, server: Server, home: Path, changed: dict[str, Any]
) -> None:
    server.team.update(changed)
    for words in (("show",), ("watch",), ("apply",)):
        said = aideator(*words, TEAM.id)
        assert (said.code, "report it" in said.err) == (ExitCode.NOT_FOUND, False), said.err
        assert "\x1b" not in said.err
    assert Store.open(home).teams() == []


def test_a_run_that_is_no_step_of_the_team_is_not_taken_for_one(aideator: Shell, server: Server, home: Path) -> None:
    server.spec = replace(server.spec, team=TeamStep("another", KEY))
    said = aideator("show", TEAM.id)
    assert (said.code, f"is not step {KEY} of team {TEAM.id}" in said.err) == (ExitCode.REFUSED, True), said.err
    assert Store.open(home).teams() == []


@pytest.mark.usefixtures("server")
def test_a_run_of_this_machine_is_not_taken_for_a_step(aideator: Shell, home: Path) -> None:
    Store.open(home).add_run(replace(SPEC, id=RUN), Place("local", "this machine"))
    said = aideator("show", TEAM.id)
    assert f"run {RUN} of this machine is not step {KEY} of team {TEAM.id}" in said.err
    assert Store.open(home).teams() == []


@pytest.mark.parametrize("broken", [{"steps": 5}, {"steps": [{**STEP, "run": "k3v9x2q"}]}, {"state": "happy"}])
def test_a_stream_that_tells_nonsense_ends_the_view(aideator: Shell, server: Server, broken: dict[str, Any]) -> None:
    server.news = {**server.team, **broken}
    said = aideator("watch", TEAM.id)
    assert (said.code, "does not answer as an AIdeator server" in said.err) == (ExitCode.UNAVAILABLE, True), said.err


@pytest.mark.usefixtures("home")
def test_a_step_that_can_not_be_read_is_said_so_while_it_is_tried_again(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(afar, "LATE_SECONDS", 0.0)
    here = Here()
    run = mirroring.find(here, server_at(server.url, here.settings), TEAM.id)
    assert run is not None
    other = next(stage.name for stage in TEAM.team.ordered[1:])
    server.news = {**server.team, "steps": [STEP, {**STEP, "step": other, "run": TEAM.run_of(other)}]}
    server.unreadable = TEAM.run_of(other)
    seen: list[Observation] = []
    stop = threading.Event()

    def see(observation: Observation) -> None:
        seen.append(observation)
        if "can't read its runs" in observation.text:
            stop.set()

    assert afar.Mirror(here, TEAM.id, seen=see, stop=stop).move().state == "running"
    assert {(each.kind, each.run) for each in seen} == {("connection_lost", TEAM.id)}


@pytest.mark.usefixtures("home")
def test_a_lost_connection_is_told_while_no_run_could_be_read(server: Server) -> None:
    here = Here()
    assert mirroring.find(here, server_at(server.url, here.settings), TEAM.id) is not None
    server.is_away = True
    seen: list[str] = []
    stop = threading.Event()

    def see(observation: Observation) -> None:
        seen.append(observation.kind)
        stop.set()

    mirror = afar.Mirror(here, TEAM.id, seen=see, stop=stop)
    mirror._followers._flags.append(threading.Event())  # of a thread that only tries
    giving_up = threading.Timer(60, stop.set)
    giving_up.start()
    mirror.move()
    giving_up.cancel()
    assert seen == ["connection_lost"]


def test_another_team_with_the_same_id_is_refused(aideator: Shell, server: Server) -> None:
    assert aideator("show", TEAM.id).code == 0
    server.document["prompt"] = "Delete it."
    said = aideator("watch", TEAM.id)
    assert "which is another one here" in said.err
    assert "Delete it." not in aideator("show", TEAM.id).out


def test_a_team_that_is_deleted_while_it_is_watched_ends_the_view(aideator: Shell, server: Server) -> None:
    assert aideator("show", TEAM.id).code == 0
    assert server.team["state"] == "running"
    said = aideator("watch", TEAM.id)
    assert (said.code, said.err) == (ExitCode.NOT_FOUND, f"error: team {TEAM.id} was deleted\n")


def test_what_is_neither_a_team_nor_a_run_of_the_server_is_said_so(aideator: Shell, server: Server) -> None:
    server.is_deleted = True
    said = aideator("show", TEAM.id)
    assert (said.code, f"there is no run {TEAM.id}, neither here nor on" in said.err) == (3, True), said.err
