"""A referee tries the patches of a run once; what it found out is kept, whoever watched it."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from aideator_cli.actions.comparing import comparison_of
from aideator_cli.actions.crossing.planning import Planned, planned, referee_of
from aideator_cli.actions.crossing.refereeing import cross_test
from aideator_cli.actions.crossing.told import Announced, Doing, Failed
from aideator_cli.actions.deleting import delete
from aideator_cli.actions.finding import Named
from aideator_cli.actions.here import Here
from aideator_cli.actions.places import backend_at
from aideator_cli.actions.selecting import choose_best
from aideator_cli.domain.crossing import Crossing
from aideator_cli.domain.runs import StoredRun
from tests.actions.crossing.scenes import ended_run, here_at
from tests.choice.crossing import RIGHT, SQUARE, with_test
from tests.choice.stored import User


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A data folder with an ended run, and the folder with its repository."""
    folder = tmp_path_factory.mktemp("crossing")
    ended_run(folder / "project", here_at(folder / "home"))
    return folder / "home", folder / "project"


@pytest.fixture
def here(scene: tuple[Path, Path], tmp_path: Path) -> Iterator[Here]:
    """That data folder, for one test."""
    shutil.copytree(scene[0], tmp_path / "home")
    found = here_at(tmp_path / "home")
    yield found
    found.store.close()


def the_run(here: Here) -> StoredRun:
    run = here.store.run("k3v9x2q")
    assert run is not None
    return run


def plan_of(here: Here) -> Planned:
    plan = planned(comparison_of(the_run(here), here.store))
    assert plan is not None
    return plan


def left_behind(here: Here) -> list[str]:
    return sorted(path.name for path in (here.settings.home / "runs").glob("*"))


def test_it_decides_the_choice_and_runs_once(here: Here) -> None:
    run = the_run(here)
    assert choose_best(run, here.store).variation == 2, "the smallest change that passes"
    announced, *_, outcome = cross_test(here, run)
    assert isinstance(announced, Announced)
    assert (announced.authors, sorted(announced.patches)) == ((1, 3), [1, 2, 3])
    assert isinstance(outcome, Crossing)
    chosen = choose_best(run, here.store)
    assert chosen.variation == 1
    assert "of the 2 that pass pytest and the others' tests" in (chosen.note or "")
    assert list(cross_test(here, run)) == [outcome], "it is known, so nothing runs again"
    assert left_behind(here) == []


def test_whoever_comes_after_a_watcher_that_died_gets_its_outcome(here: Here) -> None:
    run = the_run(here)
    for told in cross_test(here, run):
        if isinstance(told, Doing):
            break
    (referee,) = here.store.referees(run.spec.id)
    announced, *_, outcome = cross_test(here, run)
    assert isinstance(announced, Announced)
    assert announced.resumed
    assert isinstance(outcome, Crossing)
    assert not outcome.problem
    assert here.store.referees(run.spec.id) == []
    assert referee not in left_behind(here)


def test_a_referee_that_never_started_is_replaced(here: Here) -> None:
    run, plan = the_run(here), plan_of(here)
    lost = referee_of(run, plan, here.settings.home / "runs", to_cluster=False)
    here.store.begin_crossing(run.spec.id, plan.key, lost)
    told = list(cross_test(here, run))
    assert [each.resumed for each in told if isinstance(each, Announced)] == [True, False]
    assert isinstance(told[-1], Crossing)
    assert left_behind(here) == []


def test_what_cannot_be_run_is_told_and_tried_again_the_next_time(here: Here, tmp_path: Path) -> None:
    run = the_run(here)
    moved = replace(run, spec=replace(run.spec, repository=replace(run.spec.repository, url=str(tmp_path / "gone"))))
    *_, last = cross_test(here, moved)
    assert isinstance(last, Failed)
    assert "gone" in last.why
    assert here.store.referees(run.spec.id) == []
    assert here.store.crossing(run.spec.id) is None
    assert left_behind(here) == []


def test_deleting_the_run_ends_its_referee(here: Here) -> None:
    run = the_run(here)
    for told in cross_test(here, run):
        if isinstance(told, Announced):
            continue
        break
    (referee,) = here.store.referees(run.spec.id)
    delete(here, Named(run, None))
    backend = backend_at(run.place, here.settings)
    assert backend.load_spec(referee) is None
    assert left_behind(here) == []


@pytest.mark.parametrize(
    "outcomes",
    [
        (RIGHT | with_test("three", "double(3) == 6"), {}),
        (RIGHT, SQUARE),
        (RIGHT | with_test("three", "double(3) == 6"), RIGHT | with_test("three", "double(3) == 6")),
    ],
    ids=["only one passed", "none brings tests", "the same patch"],
)
def test_where_there_is_nothing_to_learn_nothing_runs(tmp_path: Path, outcomes: tuple[dict[str, str], ...]) -> None:
    here = here_at(tmp_path / "home")
    assert list(cross_test(here, ended_run(tmp_path / "project", here, outcomes))) == []


def test_select_auto_runs_them_and_says_why(here: Here) -> None:
    user = User(here.settings.home)
    without = user.call("select", "@last", "--auto", "--no-cross-tests")
    assert "selected k3v9x2q/2, the smallest change" in without.err
    done = user.call("select", "@last", "--auto")
    assert done.code == 0
    assert "running the tests that 1 and 3 wrote on the patches of 1, 2 and 3: about" in done.err
    assert "selected k3v9x2q/1" in done.err
    assert "that pass pytest and the others' tests" in done.err
    shown = user.call("compare", "@last")
    assert "fails 2 of 2 tests by others, which most patches pass: test_three (of 1), test_minus (of 3)" in " ".join(
        shown.out.split()
    )


def test_cross_tests_needs_an_automatic_choice(here: Here) -> None:
    done = User(here.settings.home).call("select", "@last", "2", "--cross-tests")
    assert (done.code, "--cross-tests needs --auto" in done.err) == (2, True)
