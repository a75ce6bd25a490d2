"""A team goes on whoever watches it: what was killed is taken over, and no step is lost or repeated."""

import time
from collections.abc import Callable

import pytest
from pytest_mock import MockerFixture

from aideator_cli.actions.here import Here
from aideator_cli.actions.teams import scripting
from aideator_cli.actions.teams.moving import Mover
from aideator_cli.domain.teams import TeamRun
from aideator_cli.intake.request import Request, Where
from aideator_cli.server.followers.teams import _is_ours
from aideator_cli.store import Store
from tests.actions.teams.conftest import STEPS, Started, World

PATIENCE = 120.0  # seconds


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


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
    assert {path.name for path in world.repository.path.glob("*.py")} == {
        "a.py",
        "b.py",
        "test_both.py",
        "test_nothing.py",
    }


def test_the_watching_process_is_killed_in_each_stage(world: World, started: Started) -> None:
    """Now and then before the step's agents have been started, and now and then after that."""
    process = started("run", ".", "Write both.", "--team", str(world.team), "--backend", "local", "--view", "lines")
    until(lambda: (world.home / "aideator.db").exists() and world.store.teams())
    store = world.store
    team, killed = only(store).id, 0
    until(lambda: store.steps(team) and (run := store.run(store.steps(team)[0].run)) and run.state == "running")
    while only(store).state == "running":
        begun = len(store.steps(team))
        if begun > killed:
            if killed % 2:
                last = store.steps(team)[-1].run
                until(lambda last=last: (run := store.run(last)) is not None and run.state != "submitting")  # type: ignore[misc]
            process.kill()
            process.communicate()
            killed = begun
            process = started("watch", team, "--view", "lines")
        assert process.poll() in (None, 0), process.communicate()
        time.sleep(0.002)
    assert killed == len(STEPS) - 1 or killed == len(STEPS)
    assert process.wait(PATIENCE) == 0
    assert_whole(world)


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
    world: World, mocker: MockerFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server looks for teams every two seconds, and a cluster takes longer to start a run."""
    monkeypatch.chdir(world.repository.path)
    for name, value in world.environment.items():
        monkeypatch.setenv(name, value)
    here, others = Here(), list[bool]()

    def start(*_: object) -> None:
        team = only(world.store).id
        others.append(_is_ours(world.store, team))
        moved = Mover(here.again(), team, patient=False).move()
        assert (moved.state, len(world.store.steps(team))) == ("running", 1)
        raise KeyboardInterrupt

    mocker.patch("aideator_cli.actions.teams.starting.start", start)
    with pytest.raises(KeyboardInterrupt):
        scripting.start(here, str(world.team), Request(".", "Write both."), Where("local"))
    assert others == [False]
    assert world.store.teams() == []


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
