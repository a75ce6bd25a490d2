"""What came of a team, for scripts and for people: waited for, read, exported, and drawn without a key."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from aideator_cli.store import Store
from tests.actions.teams.conftest import STEPS, World
from tests.actions.teams.conftest import world as team_world
from tests.actions.teams.test_moving import only
from tests.cli.conftest import Shell
from tests.faults.waiting import until

__all__ = ["team_world"]

NOWHERE = "command: nowhere acp\nprotocol: acp\nwires:\n  openai: {env: {KEY: '{token}'}}\n"


def begun(world: World, aideator: Shell) -> str:
    words = ("run", ".", "Write both.", "--team", str(world.team), "--backend", "local", "--detach")
    return aideator(*words).out.strip()


@pytest.fixture
def team(team_world: World, aideator: Shell, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(team_world.repository.path)
    return begun(team_world, aideator)


def test_a_script_waits_for_a_team_which_goes_on_meanwhile(team: str, aideator: Shell, home: Path) -> None:
    late = aideator("wait", team, "--timeout", "0")
    assert late.code == 124
    assert f"timed out after 0 s waiting for {team}" in late.err
    done = aideator("wait", team, f"{team}/plan")
    assert done.code == 0, done.err
    result = only(Store.open(home)).result
    plan = Store.open(home).steps(team)[0].run
    assert done.out == f"{team}  succeeded: {result}\n{plan}  1 of 1 succeeded\n"
    assert json.loads(aideator("wait", team, "--json").out)["state"] == "succeeded"


def test_a_wait_tells_why_a_team_failed(team_world: World, team: str, aideator: Shell) -> None:
    team_world.script("plan")
    aideator("cancel", team)
    cancelled = aideator("wait", team, "--for", "first-success")
    assert (cancelled.code, cancelled.out) == (130, f"{team}  cancelled: cancelled by the user\n")


def test_who_waits_may_be_killed(team_world: World, team: str, aideator: Shell, home: Path) -> None:
    waiting = replace(team_world, home=home).start("wait", team)
    try:
        until(lambda: len(Store.open(home).steps(team)) > 1, "it has moved the team on", 60)
    finally:
        waiting.kill()
        waiting.communicate()
    assert aideator("wait", team).code == 0
    assert sorted(step.key for step in Store.open(home).steps(team)) == sorted(STEPS)


def test_the_logs_of_a_team_are_those_of_all_its_steps(team: str, aideator: Shell, home: Path) -> None:
    followed = aideator("logs", team, "-f")
    assert followed.code == 0, followed.err
    store = Store.open(home)
    assert only(store).state == "succeeded"
    read = aideator("logs", team).out
    for out in (followed.out, read):
        assert all(any(line.startswith(f"{step} ") for line in out.splitlines()) for step in STEPS), out
    attempts = [known.attempt for step in store.steps(team) for known in store.attempts(step.run)]
    raw = [event.raw.decode() for attempt in attempts for event in store.events(attempt)]
    assert aideator("logs", team, "--json").out.splitlines() == raw
    ends = aideator("logs", team, "--json", "--type", "end").out.splitlines()
    assert len(ends) == len(STEPS)
    assert aideator("logs", team, "--since", "2100-01-01T00:00:00Z").out == ""


def test_of_a_team_only_the_end_is_shown_again(team: str, aideator: Shell) -> None:
    assert aideator("wait", f"{team}/plan").code == 0
    late = "2100-01-01T00:00:00Z"
    first = aideator("watch", team, "--view", "lines", "--tail", "1").out  # the plan has ended, the rest has not begun
    of_plan = [line for line in first.splitlines() if line.startswith("plan         │")]
    assert "build/a      │ writes a.py" in first
    assert len(of_plan) < len([line for line in aideator("logs", team).out.splitlines() if line.startswith("plan ")])
    assert " │ " not in aideator("watch", team, "--view", "lines", "--since", late).out
    assert "writes a.py" not in aideator("watch", team, "--view", "lines", "--tail", "1").out


def test_a_team_is_exported_with_the_runs_of_its_steps(team: str, aideator: Shell, home: Path, tmp_path: Path) -> None:
    assert aideator("wait", team).code == 0
    folder = tmp_path / "out"
    assert aideator("export", team, str(folder)).code == 0
    told = json.loads((folder / "result.json").read_text())
    assert (told["team"], told["state"], [task["id"] for task in told["plan"]["tasks"]]) == (
        team,
        "succeeded",
        ["a", "b"],
    )
    for step in Store.open(home).steps(team):
        assert json.loads((folder / step.run / "result.json").read_text())["run"] == step.run
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert files == {*told["files"], "result.json"}
    assert aideator("export", team, str(folder), "--force").code == 0
    (folder / step.run / "mine.txt").write_text("x")
    refused = aideator("export", team, str(folder), "--force")
    assert "mine.txt, which is not from an export" in refused.err


@pytest.mark.parametrize(
    ("more", "lacks"),
    [
        ([], "no model is given"),
        (["--model", "auto:cheap"], "no model can be chosen: no provider's key is at hand"),
        (["--model", "gpt-5"], ""),
        (["--model", "gpt-5", "--agent", "./nowhere.yaml"], ""),
    ],
)
def test_a_drawing_needs_no_key(
    team_world: World, aideator: Shell, monkeypatch: pytest.MonkeyPatch, more: list[str], lacks: str
) -> None:
    monkeypatch.chdir(team_world.repository.path)
    Path("nowhere.yaml").write_text(NOWHERE)
    words = ["run", ".", "Fix it.", "--team", "review", "--backend", "local", *more]
    drawn = aideator(*words, "--dry-run")
    assert drawn.code == 0, drawn.err
    assert drawn.out.splitlines()[0].split() == ["change", "2", "×", "engineer"]
    assert lacks in drawn.err
    assert ("it can't be started yet: stage change of team review" in drawn.err) == bool(lacks)
    assert aideator(*words).code in (2, 3, 4)


def test_a_drawing_still_tells_mistakes_of_later_stages(
    team_world: World, aideator: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(team_world.repository.path)
    Path("two.yaml").write_text("stages:\n  one: {}\n  two: {from: one, model: gpt-nothing}\n")
    drawn = aideator("run", ".", "Fix it.", "--team", "./two.yaml", "--backend", "local", "--dry-run")
    assert (drawn.code, drawn.out) == (2, "")
    assert "stage two of team two: unknown model 'gpt-nothing'" in drawn.err


@pytest.mark.parametrize(
    ("more", "first", "agents"),
    [
        (["--model", "gpt-5:3"], "3", 6),
        (["--model", "ollama/llama3:8"], "1", 2),
        (["--model", "gpt-5", "-n", "4"], "4", 8),
    ],
)
def test_a_drawing_counts_agents_as_the_team_would(
    team_world: World, aideator: Shell, monkeypatch: pytest.MonkeyPatch, more: list[str], first: str, agents: int
) -> None:
    """The `8` of `llama3:8` is a part of the model's name."""
    monkeypatch.chdir(team_world.repository.path)
    monkeypatch.setenv("OPENAI_API_KEY", "x")
    Path("two.yaml").write_text("stages:\n  one: {}\n  two: {from: one}\n")
    drawn = aideator("run", ".", "Fix it.", "--team", "./two.yaml", "--backend", "local", "--dry-run", *more)
    assert drawn.code == 0, drawn.err
    assert drawn.out.split()[:2] == ["one", first]
    assert f"at most {agents} agents" in drawn.out
