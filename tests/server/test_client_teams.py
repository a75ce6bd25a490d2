"""Teams through a server: the same words show and do the same as on the server's own machine."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aideator_cli.api import Aideator
from aideator_cli.main import main
from tests.actions.teams.conftest import SCRIPTS, STEPS, World, ask, submit, world, write
from tests.cli.conftest import Said, Shell, aideator, home
from tests.faults.waiting import until
from tests.fixtures.repositories import git
from tests.server.served import another_server, served

__all__ = ["aideator", "home", "world"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A server that asks nobody for a token: its address, and its data folder."""
    folder = tmp_path_factory.mktemp("server")
    with served(folder) as running:
        yield running.address, folder


@pytest.fixture
def client(aideator: Shell, server: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A shell of another machine, which uses the server."""
    monkeypatch.setenv("AIDEATOR_SERVER", server[0])
    return aideator


@pytest.fixture
def there(server: tuple[str, Path], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Shell:
    """A shell on the server's own machine."""

    def call(*words: str) -> Said:
        with monkeypatch.context() as patched:
            patched.setenv("AIDEATOR_HOME", str(server[1]))
            patched.delenv("AIDEATOR_SERVER", raising=False)
            code = main(words)
        return Said(code, *capfd.readouterr())

    return call


def started(world: World, *words: str) -> tuple[str, ...]:
    return ("run", str(world.repository.path), "Write both.", "--team", str(world.team), "--allow-local-shell", *words)


def records(said: Said) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said.out.splitlines()]


def test_a_team_from_start_to_the_working_tree(
    client: Shell, there: Shell, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.script("build-a", ask("cto", "Which number?"), {"say": "One."}, write("a.py", "A = 1\n"), submit(summary="a"))
    said = client(*started(world, "--json"))
    assert said.code == 0, said.err
    lines = records(said)
    last = lines[-1]
    assert (last["kind"], last["state"], sorted(step["step"] for step in last["steps"])) == (
        "team",
        "succeeded",
        sorted(STEPS),
    )
    team = last["team"]
    assert "plan → build/a" in [each["text"] for each in lines if each["kind"] == "observation"]
    for step in last["steps"]:
        seqs = [each["event"]["seq"] for each in lines if each["kind"] == "event" and each["run"] == step["run"]]
        assert seqs == list(range(len(seqs))), f"of {step['step']} none is lost, none doubled"
        assert seqs or step["agents"] == 0

    for words in (("show", team), ("logs", team), ("watch", team), ("wait", team), ("diff", team)):
        mine, theirs = client(*words, "--json"), there(*words, "--json")
        assert (mine.code, mine.out) == (theirs.code, theirs.out), words
    for words in (("show", team), ("show", "@last"), ("watch", team, "--view", "lines"), ("diff", team)):
        assert client(*words).out == there(*words).out, words
    listed = client("list").out
    assert listed.splitlines()[1].split()[0] == team
    assert first_lines("list", "--watch", many=len(listed.splitlines())) == listed
    assert client("report", team, "-o", str(tmp_path / "mine.html")).code == 0
    assert "build/a asks cto" in (tmp_path / "mine.html").read_text()
    assert client("export", team, str(tmp_path / "mine")).code == 0
    assert there("export", team, str(tmp_path / "theirs")).code == 0
    assert names(tmp_path / "mine") == names(tmp_path / "theirs")

    git(tmp_path, "clone", "--quiet", str(world.repository.path), "clone")
    monkeypatch.chdir(tmp_path / "clone")
    assert client("apply", team).code == 0
    assert sorted(git(tmp_path / "clone", "status", "--short").split()) == [
        "??",
        "??",
        "??",
        "a.py",
        "b.py",
        "test_both.sh",
    ]
    assert client("delete", team, "--yes").code == 0
    assert there("show", team).code == 3
    assert client("show", team).code == 3


def first_lines(*words: str, many: int) -> str:
    """What a command that does not end says first."""
    program = [sys.executable, "-m", "aideator_cli", *words]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as watching:
        assert watching.stdout is not None
        said = [watching.stdout.readline() for _ in range(many)]
        watching.send_signal(signal.SIGINT)
    return "".join(said)


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_a_team_that_another_has_started_is_watched_by_its_id(client: Shell, there: Shell, world: World) -> None:
    begun = there(*started(world, "--json"))
    team = records(begun)[-1]["team"]
    shown = client("show", team, "--json")
    assert shown.out == there("show", team, "--json").out, shown.err
    assert client("logs", f"{team}/build/a", "--json").out == there("logs", f"{team}/build/a", "--json").out


def test_a_team_is_cancelled_there_and_one_of_the_repository_is_sent(
    client: Shell, there: Shell, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.script("long", {"calls": [{"tool": "bash", "arguments": {"command": "sleep 600"}}]})
    teams = world.repository.path / ".aideator" / "teams"
    teams.mkdir(parents=True)
    (teams / "ours.yaml").write_text("stages: {wait: {}}")
    monkeypatch.chdir(world.repository.path)
    script = f"scripted/{world.team.parent / 'long.yaml'}"
    url = world.repository.path.as_uri()
    begun = client("run", url, "Wait.", "--team", "ours", "--model", script, "--allow-local-shell", "--detach")
    team = begun.out.strip()
    assert begun.code == 0, begun.err
    assert "its next steps begin" not in begun.err, "the server moves it on"
    early = client("apply", team)
    assert (early.code, "is still at work" in early.err) == (2, True), early.err
    stopped = client("cancel", team)
    assert (stopped.code, stopped.err) == (0, f"cancelled {team}; asked wait to stop\n")
    assert client("watch", team).code == 130
    assert json.loads(there("show", team, "--json").out)["state"] == "cancelled"
    until(lambda: json.loads(client("show", team, "--json").out)["steps"][0]["state"] == "ended", "its step ended")


def test_a_team_begins_with_uncommitted_changes_that_are_sent(
    client: Shell, there: Shell, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    (world.repository.path / "number.txt").write_text("A = 1\n")
    copies = {"calls": [{"tool": "bash", "arguments": {"command": "cat number.txt > a.py; echo $MORE >> a.py"}}]}
    world.script("build-a", copies, submit(summary="a"))
    drawn = client(*started(world, "--dirty", "--dry-run"))
    assert (drawn.code, "the server gets the history of" in drawn.err) == (0, True), drawn.err
    said = client(*started(world, "--dirty", "--env", "MORE=# sent", "--json"))
    assert said.code == 0, said.err
    assert "the server gets the history of" in said.err
    assert "the model can read what commands can: --env MORE" in said.err
    team = records(said)[-1]["team"]
    steps = json.loads(there("show", team, "--json").out)["steps"]
    assert json.loads(there("show", steps[-1]["run"], "--json").out)["repository"]["url"] == "sent://todo"
    assert "+# sent" in client("diff", team).out
    monkeypatch.chdir(world.repository.path)
    assert client("apply", team).code == 0
    assert (world.repository.path / "a.py").read_text() == "A = 1\n# sent\n"


def test_what_a_server_can_not_do_for_a_team_is_said_before_anything_starts(
    client: Shell, there: Shell, world: World
) -> None:
    before = there("list", "--steps").out
    for words, text in (
        (started(world, "--first", "1"), "--first can't be combined with --team"),
        ((*started(world)[:3], "--team", "nobody"), "there is no team 'nobody'"),
        ((*started(world)[:3], "--team", "feature", "--verify", "true"), "no model is given"),
    ):
        said = client(*words)
        assert (said.code, text in said.err) == (2, True), said.err
    far = client(*started(world), "--server", "https://127.0.0.1:1")
    assert "does not answer" in far.err
    drawn = client(*started(world, "--dry-run"))
    assert (drawn.code, drawn.out) == (0, there(*started(world, "--dry-run")).out), drawn.err
    assert there("list", "--steps").out == before


def test_a_server_that_restarts_costs_a_watched_team_no_event(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = {"calls": [{"tool": "bash", "arguments": {"command": f"while [ ! -e {tmp_path}/go ]; do sleep 0.1; done"}}]}
    world.script("build-a", waits, *SCRIPTS["build-a"])
    own, port = another_server(tmp_path, monkeypatch)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    program = [sys.executable, "-m", "aideator_cli"]
    with (
        served(own, "--port", port) as first,
        subprocess.Popen([*program, *started(world, "--json")], stdout=subprocess.PIPE, text=True) as running,
    ):
        assert running.stdout is not None
        seen = []
        while "build/a" not in (line := running.stdout.readline()):
            assert line, "the stage begins"
            seen.append(line)
        first.process.send_signal(signal.SIGINT)
        first.process.wait(30)
        while '"connection_lost"' not in (line := running.stdout.readline()):
            assert line, "it waits for the server"
            seen.append(line)
        team = json.loads(seen[0]).get("run")
        stale = subprocess.run([*program, "show", "@last"], capture_output=True, text=True, check=False)
        (tmp_path / "go").touch()
        with served(own, "--port", port):
            seen += running.stdout.readlines()
            assert running.wait(60) == 0
    lines = [json.loads(line) for line in seen]
    assert lines[-1]["state"] == "succeeded", team
    for step in lines[-1]["steps"]:
        seqs = [each["event"]["seq"] for each in lines if each["kind"] == "event" and each["run"] == step["run"]]
        assert seqs == list(range(len(seqs))), step["step"]
    assert "does not answer" in stale.stderr


def test_who_works_with_the_servers_own_store_has_each_team_once(
    server: tuple[str, Path], there: Shell, world: World
) -> None:
    said = there(*started(world, "--json", "--server", server[0]))
    assert (said.code, records(said)[-1]["state"]) == (0, "succeeded"), said.err
    shown = there("show", records(said)[-1]["team"], "--json", "--server", server[0])
    assert json.loads(shown.out)["state"] == "succeeded"


def test_a_script_waits_for_a_team_of_the_server(client: Shell, world: World, home: Path) -> None:
    aideator = Aideator(home)
    team = aideator.start_team(world.repository.path, "Write both.", world.team, allow_local_shell=True)
    assert team.wait(0.1).run.state == "running"
    state = aideator.team(team.id).wait(120)
    assert (state.run.state, sorted(each.step.key for each in state.steps)) == ("succeeded", sorted(STEPS))
    run, number = team.result()
    assert b"+A = 1" in (run.result(number).patch or b"")
    assert client("show", team.id).code == 0
