"""A team whose runs are gone invents nothing, and goes with the last of them."""

import json
from contextlib import closing
from pathlib import Path

import pytest

from aideator_agent.spec import TeamStep
from aideator_cli.domain.teams import Stage, Step, Team, TeamRun
from aideator_cli.errors import ExitCode
from aideator_cli.store import Store
from tests.cli.conftest import Shell
from tests.fixtures.stored_runs import Told, add_run, change

CREATED = "2026-01-01T00:00:00.000000Z"
TEAM = TeamRun("t1234ab", CREATED, Team("two", "two.yaml", (Stage("plan"), Stage("build", start="plan"))), "Fix it.")
PLAN, BUILD = (TEAM.run_of(key) for key in ("plan", "build"))


@pytest.fixture
def team(home: Path) -> str:
    """A team of two steps that ended with the work of the second."""
    for key, run in (("plan", PLAN), ("build", BUILD)):
        step = TeamStep(TEAM.id, key, TEAM.document())
        add_run(home, Told(change("a.py", "x = 1", "x = 2")), run=run, created=CREATED, team=step)
    with closing(Store.open(home)) as store:
        store.add_team(TEAM)
        for key, run in (("plan", PLAN), ("build", BUILD)):
            store.add_step(Step(TEAM.id, key, run, CREATED))
        store.end_team(TEAM.id, "succeeded", result=f"{BUILD}/1")
    return TEAM.id


def test_a_prune_that_takes_all_runs_of_a_team_takes_the_team(aideator: Shell, team: str) -> None:
    assert aideator("prune", "--keep", "0", "--yes").code == 0
    assert team not in aideator("list").out
    assert aideator("show", team).code == ExitCode.NOT_FOUND


def test_a_deleted_step_is_told_as_deleted_and_the_team_goes_with_the_last(aideator: Shell, team: str) -> None:
    assert aideator("delete", BUILD, "--yes").code == 0
    shown = aideator("show", team).out.splitlines()
    (row,) = (line.split() for line in shown if BUILD in line and line.startswith("build"))
    assert row == ["build", BUILD, "–", "–", "–", "deleted"]
    assert f"succeeded: {BUILD}/1 (deleted);" in shown[-1]
    assert f"{BUILD}/1 (deleted)" in aideator("list").out
    watched = aideator("watch", team, "--view", "lines")
    assert "aideator apply" not in watched.out + watched.err
    assert "aideator apply" not in aideator().out
    for verb in ("diff", "apply", "compare"):
        said = aideator(verb, team)
        assert said.code == ExitCode.NOT_FOUND
        assert f"the run {BUILD} of team {team} was deleted" in said.err
        assert f"aideator show {team}" in said.err
    told = json.loads(aideator("show", team, "--json").out)
    assert {step["step"]: step["state"] for step in told["steps"]} == {"plan": "ended", "build": "deleted"}
    assert told["cost"] is None, "nobody knows any more"
    assert aideator("delete", PLAN, "--yes").code == 0
    assert team not in aideator("list").out


def test_prune_spares_runs_with_the_tag_keep_and_says_so(aideator: Shell, home: Path) -> None:
    for number in (1, 2):
        add_run(home, Told(change("a.py", "x = 1", "x = 2")), run=f"r{number}aaaaa")
    assert aideator("tag", "r1aaaaa", "keep").code == 0
    planned = aideator("prune", "--keep", "0")
    assert "r1aaaaa stays: it has the tag keep" in planned.err
    assert "1 run would be deleted" in planned.err
    done = aideator("prune", "--keep", "0", "--yes")
    assert done.code == 0
    assert "r1aaaaa stays: it has the tag keep" in done.err
    assert [run.spec.id for run in Store.open(home).runs()] == ["r1aaaaa"]
    assert aideator("tag", "r1aaaaa", "--remove", "keep").code == 0
    assert "1 run would be deleted" in aideator("prune", "--keep", "0").err


def test_a_tag_on_one_run_of_a_team_keeps_the_team_whole(aideator: Shell, team: str, home: Path) -> None:
    assert aideator("tag", BUILD, "keep").code == 0
    said = aideator("prune", "--keep", "0", "--yes")
    assert f"{PLAN} stays: run {BUILD} of its team has the tag keep" in said.err
    assert len(Store.open(home).runs()) == 2
    assert "(deleted)" not in aideator("show", team).out
