"""What did not pass can be taken, and its taker is told what speaks against it."""

from pathlib import Path

import pytest

from tests.choice.stored import User
from tests.choice.test_compare import CHEAT, HALF, RIGHT, SPEC
from tests.fixtures.repositories import LocalRepository

SUSPECTED = "warning: k3v9x2q/3 is suspected of cheating: pytest passes only with its own tests/test_parser.py"


@pytest.fixture
def user(tmp_path: Path) -> User:
    user = User(tmp_path)
    user.has_run(SPEC, [RIGHT, HALF, CHEAT])
    return user


@pytest.fixture
def clone(tmp_path: Path) -> str:
    repository = LocalRepository(tmp_path / "clone")
    repository.commit(dict.fromkeys(("src/tokens.py", "src/printer.py", "tests/test_parser.py"), "old\n"))
    return str(repository.path)


def test_a_suspected_cheat_is_selected_and_applied_with_a_warning_before(user: User, clone: str) -> None:
    selected = user.call("select", "k3v9x2q", "3", "--note", "the old test was wrong")
    assert (selected.code, selected.err.splitlines()) == (
        0, [SUSPECTED, "selected k3v9x2q/3, the old test was wrong.  aideator apply k3v9x2q"],
    )  # fmt: skip
    applied = user.call("apply", "k3v9x2q", "-C", clone)
    warned, told = applied.err.splitlines()
    assert (applied.code, warned) == (0, SUSPECTED)
    assert told.startswith("applied k3v9x2q/3 to ")


def test_one_that_fails_its_check_is_warned_of_by_its_name_too(user: User, clone: str) -> None:
    applied = user.call("apply", "k3v9x2q/2", "-C", clone, "--check")
    assert applied.err.splitlines()[0] == "warning: k3v9x2q/2 fails pytest 40/41, as the base does"


def test_what_passed_is_taken_without_a_word_against_it(user: User, clone: str) -> None:
    assert user.call("select", "k3v9x2q", "1").err == "selected k3v9x2q/1.  aideator apply k3v9x2q\n"
    assert "warning" not in user.call("apply", "k3v9x2q/1", "-C", clone).err
