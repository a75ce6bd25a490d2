"""A script goes on from a patch, and merges two."""

from pathlib import Path

import pytest

from aideator_cli.api import Aideator, AideatorError, Anew, Checking, Where
from tests.cli.test_continue import script
from tests.fixtures.repositories import LocalRepository


def test_a_script_goes_on_from_one_half_and_merges_two(home: Path, repository: LocalRepository, tmp_path: Path) -> None:
    repository.commit({"a.txt": "a\n", "b.txt": "b\n"})
    one, two = script(tmp_path, "one", "echo A > a.txt"), script(tmp_path, "two", "echo B > b.txt")
    aideator = Aideator(home)
    check = Checking(verify=["grep -q A a.txt && grep -q B b.txt"])
    run = aideator.start(repository.path, "Mend it.", models=[one, two], checking=check, where=Where("local"))
    assert [result.succeeded for result in run.wait(120)] == [False, False]
    assert [result.succeeded for result in run.go_on("The rest.", 1, Anew(models=[two], n=1)).wait(120)] == [True]
    assert [result.succeeded for result in aideator.merge(f"{run.id}/1", f"{run.id}/2").wait(120)] == [True]
    with pytest.raises(AideatorError, match="merge takes two variations or more"):
        aideator.merge(f"{run.id}/1")
