"""What a choice of models counts: on a server what the user has tried, and nobody else."""

from pathlib import Path

import pytest

from aideator_cli.actions.here import Here
from aideator_cli.actions.routing import at_hand
from aideator_cli.intake.request import Where
from aideator_cli.system.settings import Settings
from tests.fixtures.stored_runs import Told, add_run


@pytest.mark.parametrize(("who", "seen"), [("ada", 1), ("bob", 2), ("cleo", 0), (None, 3)])
def test_a_choice_counts_the_attempts_of_who_chooses(tmp_path: Path, who: str | None, seen: int) -> None:
    add_run(tmp_path, Told(), run="mineaaa")
    add_run(tmp_path, Told(), Told(), run="others1")
    here = Here(Settings({"AIDEATOR_HOME": str(tmp_path)}))
    for run, owner in (("mineaaa", "ada"), ("others1", "bob")):
        with here.store.transaction(run) as connection:
            connection.execute("update runs set owner = ? where id = ?", (owner, run))
    with here.store.owned_by(who):
        assert len(at_hand(here, Where("local")).tried) == seen
