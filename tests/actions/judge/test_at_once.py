"""Several questions are asked at the same time, so many and no more; what comes of them does not depend on who answers first."""

import json
import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from aideator_cli.actions.asking import AT_ONCE
from aideator_cli.actions.here import Here
from aideator_cli.actions.judged import Announced, Judge
from aideator_cli.actions.judging import judge
from aideator_cli.domain.judgements import NO_ANSWER, Judgement
from aideator_cli.errors import ExitCode
from aideator_cli.store import Store
from tests.actions.judge.provider import hold
from tests.cli.conftest import Shell
from tests.end_to_end.user import User
from tests.fixtures.openai_server import ScriptedOpenAI
from tests.fixtures.servers import OpenAIServers
from tests.fixtures.stored_runs import Told, add_run, change, check

KEY = "sk-0123456789abcdef"
RUN = "k3v9x2q"
PATIENCE = 150.0  # seconds


class Gate:
    """An opinion whose answers wait until so many are asked for at once; the first ones come last."""

    def __init__(self, together: int) -> None:
        self.most = 0
        self._together = together
        self._active = self._answered = 0
        self._changed = threading.Condition()

    def __call__(self, _first: str, _second: str) -> str:
        with self._changed:
            self._active += 1
            place = self._active + self._answered
            self.most = max(self.most, self._active)
            self._changed.notify_all()
            enough = self._changed.wait_for(lambda: self.most >= self._together, PATIENCE)
            if place == 1:
                self._changed.wait_for(lambda: self._answered >= 2, PATIENCE)
            self._active -= 1
            self._answered += 1
            self._changed.notify_all()
        return "A\nIt is whole." if enough else "no"


@pytest.fixture(autouse=True)
def environment() -> Iterator[None]:
    """What loading LiteLLM sets is not left to other tests."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def server(home: Path, openai_server: OpenAIServers, monkeypatch: pytest.MonkeyPatch) -> ScriptedOpenAI:
    """A provider that asks for money, and a run of three whose patches passed."""
    add_run(home, *(Told(change("a.py", "x = 1", f"x = {word}"), [check("pytest")]) for word in ("a", "b", "c")))
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    price = "{input_price_per_million: 10, output_price_per_million: 100}"
    (home / "models.yaml").write_text(f"models:\n  openai/judge: {price}\n")
    return openai_server({}, key=KEY)


def words(server: ScriptedOpenAI) -> list[str]:
    return ["judge", RUN, "--model", "openai/judge", "--api-base", server.url]


def test_so_many_are_asked_at_once_and_no_more(aideator: Shell, server: ScriptedOpenAI) -> None:
    gate = Gate(AT_ONCE)
    hold(server, gate)
    said = aideator(*words(server))
    assert said.code == 0, said.err
    assert (gate.most, len(server.requests)) == (AT_ONCE, 6)


def test_judgements_come_pair_by_pair_whoever_answers_first_and_each_is_stored_once(
    aideator: Shell, home: Path, server: ScriptedOpenAI
) -> None:
    hold(server, Gate(AT_ONCE))
    lines = [json.loads(line) for line in aideator(*words(server), "--json").out.splitlines()]
    asked = [(line["first"], line["second"]) for line in lines if line["kind"] == "judgement"]
    assert asked[1::2] == [(second, first) for first, second in asked[::2]]
    stored = Store.open(home).judgements(RUN)
    assert [(each.first, each.second) for each in stored] == asked
    each = 1000 * 1e-5 + 100 * 1e-4
    assert [judgement.cost for judgement in stored] == pytest.approx([each] * 6)
    assert lines[-1]["cost"] == pytest.approx(6 * each)


def test_what_was_answered_is_stored_when_the_round_is_left(home: Path, server: ScriptedOpenAI) -> None:
    hold(server, lambda *_: "A\nIt is whole.")
    here = Here()
    run = here.store.run(RUN)
    assert run is not None
    told = judge(here, run, Judge("openai/judge", server.url))
    assert isinstance(next(told), Announced)
    judged = next(told)
    told.close()
    stored = Store.open(home).judgements(RUN)
    assert judged in stored
    assert set(Counter((each.first, each.second) for each in stored).values()) == {1}


def test_the_next_judge_asks_only_what_was_not_answered(aideator: Shell, home: Path, server: ScriptedOpenAI) -> None:
    places, left_alone = count(), threading.Event()

    def opinion(*_: str) -> str:
        if next(places) >= AT_ONCE:  # the round is left before these have their answers
            left_alone.wait(PATIENCE)
        return "A\nIt is whole."

    hold(server, opinion)
    here = Here()
    run = here.store.run(RUN)
    assert run is not None
    left = judge(here, run, Judge("openai/judge", server.url))
    for _ in range(3):
        next(left)
    left.close()
    left_alone.set()
    before = Store.open(home).judgements(RUN)
    assert 2 <= len(before) <= AT_ONCE < 6

    said = aideator(*words(server))
    assert said.code == 0, said.err
    assert f"{len(before)} answers of the judge before, which did not finish, count" in said.err
    after = Store.open(home).judgements(RUN)
    assert len(after) == 6  # each was asked for once
    assert len({each.round for each in after}) == 1
    assert {(each.first, each.second, each.time) for each in before} <= {(e.first, e.second, e.time) for e in after}

    assert aideator(*words(server)).code == 0  # a new opinion: the last round was whole
    assert len(Store.open(home).judgements(RUN)) == 12


def test_answers_about_other_patches_or_by_another_model_are_not_kept(
    aideator: Shell, home: Path, server: ScriptedOpenAI
) -> None:
    hold(server, lambda *_: "A\nIt is whole.")
    store = Store.open(home)
    passed = {each.variation: each.work_sha256 or "" for each in store.results(RUN)}
    known = Judgement("r", 6, 1, 2, passed[1], passed[2], "first", "It is whole.", "openai/judge")
    for other in (
        replace(known, first_patch="another"),
        replace(known, first=2, second=1, model="openai/another"),
        replace(known, first=3, second=3),
        replace(
            known, first=2, second=3, first_patch=passed[2], second_patch=passed[3], verdict="tie", reason=NO_ANSWER
        ),
    ):
        store.save_judgement(RUN, other)
    assert aideator(*words(server)).code == 0
    assert len(server.requests) == 6


def test_ctrl_c_ends_it_at_once_whatever_is_still_being_answered(
    home: Path, server: ScriptedOpenAI, tmp_path: Path
) -> None:
    asked, done = threading.Semaphore(0), threading.Event()

    def opinion(*_: str) -> str:
        asked.release()
        done.wait(PATIENCE)
        return "A"

    hold(server, opinion)
    process = User(os.environ | {"NO_COLOR": "1"}, [], tmp_path).start(*words(server))
    try:
        for _ in range(AT_ONCE):
            assert asked.acquire(timeout=PATIENCE)
        process.send_signal(signal.SIGINT)
        assert process.wait(15) == ExitCode.INTERRUPTED
    finally:
        done.set()
        process.kill()
        process.communicate()
    assert Store.open(home).judgements(RUN) == []
