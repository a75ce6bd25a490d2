"""Teams at the command line: what is checked before anything is spent, and what a team's id stands for."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from aideator_cli.actions.here import Here
from aideator_cli.actions.teams.moving import Mover
from aideator_cli.cli import teamed
from aideator_cli.domain.teams import TeamRun
from aideator_cli.store import Store
from tests.actions.teams.conftest import STEPS, World
from tests.actions.teams.conftest import world as team_world
from tests.actions.teams.test_moving import only
from tests.cli.conftest import Said, Shell
from tests.fixtures.tmux import Panes, terminal

__all__ = ["team_world", "terminal"]

SCRIPT = "- calls: [{tool: submit, arguments: {summary: Done.}}]\n"


@pytest.fixture
def asked(aideator: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Asked":
    from tests.fixtures.repositories import LocalRepository

    repository = LocalRepository(tmp_path / "source")
    repository.commit({"a.py": "x\n"})
    (tmp_path / "script.yaml").write_text(SCRIPT)
    monkeypatch.chdir(repository.path)
    return Asked(aideator, ["run", ".", "Do it.", "--backend", "local", "--model", f"scripted/{tmp_path}/script.yaml"])


class Asked:
    def __init__(self, aideator: Shell, words: Sequence[str]) -> None:
        self._aideator = aideator
        self._words = words

    def __call__(self, *more: str) -> Said:
        return self._aideator(*self._words, *more)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--team", "feture"], "did you mean feature?"),
        (["--team", "feature"], "stage test of team feature: it keeps tests, and no check runs them"),
        (["--team", "review", "--role", "wizard"], "there is no role 'wizard'"),
        (["--team", "review", "--model", "gpt-5"], "OPENAI_API_KEY"),
        (["--team", "review", "--first", "1"], "--first can't be combined with --team"),
        (["--team", "review", "--answer"], "--answer can't be combined with --team"),
        (["--team", "review", "--estimate"], "--estimate can't be combined with --team"),
        (["--team", "review", "--budget", "-3"], "--budget"),
        (["--team", "./none.yaml"], "does not exist"),
    ],
)
def test_a_mistake_is_told_before_anything_is_spent(asked: Asked, home: Path, more: list[str], told: str) -> None:
    said = asked(*more)
    assert told in said.err
    assert said.code in (2, 3)
    assert not (home / "runs").exists()


def test_a_team_of_the_repository_is_told_with_its_commands(asked: Asked) -> None:
    write_own("feature", "checks: {unit: pytest -q}\nstages:\n  only: {n: 1}\n")
    said = asked("--team", "feature", "--dry-run")
    assert said.code == 0
    assert "team feature is the repository's own" in said.err
    assert "it runs: pytest -q" in said.err


@pytest.mark.parametrize(
    "stage",
    [
        "role: ../../secrets/id.md", "role: ~/notes.md", "model: scripted/x.yaml", "agent: ./agent.yaml", "role: ./a.md",
        "agent: own/scripted//srv/turns",
    ],
)  # fmt: skip
def test_a_team_of_the_repository_names_no_files(asked: Asked, stage: str) -> None:
    path = write_own("ours", f"stages:\n  only: {{{stage}}}\n")
    said = asked("--team", "ours", "--dry-run")
    assert said.code == 2
    assert f"names the file {stage.partition(': ')[2]!r}; a repository names only what is known by name" in said.err
    assert f"--team {path}" in said.err


def write_own(name: str, text: str) -> Path:
    path = Path.cwd() / ".aideator" / "teams" / f"{name}.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return path


def test_a_dry_run_draws_the_team_and_says_what_it_may_cost_at_most(asked: Asked, home: Path) -> None:
    said = asked("--team", "review", "--dry-run", "--max-cost", "0.5", "--retries", "0")
    assert said.code == 0, said.err
    lines = said.out.splitlines()
    assert lines[0].split() == ["change", "2", "×", "engineer"]
    assert "decides on change, sends back to change, at most 2 times" in lines[1]
    # Three rounds of two agents, and of three reviewers who may each be asked again
    assert lines[-1] == "at most $12.00 for 24 agents, with every round"
    assert (
        "at most $5.00, the limit of the whole team"
        in asked("--team", "feature", "--verify", "true", "--dry-run", "--budget", "5").out
    )
    assert "nothing limits the cost" in asked("--team", "review", "--dry-run").out
    (line,) = [json.loads(line) for line in asked("--team", "review", "--dry-run", "--json").out.splitlines()]
    assert line["most"] == {"agents": 24, "cost": None}
    assert not (home / "runs").exists()


def test_a_dry_run_needs_no_leave_to_run_commands(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "x")
    words = ("--team", "review", "--model", "gpt-5")
    assert "allow it with --allow-local-shell" in asked(*words).err
    assert asked(*words, "--dry-run").code == 0


def test_the_graph_of_a_team_ends_with_its_last_stage(asked: Asked) -> None:
    lines = asked("--team", "feature", "--verify", "true", "--dry-run").out.splitlines()
    assert [line.split("  ")[0] for line in lines[:4]] == ["plan", "├─ build", "├─ test", "└─ review"]


def test_a_team_is_made_by_its_name_or_the_name_of_its_file(
    aideator: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = aideator("teams", "new", "release.yaml")
    assert said.out == f"{tmp_path}/.aideator/teams/release.yaml\n"
    assert said.err.endswith("--team release\n")


def test_who_leaves_a_team_that_has_ended_is_shown_its_end(
    team_world: World, aideator: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def leave(_: object, batches: Iterable[object]) -> None:
        """As the panes do that a person leaves before they have shown the end."""
        list(batches)
        raise KeyboardInterrupt

    monkeypatch.chdir(team_world.repository.path)
    monkeypatch.setattr(teamed, "_view", lambda *_: leave)
    said = aideator("run", ".", "Write both.", "--team", str(team_world.team), "--backend", "local")
    assert said.code == 0
    assert " succeeded: " in said.out


def test_the_id_of_a_team_stands_for_its_result(
    team_world: World, aideator: Shell, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(team_world.repository.path)
    said = aideator("run", ".", "Write both.", "--team", str(team_world.team), "--backend", "local", "--json")
    assert said.code == 0, said.err
    last = json.loads(said.out.splitlines()[-1])
    assert (last["kind"], last["state"], sorted(step["step"] for step in last["steps"])) == (
        "team",
        "succeeded",
        sorted(STEPS),
    )
    assert [step["good"] for step in last["steps"]] == [True] * len(STEPS)
    team = last["team"]
    assert json.loads(aideator("show", team, "--json").out)["steps"] == last["steps"]
    assert "2 tasks: a, b" in aideator("show").out  # the newest run is a step of it
    listed = aideator("list").out
    assert [line.split()[0] for line in listed.splitlines()[1:]] == [team]
    steps = {step["run"] for step in last["steps"]}
    assert all(step in aideator("list", "--steps").out for step in steps)
    assert {json.loads(line)["run"] for line in aideator("list", "--json").out.splitlines()} == steps
    assert "+A = 1" in aideator("diff", team).out
    assert "Write a.py." in aideator("show", f"{team}/build/a").out
    greeted = aideator().out
    assert f"Your newest run is that of the team {team}, “Write both.”: succeeded." in greeted
    assert greeted.index(f"aideator diff {team}") < greeted.index(f"aideator apply {team}")
    compared = aideator("compare", team)
    assert compared.code == 2
    assert f"{team} is a team; this command takes one run" in compared.err
    assert aideator("logs", f"{team}/plan").out.splitlines()[0].split(" │ ")[0].endswith("/1")
    assert f"team {team} has no step build/c" in aideator("show", f"{team}/build/c").err
    assert "already ended" in aideator("cancel", team).err
    watched = aideator("watch", team, "--json")
    assert watched.code == 0
    assert {json.loads(line).get("run") for line in watched.out.splitlines()} >= steps
    lines = aideator("watch", team, "--view", "lines").out
    assert lines.index("→ plan") < lines.index("build/a      │ writes a.py") < lines.index(f"{team} succeeded")
    assert "+A = 1" in aideator("diff", "@last").out
    assert aideator("logs", "@last/plan").out == aideator("logs", f"{team}/plan").out
    assert f"@last is team {team}; this command takes one run" in aideator("compare", "@last").err
    assert aideator("apply", team).code == 0
    assert (team_world.repository.path / "test_both.sh").exists()
    assert aideator("delete", team, "--yes").code == 0
    assert aideator("show", team).code == 3
    assert not list((home / "runs").iterdir())


def test_stages_that_begin_together_share_what_may_be_spent(
    team_world: World, aideator: Shell, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plans of two stages, and those who work by them, of whom one waits so long that both are there at once."""
    monkeypatch.chdir(team_world.repository.path)
    team_world.script("slow", {"calls": [{"tool": "bash", "arguments": {"command": "sleep 60"}}]})
    plans = "\n".join(
        f"  {name}: {{produces: plan, needs: [plan], model: scripted/slow.yaml}}" for name in ("one", "two")
    )
    build = "build: {each: plan.tasks, needs: [one, two], model: scripted/slow.yaml}"
    team_world.team.write_text(f"stages:\n  plan: {{produces: plan, model: scripted/plan.yaml}}\n{plans}\n  {build}\n")
    words = ("run", ".", "Write both.", "--team", str(team_world.team), "--backend", "local", "--budget", "2")
    team = aideator(*words, "--detach").out.strip()
    mover = Mover(Here(), team)
    store = Store.open(home)

    def stop_with_three(_: object) -> None:
        if len(store.steps(team)) == 3:
            mover.stop.set()

    mover.move(stop_with_three)
    specs = {step.key: run.spec for step in store.steps(team) if (run := store.run(step.run))}
    assert aideator("cancel", team).code == 0
    assert [specs[key].share for key in ("one", "two")] == [1.0, 1.0]


def test_a_limit_of_cost_ends_a_team(
    team_world: World, aideator: Shell, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script costs nothing, so the price of the plan is written into the store."""
    monkeypatch.chdir(team_world.repository.path)
    words = [
        "run",
        ".",
        "Write both.",
        "--team",
        str(team_world.team),
        "--backend",
        "local",
        "--budget",
        "2",
        "--detach",
    ]
    team = aideator(*words).out.strip()
    assert aideator("wait", f"{team}/plan").code == 0
    with closing(sqlite3.connect(home / "aideator.db")) as connection, connection:
        connection.execute("update attempts set cost = 3")
    watched = aideator("watch", team, "--view", "lines")
    assert watched.code == 1
    assert f"{team} failed: the limit of $2.00 of the team is used up before build/a" in watched.out


def test_who_comes_back_is_shown_what_has_ended_meanwhile(
    team_world: World, aideator: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(team_world.repository.path)
    said = aideator("run", ".", "Write both.", "--team", str(team_world.team), "--backend", "local", "--detach")
    team = said.out.strip()
    assert aideator("wait", f"{team}/plan").code == 0
    watched = aideator("watch", team, "--view", "lines")
    assert watched.code == 0
    of_plan = [line for line in watched.out.splitlines() if line.startswith("plan ") and " │ " in line]
    assert any("submitted" in line for line in of_plan), watched.out


def test_a_team_that_has_ended_is_shown_as_ended_at_once(team_world: World, terminal: Panes) -> None:
    said = team_world.run("run", ".", "Write both.", "--team", str(team_world.team), "--backend", "local", "--json")
    team = json.loads(said.stdout.splitlines()[-1])["team"]
    pane = terminal(80, 24)
    pane.start_aideator(["watch", team], {"AIDEATOR_HOME": str(team_world.home)}, team_world.repository.path)
    first = pane.until(lambda screen: screen.startswith(f" {team} ")).splitlines()
    assert "✓ plan → ✓ build → ✓ test → ✓ review" in first[0]
    assert f"{len(STEPS)} ended" in first[0]
    assert pane.until_shown("q leave").splitlines()[-1].endswith("q leave")
    pane.keys("q")
    assert pane.until_ended() == 0


def test_a_limit_of_time_ends_a_team(team_world: World, aideator: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(team_world.repository.path)
    team_world.script("plan", {"calls": [{"tool": "bash", "arguments": {"command": "sleep 60"}}]})
    team_world.team.write_text(f"{team_world.team.read_text()}limits: {{time: 2}}\n")
    watched = aideator(
        "run", ".", "Write both.", "--team", str(team_world.team), "--backend", "local", "--view", "lines"
    )
    assert watched.code == 1
    assert "failed: the limit of 2.0 s for all of it is reached" in watched.out


def test_a_cancelled_team_begins_nothing_more(
    team_world: World, aideator: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(team_world.repository.path)
    said = aideator(
        "run", ".", "Write both.", "--team", str(team_world.team), "--backend", "local", "--detach", "--json"
    )
    team = json.loads(said.out)["team"]
    assert json.loads(aideator("cancel", team, "--json").out)["state"] == "cancelled"
    watched = aideator("watch", team, "--view", "lines")
    assert watched.code == 130
    assert f"{team} cancelled" in watched.out
    assert "has no result" in aideator("apply", team).err


def test_agents_that_a_cancelled_team_has_left_at_work_are_asked_to_stop_again(
    team_world: World, aideator: Shell, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process that cancelled it was killed between the two."""
    monkeypatch.chdir(team_world.repository.path)
    team_world.script("plan", {"calls": [{"tool": "bash", "arguments": {"command": "sleep 60"}}]})
    words = ("run", ".", "Write both.", "--team", str(team_world.team), "--backend", "local", "--detach")
    team = aideator(*words).out.strip()
    step = Store.open(home).steps(team)[0].run
    refused = aideator("delete", step, "--yes")
    assert refused.code == 2
    assert f"run {step} is step plan of team {team}, which is still at work" in refused.err
    Store.open(home).end_team(team, "cancelled", "cancelled by the user")
    assert f"{team} has already ended; asked plan to stop" in aideator("cancel", team).err
    aideator("wait", step)
    assert [result.outcome for result in Store.open(home).results(step)] == ["cancelled"]
    assert aideator("cancel", team).err == f"{team} has already ended\n"


def test_a_team_is_taken_over_in_another_folder(
    team_world: World, aideator: Shell, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(team_world.team.parent)
    Path("reviewer.md").write_text("You review.\n")
    team = team_world.team.read_text().replace("role: cto, from", "role: ./reviewer.md, from")
    Path("two.yaml").write_text(team)
    words = ("run", str(team_world.repository.path), "Write both.", "--team", "./two.yaml", "--backend", "local")
    id_ = aideator(*words, "--detach").out.strip()
    monkeypatch.chdir(tmp_path)
    with closing(sqlite3.connect(home / "aideator.db")) as connection, connection:
        connection.execute("delete from team_steps")  # who took it over before was killed too early
    watched = aideator("watch", id_, "--view", "lines")
    assert watched.code == 0, watched.err
    assert "1 × reviewer" in watched.out
    assert "plan         │ submitted" in watched.out


def test_a_team_is_replayed_and_reported_step_by_step(
    team_world: World, aideator: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(team_world.repository.path)
    team = aideator("run", ".", "Write both.", "--team", str(team_world.team), "--backend", "local", "--json")
    id_ = json.loads(team.out.splitlines()[-1])["team"]
    lines = aideator("replay", id_, "--speed", "1000", "--view", "lines").out.splitlines()
    told = [line for line in lines if line.startswith(("→ ", *(f"{step}: " for step in STEPS)))]
    assert told[:2] == ["→ plan", "plan: 2 tasks: a, b"]
    assert set(told[2:6]) == {"→ build/a", "→ build/b", "build/a: 1 file, +1 −0", "build/b: 1 file, +1 −0"}
    assert told[-1] == "review: accepted: Good."
    assert any(line.startswith("build/a      │ writes a.py") for line in lines)
    page = tmp_path / "team.html"
    assert aideator("report", id_, "-o", str(page)).code == 0
    assert all(
        text in page.read_text() for text in ('<h2 id="team">', ">build+merge</th>", "accepted: Good.", "Write a.py.")
    )


def test_the_beginning_of_a_runs_id_names_the_run(
    team_world: World, aideator: Shell, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(team_world.repository.path)
    said = aideator("run", ".", "Write both.", "--team", str(team_world.team), "--backend", "local", "--detach")
    team = said.out.strip()
    store = Store.open(home)
    run = store.steps(team)[0].run
    store.add_team(TeamRun(f"{run[:5]}zz", "2026-01-01T00:00:00.000000Z", only(store).team, "Another."))
    assert aideator("show", run[:4]).out.startswith(run)
    assert aideator("show", team).out.startswith(team)
    assert aideator("cancel", team).code == 0
