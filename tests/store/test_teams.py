"""What the store knows of teams, in SQLite and in PostgreSQL."""

from dataclasses import replace

from aideator_cli.domain.teams import Plan, Stage, Step, Task, Team, TeamRun
from tests.store.conftest import Kept

TEAM = Team(
    "two", "two.yaml", (Stage("a", verify=("unit",)), Stage("b", start="a", rework="a", keeps_tests=True)), cost=2.0
)
RUN = TeamRun("t1234ab", "2026-01-01T00:00:00.000000Z", TEAM, "Fix it.")


def test_a_team_comes_back_as_it_was_stored(kept: Kept) -> None:
    store = kept.open()
    store.add_team(RUN)
    store.add_step(Step(RUN.id, "a", RUN.run_of("a"), "2026-01-01T00:00:01.000000Z"))
    plan = Plan((Task("x", "Do x", "qa", ("y",), ("x.py",)), Task("y", "Do y")), "Both.")
    store.set_plan(RUN.id, plan)
    assert store.team(RUN.id) == replace(RUN, plan=plan)
    assert [each.key for each in store.steps(RUN.id)] == ["a"]
    step = store.step_of_run(RUN.run_of("a"))
    assert step is not None
    assert (step.team, step.stage, step.task) == (RUN.id, "a", None)
    store.end_team(RUN.id, "failed", "It broke.")
    store.end_team(RUN.id, "succeeded")
    ended = store.team(RUN.id)
    assert ended is not None
    assert (ended.state, ended.reason) == ("failed", "It broke.")
    assert store.teams(state="running") == []


def test_a_team_is_found_by_the_beginning_of_its_id(kept: Kept) -> None:
    store = kept.open()
    store.add_team(RUN)
    store.add_team(replace(RUN, id="t1299zz"))
    assert store.find_team("t123") == RUN.id
    assert store.find_team("t12") is None
    assert store.find_team("") is None


def test_a_team_that_is_being_started_is_its_starters(kept: Kept) -> None:
    store, other = kept.open(), kept.open()
    lease = store.add_team(RUN, "one", "here", 60)
    assert other.lease_team(RUN.id, "two", "here", 60) is None
    assert other.mover(RUN.id) == ("one", "here")
    store.give_team_back(lease)
    assert other.lease_team(RUN.id, "two", "here", 60) is not None


def test_one_process_moves_a_team_on(kept: Kept) -> None:
    store, other = kept.open(), kept.open()
    store.add_team(RUN)
    lease = store.lease_team(RUN.id, "one", "here", 60)
    assert lease is not None
    assert other.lease_team(RUN.id, "two", "here", 60) is None
    assert other.mover(RUN.id) == ("one", "here")
    taken = other.lease_team(RUN.id, "two", "here", 60, from_="one")  # it is known to be gone
    assert taken is not None
    assert taken.fence > lease.fence
    assert not store.renew_team(lease, 60)
    assert other.renew_team(taken, 60)
    other.give_team_back(taken)
    assert store.lease_team(RUN.id, "one", "here", 60) is not None
