"""A server moves on a team that nobody watches."""

from pathlib import Path

from aideator_cli.actions.here import Here
from aideator_cli.server.followers import Followers
from aideator_cli.server.followers.teams import TeamMovers
from aideator_cli.system.settings import Settings
from tests.actions.teams.conftest import World, world
from tests.actions.teams.test_moving import PATIENCE, assert_whole, only
from tests.faults.waiting import until

__all__ = ["world"]


def test_a_team_that_nobody_watches_is_moved_on(world: World, tmp_path: Path) -> None:
    said = world.run("run", ".", "Write both.", "--team", str(world.team), "--backend", "local", "--detach")
    assert said.returncode == 0, said.stderr
    here = Here(Settings({**world.environment, "AIDEATOR_HOME": str(tmp_path / "home")}))
    followers, movers = Followers(here), TeamMovers(here)
    followers.start()
    movers.start()
    try:
        until(lambda: only(world.store).state != "running", "the team is over", PATIENCE)
    finally:
        movers.stop()
        followers.stop()
    assert_whole(world)
