"""A team goes on whoever watches it: what was killed is taken over, and no step is lost or repeated."""

import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial

import pytest

from aideator_agent.spec import RunSpec
from aideator_cli.actions.here import Here
from aideator_cli.actions.teams import holding, moving, starting
from aideator_cli.actions.teams.moving import Mover
from aideator_cli.backends.local import LocalBackend
from aideator_cli.domain.runs import Place
from aideator_cli.domain.teams import TeamRun
from aideator_cli.errors import Taken
from aideator_cli.intake.request import Request, Where
from aideator_cli.server.followers.teams import _is_ours
from aideator_cli.store import Store
from aideator_cli.system.processes import identify
from tests.actions.teams.conftest import STEPS, TESTS, Started, World, block, submit
from tests.faults.waiting import until

PATIENCE = 120.0  # seconds
AT_ONCE = 0.002  # seconds between two looks, so that a step's first moments are hit


def only(store: Store) -> TeamRun:
    (team,) = store.teams()
    return team


def assert_whole(world: World) -> None:
    """Each step was begun once, by one attempt, and the result has everything."""
    store, team = world.store, only(world.store)
    assert (team.state, team.reason) == ("succeeded", "")
    steps = store.steps(team.id)
    assert sorted(step.key for step in steps) == sorted(STEPS)
    assert {path.name for path in (world.home / "runs").iterdir()} == {step.run for step in steps}
    for step in steps:
        assert len(store.attempts(step.run)) == 1, step.key
    assert world.run("apply", team.id).returncode == 0
    assert {path.name for path in world.repository.path.iterdir() if path.is_file()} == {
        "a.py",
        "b.py",
        "test_both.sh",
        "test_nothing.sh",
    }


def kill_in_each_step(world: World, started: Started, code: int = 0) -> None:
    """Kills whoever watches: now and then before the step's agents have been started, and now and then after that."""
    process = started("run", ".", "Write both.", "--team", str(world.team), "--backend", "local", "--view", "lines")
    until(lambda: (world.home / "aideator.db").exists() and world.store.teams(), "the team is stored", PATIENCE)
    store = world.store
    team, killed = only(store).id, 0

    def has_started(step: int) -> bool:
        run = store.run(store.steps(team)[step].run)
        return run is not None and run.state != "submitting"

    def goes_on() -> bool:
        """Whether a step was begun that nobody was killed in, or the team is over."""
        assert process.poll() in (None, code), process.communicate()
        return len(store.steps(team)) > killed or only(store).state != "running"

    until(lambda: store.steps(team) and has_started(0), "the first step is at work", PATIENCE, AT_ONCE)
    while True:
        until(goes_on, "the next step is begun", PATIENCE, AT_ONCE)
        if only(store).state != "running":
            break
        begun = len(store.steps(team))
        if killed % 2:
            until(partial(has_started, begun - 1), "the step's agents are at work", PATIENCE, AT_ONCE)
        process.kill()
        process.communicate()
        killed = begun
        process = started("watch", team, "--view", "lines")
    assert killed >= len(store.steps(team)) - 1
    assert process.wait(PATIENCE) == code


def test_the_watching_process_is_killed_in_each_stage(world: World, started: Started) -> None:
    kill_in_each_step(world, started)
    assert_whole(world)


def test_the_watching_process_is_killed_in_each_stage_of_each_round(world: World, started: Started) -> None:
    """A reviewer sends a task back as often as it may, and that is counted whoever watches."""
    another = f"cat > test_both$(ls test_both*.sh | wc -l).sh << 'END'\n{TESTS}END"
    for script, command in (("build-a", "echo A = 1 >> a.py"), ("test", another)):
        world.script(script, {"calls": [{"tool": "bash", "arguments": {"command": command}}]}, submit(summary="Done."))
    world.script("review", submit(answer=block(decision="rework", why="Not yet.", tasks=["a"])))
    kill_in_each_step(world, started, code=1)
    store, team = world.store, only(world.store)
    assert (team.state, team.reason) == ("failed", "review has sent the work back 1 time, and would again: Not yet.")
    keys = [step.key for step in store.steps(team.id)]
    assert len(set(keys)) == len(keys)
    assert {*STEPS, "build/a@2", "test@2", "review@2"} <= set(keys)
    for step in store.steps(team.id):
        assert len(store.attempts(step.run)) == 1, step.key


def test_two_who_watch_move_it_on_together(world: World, started: Started) -> None:
    said = world.run("run", ".", "Write both.", "--team", str(world.team), "--backend", "local", "--detach")
    team = said.stdout.strip()
    watching = [started("watch", team, "--view", "lines") for _ in range(2)]
    for process in watching:
        out, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, err
        assert "review: accepted: Good." in out
        assert f"{team} succeeded" in out
    assert_whole(world)


def test_nobody_else_begins_the_first_step_while_it_is_being_started(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server looks for teams every two seconds, and a cluster takes longer to start a run."""
    monkeypatch.chdir(world.repository.path)
    for name, value in world.environment.items():
        monkeypatch.setenv(name, value)
    here, others = Here(), list[bool]()

    class Interrupted(LocalBackend):
        def submit(self, *_: object, **__: object) -> None:
            team = only(world.store).id
            others.append(_is_ours(world.store, team))
            moved = Mover(here.again(), team, patient=False).move()
            assert (moved.state, len(world.store.steps(team))) == ("running", 1)
            raise KeyboardInterrupt

    team = starting.found(str(world.team), ".")
    planned = starting.plan(here, team, Request(".", "Write both."), Where("local"))
    backend = Interrupted(here.settings.home, here.settings.environment)
    with pytest.raises(KeyboardInterrupt):
        starting.begin(here, replace(planned, first=replace(planned.first, backend=backend)))
    assert others == [False]
    assert (world.store.teams(), world.store.runs()) == ([], [])


def test_every_stage_gets_the_notes_on_the_repository_and_is_as_private_as_the_first(world: World) -> None:
    assert world.run("memory", "add", "The modules have one constant each.").returncode == 0
    (world.repository.path / ".aideator.toml").write_text("private = true\n")
    words = (
        "run",
        ".",
        "Write both.",
        "--team",
        str(world.team),
        "--backend",
        "local",
        "--no-repository-file",
        "--view",
        "lines",
    )
    said = world.run(*words)
    assert said.returncode == 0, said.stderr
    assert "the agents get 1 note on the repository: [1] The modules have one constant each." in said.stderr
    store = world.store
    specs = {step.key: run.spec for step in store.steps(only(store).id) if (run := store.run(step.run))}
    assert {spec.model_hosts for spec in specs.values()} == {("localhost", "127.0.0.1", "::1")}
    for key in ("plan", "build/a", "test", "review"):
        assert [note.text for note in specs[key].notes] == ["The modules have one constant each."], key


def test_who_was_stopped_for_longer_than_its_lease_begins_no_step_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is about to begin a step when another process takes the team over, begins that step, and moves the team on to its end."""
    said = world.run("run", ".", "Write both.", "--team", str(world.team), "--backend", "local", "--detach")
    team = said.stdout.strip()
    for name, value in world.environment.items():
        monkeypatch.setenv(name, value)
    asleep = holding.beginning
    stopped: list[str] = []
    monkeypatch.setattr(moving, "RENEW_SECONDS", 3600.0)  # who is stopped renews nothing

    @contextmanager
    def stopped_first(here: Here, name: str) -> Iterator[None]:
        if not stopped and len(here.store.steps(name)) == 1:
            stopped.append(name)
            with closing(sqlite3.connect(world.home / "aideator.db")) as connection, connection:
                connection.execute("update teams set expires = ''")
            assert world.run("wait", team).returncode == 0
        with asleep(here, name):
            yield

    monkeypatch.setattr(moving, "beginning", stopped_first)
    assert Mover(Here(), team).move().state == "succeeded"
    assert stopped == [team]
    assert_whole(world)


def test_a_step_that_another_machine_has_just_begun_is_taken_as_it_is(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of two machines on one cluster, which refuses the second: what the first has begun stays, in the store and beside it."""
    said = world.run("run", ".", "Write both.", "--team", str(world.team), "--backend", "local", "--detach")
    team = said.stdout.strip()
    for name, value in world.environment.items():
        monkeypatch.setenv(name, value)
    refused: list[str] = []
    submit = LocalBackend.submit

    def by_another(self: LocalBackend, spec: RunSpec, hidden: bytes | None = None) -> None:
        if refused:
            submit(self, spec, hidden)
            return
        refused.append(spec.id)
        theirs = replace(spec, submission_id=str(uuid.uuid4()))
        store = world.store
        store.forget_run(spec.id)
        store.add_run(theirs, Place("local", "this machine"), state="running")
        submit(self, theirs, hidden)
        raise Taken("it is there already")

    monkeypatch.setattr(LocalBackend, "submit", by_another)
    assert Mover(Here(), team).move().state == "succeeded"
    assert len(refused) == 1
    assert_whole(world)


def killed(world: World, by: str, *words: str) -> str:
    """Runs `aideator` until the code that `by` has put in place ends it. Returns what it has printed."""
    done = subprocess.run(
        [sys.executable, "-c", f"import os\n{by}\nfrom aideator_cli.main import main\nmain()\n", *words], text=True,
        env=world.environment, cwd=world.repository.path, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 9, done.stderr
    return done.stdout


def test_the_process_that_starts_a_team_is_killed_before_it_submits_the_first_step(world: World) -> None:
    by = "from aideator_cli.backends.local import LocalBackend as l\nl.submit = lambda *_: os._exit(9)"
    killed(world, by, "run", ".", "Write both.", "--team", str(world.team), "--backend", "local")
    assert world.run("wait", only(world.store).id).returncode == 0
    assert_whole(world)


def test_an_agent_begins_only_once_it_is_on_record(world: World) -> None:
    """Who starts it is killed just before it writes the record."""
    by = "import aideator_cli.backends.local as l\nl.identify = lambda pid: (print(pid, flush=True), os._exit(9))"
    model = f"scripted/{world.team.parent / 'build-a.yaml'}"
    pid = int(killed(world, by, "run", ".", "Write.", "--backend", "local", "--model", model, "-n", "1"))
    until(lambda: identify(pid) is None, "it is gone", 30)
    (log,) = world.home.glob("runs/*/1/*.log")
    assert log.read_bytes() == b""
    run = log.parents[1].name
    assert LocalBackend(world.home, {}).submissions(run) == {}, "so a team starts it again"
