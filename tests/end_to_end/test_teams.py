"""A team in pods: it is watched, killed and taken over by a machine that knows nothing of it but its id."""

from dataclasses import replace
from pathlib import Path

import pytest

from aideator_cli.domain.teams import first_run
from aideator_cli.store import Store
from tests.actions.teams.conftest import STEPS, World, world
from tests.actions.teams.test_moving import PATIENCE
from tests.end_to_end.conftest import Place
from tests.faults.waiting import until

__all__ = ["world"]

NOTHING = "import unittest\nclass N(unittest.TestCase):\n    def test_it(self): pass\n"


@pytest.mark.cluster
@pytest.mark.parametrize("begun", range(1, len(STEPS) + 1))
def test_another_machine_takes_a_team_over_in_each_stage(
    kubernetes_place: Place, world: World, tmp_path: Path, begun: int
) -> None:
    kubectl = kubernetes_place.kubectl
    assert kubectl is not None
    here, home = kubernetes_place.user, Path(kubernetes_place.user.environment["AIDEATOR_HOME"])
    there = replace(here, environment={**here.environment, "AIDEATOR_HOME": str(tmp_path / "another")})
    kubernetes_place.git.add("todo", {"test_nothing.py": NOTHING})
    first = here.start(
        "run",
        kubernetes_place.git.url("todo"),
        "Write both.",
        *here.options,
        "--team",
        str(world.team),
        "--view",
        "lines",
    )
    until(lambda: (home / "aideator.db").exists() and Store.open(home).teams(), "the team is stored", PATIENCE)
    store = Store.open(home)
    (team,) = store.teams()
    until(lambda: len(store.steps(team.id)) >= begun, "so many steps have begun", PATIENCE, 0.01)
    jobs_of_place = ("get", "jobs", "-n", kubernetes_place.namespace, "-o", "name")
    until(lambda: first_run(team.id) in kubectl(*jobs_of_place), "others can know the team", PATIENCE)
    first.kill()
    first.communicate()

    where = [word for word in here.options if word not in ("--agent-image", here.options[-1])]
    taken = there.call("watch", team.id, *where, "--view", "lines")
    assert taken.code == 0, taken.err + taken.out.decode()
    configmaps = kubectl("get", "configmaps", "-n", kubernetes_place.namespace, "-o", "name")
    runs = {team.run_of(step) for step in STEPS}
    assert {name for name in runs if f"aideator-{name}" in configmaps or name in configmaps} == runs
    jobs = kubectl(*jobs_of_place).split()
    assert len(jobs) == len(STEPS)
    assert any(first_run(team.id) in job for job in jobs)
    diff = there.call("diff", team.id)
    assert all(line in diff.out for line in (b"+A = 1", b"+B = 2", b"+++ b/test_both.py"))
