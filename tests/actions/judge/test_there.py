"""A judge on a server, as the machine that asked for it sees it."""

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from aideator_cli.actions import judging_there
from aideator_cli.actions.here import Here
from aideator_cli.actions.judged import Announced, Judge
from aideator_cli.errors import AideatorError
from tests.fixtures.stored_runs import Told, add_run

RUN = "k3v9x2q"
BEGINS = {
    "state": "working", "model": None, "works": 0, "pairs": 0, "possible": 0, "cost": None, "passed": None, "remarks": [],
    "answered": 0, "problem": None,
}  # fmt: skip
ASKS = {**BEGINS, "model": "gpt-5", "works": 2, "pairs": 1, "possible": 1}


def stands(*each: dict[str, Any]) -> Any:
    """A server that says these, one after the other."""
    left = iter(each)
    client = SimpleNamespace(understanding=nullcontext)
    return SimpleNamespace(where="x", client=client, ask_judge=lambda *_: next(left), judge=lambda *_: next(left))


@pytest.fixture
def told(home: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    add_run(home, Told(), run=RUN)
    monkeypatch.setattr(judging_there, "look", lambda *_: None)
    monkeypatch.setattr(judging_there, "LOOK_SECONDS", 0.0)

    def by(server: Any) -> Iterator[Any]:
        here = Here()
        run = here.store.run(RUN)
        assert run is not None
        return judging_there.judge_there(here, run, server, Judge())

    return by


def test_one_that_somebody_else_has_just_asked_for_is_announced_when_it_is_known(told: Any) -> None:
    first = next(told(stands(BEGINS, BEGINS, ASKS)))
    assert first == Announced("gpt-5", 2, 1, 1, None)


def test_one_that_ends_before_that_says_why(told: Any) -> None:
    failed = {**BEGINS, "state": "failed", "problem": {"detail": "the server was stopped"}}
    with pytest.raises(AideatorError, match="the server was stopped"):
        next(told(stands(BEGINS, failed)))
