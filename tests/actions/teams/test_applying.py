"""What a team has made is applied whole, also if the first try is killed at any of its steps."""

import pytest

from aideator_cli.main import main
from tests.actions.teams.conftest import World
from tests.actions.teams.test_moving import only
from tests.workspace.scenes import tree
from tests.workspace.test_killed import killed_before, kills

MADE = {"a.py", "b.py", "test_both.sh"}


def test_the_second_try_applies_all_of_it_or_says_how_it_is_taken_back(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("run", ".", "Write both.", "--team", str(world.team), "--backend", "local", "--view", "lines")
    assert world.run(*asked).returncode == 0
    for name, value in world.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(world.repository.path)
    team, top, told = only(world.store), world.repository.path, 0
    run, _, number = str(team.result).partition("/")
    before = tree(top)
    apply = ["apply", team.id]

    def after() -> None:
        nonlocal told
        capsys.readouterr()
        if main(apply):
            told += 1
            said = capsys.readouterr().err
            assert "was interrupted" in said
            assert "aideator undo" in said
            assert main(["undo"]) == 0
            assert tree(top) == before
            assert main(apply) == 0
        assert tree(top).keys() - before.keys() == MADE
        selection = world.store.selection(run)
        assert selection is not None
        assert selection.variation == int(number)
        assert main(["undo"]) == 0
        assert tree(top) == before

    assert kills(lambda: main(apply), after) > 20
    assert told
    assert not killed_before(400, lambda: main(apply))
    assert tree(top).keys() - before.keys() == MADE
