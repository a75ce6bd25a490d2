"""A team in pods: it is watched, killed and taken over by a machine that knows nothing of it but its id."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from aideator_cli.domain.teams import TeamRun, first_run
from aideator_cli.store import Store
from tests.actions.teams.conftest import NOTHING, STEPS, World, world
from tests.actions.teams.test_moving import PATIENCE
from tests.end_to_end.conftest import Place
from tests.end_to_end.user import User
from tests.faults.waiting import until

__all__ = ["world"]


@pytest.mark.cluster
@pytest.mark.parametrize("begun", range(1, len(STEPS) + 1))
def test_another_machine_takes_a_team_over_in_each_stage(
    kubernetes_place: Place, world: World, tmp_path: Path, begun: int
) -> None:
    kubectl, place = kubernetes_place.kubectl, kubernetes_place
    assert kubectl is not None
    first, _, team = _started(place, world, begun)
    there = replace(place.user, environment={**place.user.environment, "AIDEATOR_HOME": str(tmp_path / "another")})
    here = place.user
    jobs_of_place = ("get", "jobs", "-n", kubernetes_place.namespace, "-o", "name")
    until(lambda: first_run(team.id) in kubectl(*jobs_of_place), "others can know the team", PATIENCE)
    first.kill()
    first.communicate()

    taken = there.call("watch", team.id, *_where(here), "--view", "lines")
    assert taken.code == 0, taken.err + taken.out.decode()
    configmaps = kubectl("get", "configmaps", "-n", kubernetes_place.namespace, "-o", "name")
    runs = {team.run_of(step) for step in STEPS}
    assert {name for name in runs if f"aideator-{name}" in configmaps or name in configmaps} == runs
    jobs = kubectl(*jobs_of_place).split()
    assert len(jobs) == len(STEPS)
    assert any(first_run(team.id) in job for job in jobs)
    diff = there.call("diff", team.id)
    assert all(line in diff.out for line in (b"+A = 1", b"+B = 2", b"+++ b/test_both.sh"))


@pytest.mark.cluster
def test_a_step_is_begun_anew_if_its_submission_broke_off_before_all_was_sent(
    kubernetes_place: Place, world: World, tmp_path: Path
) -> None:
    """Who is killed in between leaves the run's ConfigMap, without owners, and nothing that another machine could send."""
    kubectl, place = kubernetes_place.kubectl, kubernetes_place
    assert kubectl is not None
    first, _, team = _started(place, world, STEPS.index("build+merge") + 1)
    merging = team.run_of("build+merge")
    job, at = f"job.batch/agent-{merging}-1", ("-n", place.namespace)
    until(lambda: job in kubectl("get", "jobs", *at, "-o", "name"), "the step is submitted", PATIENCE)
    first.kill()
    first.communicate()
    without = '{"metadata": {"ownerReferences": null}}'
    kubectl("patch", "configmap", f"agent-{merging}", *at, "--type", "merge", "--patch", without)
    kubectl("delete", job, *at, "--wait=true", "--cascade=foreground")
    sent = [name for name in kubectl("get", "configmaps", *at, "-o", "name").split() if f"{merging}-" in name]
    assert sent
    kubectl("delete", *sent, *at)

    there = replace(place.user, environment={**place.user.environment, "AIDEATOR_HOME": str(tmp_path / "another")})
    taken = there.call("watch", team.id, *_where(place.user), "--view", "lines")
    assert taken.code == 0, taken.err + taken.out.decode()
    assert b"+++ b/test_both.sh" in there.call("diff", team.id).out


def _started(place: Place, world: World, begun: int) -> tuple[subprocess.Popen[bytes], Store, TeamRun]:
    """A team at work of which so many steps have begun; it is stored under the first one's home."""
    place.git.add("todo", {"test_nothing.sh": NOTHING})
    options = ("--team", str(world.team), "--view", "lines")
    first = place.user.start("run", place.git.url("todo"), "Write both.", *place.user.options, *options)
    home = Path(place.user.environment["AIDEATOR_HOME"])
    until(lambda: (home / "aideator.db").exists() and Store.open(home).teams(), "the team is stored", PATIENCE)
    store = Store.open(home)
    (team,) = store.teams()
    until(lambda: len(store.steps(team.id)) >= begun, "so many steps have begun", PATIENCE, 0.01)
    return first, store, team


def _where(user: User) -> list[str]:
    return [word for word in user.options if word not in ("--agent-image", user.options[-1])]
