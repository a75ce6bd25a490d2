"""Judges at work in one process: how they are told, stopped and kept at work."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aideator_cli.actions.asking import AskedAgain
from aideator_cli.actions.here import Here
from aideator_cli.server.access import LOCAL
from aideator_cli.server.bodies import Judging
from aideator_cli.server.judged import REMARK_CHARACTERS, judge_of, said
from aideator_cli.server.judges import Judges
from aideator_cli.store import DatabaseAway
from aideator_cli.store.serving import ServerStore
from tests.actions.judge.test_judge import GOOD, PASSES, POOR
from tests.cli.conftest import home
from tests.fixtures.stored_runs import Told, add_run
from tests.server.page.waiting import until
from tests.server.test_judge import RUN, quick, slow

__all__ = ["home", "quick", "slow"]


@pytest.fixture
def at_work(home: Path) -> Iterator[Judges]:
    add_run(home, Told(GOOD, PASSES), Told(POOR, PASSES), run=RUN)
    found = Judges(Here())
    yield found
    found.stop()


def begin(at_work: Judges, asked: dict[str, str]) -> None:
    at_work.begin(Here(), LOCAL, RUN, Judging(**asked))


def test_one_that_is_not_stored_yet_is_not_taken_for_one_that_was_stopped(
    at_work: Judges, quick: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = ServerStore.begin_judge

    def late(store: ServerStore, *given: Any) -> bool:
        at_work._renew_all(store)
        return stored(store, *given)

    monkeypatch.setattr(ServerStore, "begin_judge", late)
    begin(at_work, quick)
    until(lambda: judge_of(Here(), RUN)["state"] == "ended")


def test_whoever_hears_that_it_failed_hears_why(
    at_work: Judges, slow: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told, ended = [], ServerStore.end_judge

    def looked_at(store: ServerStore, *given: Any) -> bool:
        is_ours = ended(store, *given)
        told.append(judge_of(Here(), RUN))
        return is_ours

    monkeypatch.setattr(ServerStore, "end_judge", looked_at)
    begin(at_work, slow)
    at_work.stop()
    assert [(each["state"], each["problem"]["detail"]) for each in told[:1]] == [("failed", "the server was stopped")]
    assert told[0]["model"] == slow["model"], "what was known stays"


def test_a_server_is_stopped_whole_although_its_database_is_away(
    at_work: Judges, slow: dict[str, str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*_: object) -> None:
        raise DatabaseAway("the database is away")

    begin(at_work, slow)
    monkeypatch.setattr(ServerStore, "end_judge", away)
    at_work.stop()
    assert "judges end untold: the database is away" in caplog.text


def test_what_a_provider_says_can_be_sent_on() -> None:
    (told,) = said([AskedAgain("overloaded \ud800\x1b[31m\n" + "x" * 10_000)], RUN)
    (remark,) = told["remarks"]
    assert json.dumps(remark, ensure_ascii=False).encode().startswith(b'"overloaded ')
    assert len(remark) == REMARK_CHARACTERS
