"""A script starts a team, waits for it, and takes its result."""

from pathlib import Path

import pytest

from aideator_cli.api import Aideator, AideatorError, Where
from tests.actions.teams.conftest import STEPS, World, world

__all__ = ["world"]


def test_a_script_starts_a_team_and_takes_its_result(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/nonexistent")
    aideator = Aideator(world.home)
    team = aideator.start_team(world.repository.path, "Write both.", world.team, where=Where("local"))
    assert team.wait(0.01).run.state == "running"
    with pytest.raises(AideatorError, match="still at work"):
        team.result()
    state = aideator.team(team.id[:5]).wait(120)
    assert (state.run.state, sorted(each.step.key for each in state.steps)) == ("succeeded", sorted(STEPS))
    assert [task.id for task in state.run.plan.tasks] == ["a", "b"] if state.run.plan else False
    run, number = team.result()
    run.apply(number)
    assert Path(world.repository.path, "test_both.sh").exists()
    with pytest.raises(AideatorError, match="there is no team nobody"):
        aideator.team("nobody")
