"""A judge takes minutes: it is asked for, works on its own, and any replica tells how it stands."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from aideator_cli.actions.here import Here
from aideator_cli.errors import ExitCode
from aideator_cli.server import judges
from aideator_cli.server.app import application
from aideator_cli.server.gate import LOOPBACK
from aideator_cli.server.page.frame import edition
from aideator_cli.store.postgresql.engine import forget
from tests.actions.judge.test_judge import FAIR, GOOD, PASSES, POOR
from tests.cli.conftest import Shell, aideator, home
from tests.fixtures.stored_runs import Told, add_run
from tests.server.page.waiting import until
from tests.server.served import served
from tests.server.test_accounts import token
from tests.server.test_bad_input import refused

__all__ = ["aideator", "home"]
RUN = "k3v9x2q"
JUDGE = f"/api/v1/runs/{RUN}/judge"


TIE = '- say: \'{"reason": "Both are good.", "verdict": "TIE"}\'\n'


@pytest.fixture
def quick(tmp_path: Path) -> dict[str, str]:
    """What asks a judge that answers at once: all three are as good."""
    return _scripted(tmp_path / "quick.yaml", TIE * 6)


@pytest.fixture
def slow(tmp_path: Path) -> dict[str, str]:
    """One that never gives its second answer."""
    return _scripted(tmp_path / "slow.yaml", f"{TIE}{TIE}  delay: 3600\n")


def _scripted(path: Path, text: str) -> dict[str, str]:
    path.write_text(text)
    return {"model": f"scripted/{path}"}


@pytest.fixture(params=["sqlite", "postgresql"])
def shared(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The data folder of replicas that share a database, with a run of three patches."""
    url = request.getfixturevalue("postgresql_url") if request.param == "postgresql" else None
    if url:
        monkeypatch.setenv("AIDEATOR_DATABASE", url)
    add_run(tmp_path / "there", Told(POOR, PASSES), Told(GOOD, PASSES), Told(FAIR, PASSES), run=RUN)
    yield tmp_path / "there"
    if url:
        forget(url)


def ended(address: str) -> Any:
    def look() -> Any:
        told = httpx.get(address + JUDGE).json()
        return told if told["state"] != "working" else None

    return until(look, 180)


def until_answered(address: str) -> None:
    until(lambda: httpx.get(address + JUDGE).json()["answered"] == 1)


def test_it_is_accepted_works_on_and_any_replica_tells_how_it_stands(shared: Path, slow: Any, quick: Any) -> None:
    with served(shared) as one, served(shared) as other:
        answer = httpx.get(other.address + JUDGE)
        assert (answer.status_code, answer.json()["hint"]) == (404, f"POST {JUDGE} asks one")
        answer = httpx.post(one.address + JUDGE, json={**slow, "max_pairs": 2})
        assert (answer.status_code, answer.headers["Location"]) == (202, JUDGE), answer.text
        until_answered(other.address)
        told = httpx.get(other.address + JUDGE).json()
        expected = {
            "kind": "judge", "run": RUN, "state": "working", "asked": {**slow, "max_pairs": 2}, "model": slow["model"],
            "works": 3, "pairs": 2, "possible": 3, "answered": 1, "remarks": [], "passed": None, "problem": None, "places": None,
            "exit_code": 0, "ended": None,
        }  # fmt: skip
        assert expected.items() <= told.items()
        same = httpx.post(other.address + JUDGE, json={**slow, "max_pairs": 2})
        assert (same.status_code, same.json()["begun"]) == (202, told["begun"])
        problem = refused(httpx.post(other.address + JUDGE, json=quick), 409)
        assert problem["detail"] == f"a judge of run {RUN} is at work, which was asked for something else"
        assert httpx.delete(other.address + JUDGE).status_code == 204
        told = httpx.get(one.address + JUDGE).json()
        assert (told["state"], told["places"]) == ("stopped", None)
        refused(httpx.delete(one.address + JUDGE), 409)
        assert httpx.post(other.address + JUDGE, json=quick).status_code == 202
        told = ended(one.address)
        assert (told["state"], told["answered"], told["places"]["places"]) == ("ended", 6, {"1": 1, "2": 1, "3": 1})
        assert told["ended"] > told["begun"]
        assert httpx.get(f"{other.address}/api/v1/runs/{RUN}").json()["judged"] == told["places"]


def test_of_several_at_once_one_works(shared: Path, slow: Any) -> None:
    with served(shared) as one, served(shared) as other, ThreadPoolExecutor(8) as several:
        addresses = [one.address, other.address] * 4
        answers = list(several.map(lambda address: httpx.post(address + JUDGE, json=slow, timeout=60), addresses))
        assert {answer.status_code for answer in answers} == {202}, [answer.text for answer in answers]
        assert len({answer.json()["begun"] for answer in answers}) == 1


def test_that_of_a_killed_replica_is_said_to_have_failed_and_another_may_begin(
    shared: Path, slow: Any, quick: Any
) -> None:
    with served(shared) as other:
        with served(shared) as one:
            assert httpx.post(one.address + JUDGE, json=slow).status_code == 202
            until_answered(other.address)
            one.process.kill()
            one.process.wait()
        told = ended(other.address)
        assert (told["state"], told["exit_code"]) == ("failed", ExitCode.FAILED)
        assert told["problem"]["detail"] == "the server that asked the model is gone"
        assert "judge again" in told["problem"]["hint"]
        assert httpx.post(other.address + JUDGE, json=quick).status_code == 202
        assert ended(other.address)["state"] == "ended"


def test_that_of_a_server_that_is_stopped_has_failed_and_what_it_said_is_kept(shared: Path, slow: Any) -> None:
    with served(shared) as one:
        assert httpx.post(one.address + JUDGE, json=slow).status_code == 202
        until_answered(one.address)
    with served(shared) as other:
        told = httpx.get(other.address + JUDGE).json()
        assert (told["state"], told["problem"]["detail"]) == ("failed", "the server was stopped")
        assert len(httpx.get(f"{other.address}/api/v1/runs/{RUN}/record").json()["judgements"]) == 1


def test_what_can_not_begin_says_why_and_leaves_nothing(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    add_run(shared, Told(GOOD, PASSES), Told(POOR, [{**PASSES[0], "exit_code": 1}]), run="p2m8d1a")
    with served(shared) as one:
        problem = refused(httpx.post(one.address + JUDGE, json={"model": "gpt-5"}), 404)
        assert problem["detail"] == "gpt-5 needs OPENAI_API_KEY in the environment"
        refused(httpx.post(one.address + JUDGE, json={"model": "gpt-5", "colour": "red"}), 422)
        refused(httpx.get(one.address + JUDGE), 404)
        answer = httpx.post(f"{one.address}/api/v1/runs/p2m8d1a/judge", json={"model": "gpt-5"})
        told = answer.json()
        assert (answer.status_code, told["state"], told["passed"], told["places"]) == (202, "ended", [1], None)


def test_judges_that_take_long_hold_up_nothing_and_one_user_has_only_so_many(
    home: Path, slow: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIDEATOR_MODEL", slow["model"])
    by, runs = token("ada", "admin", "read", "run"), [f"k3v9x2{letter}" for letter in "abcdef"]
    for run in runs:
        add_run(home, Told(GOOD, PASSES), Told(POOR, PASSES), run=run)
    with TestClient(application(Here(), None), base_url="http://aideator.example", headers=by) as ada:
        answers = [ada.post(f"/api/v1/runs/{run}/judge") for run in runs]
        assert [answer.status_code for answer in answers] == [202] * judges.OF_ONE + [429] * 2
        assert refused(answers[-1], 429)["detail"].startswith("4 judges of yours are at work")
        assert ada.post(f"/api/v1/runs/{runs[0]}/select", json={"variation": 1}).status_code == 200
        assert ada.delete(f"/api/v1/runs/{runs[0]}/judge").status_code == 204
        monkeypatch.setattr(judges, "RENEW_SECONDS", 0.1)
        until(lambda: ada.post(f"/api/v1/runs/{runs[-1]}/judge").status_code == 202)


def test_the_page_asks_for_one_counts_its_answers_and_shows_what_it_said(home: Path, slow: Any, quick: Any) -> None:
    add_run(home, Told(GOOD, PASSES), Told(POOR, PASSES), Told(FAIR, PASSES), run=RUN)
    with TestClient(
        application(Here(), LOOPBACK), base_url="http://localhost", headers={"Origin": "http://localhost"}
    ) as browser:

        def compare() -> str:
            return browser.get(f"/runs/{RUN}/compare").text

        def press(path: str, **fields: str) -> None:
            answer = browser.post(f"/runs/{RUN}/{path}", data={"edition": edition(), **fields}, follow_redirects=False)
            assert answer.headers.get("location", "").startswith(f"/runs/{RUN}/compare?said=judg"), answer.text

        assert "Ask a judge" in compare()
        press("judge", **slow)
        until(lambda: '<b class="answered">1</b> of 6 answers' in compare())
        assert "Ask a judge" not in compare()
        press("judge/stop")
        assert "The judge was stopped. It decides nothing until" in compare()
        press("judge", **quick)
        until(lambda: "Judge again" in compare())
        assert "1 and 2: a tie" in compare()
        assert "Both are good." in compare()
        wrong = browser.post(f"/runs/{RUN}/judge", data={"edition": edition(), "model": "no-such-model"})
        assert (wrong.status_code, "no-such-model" in wrong.text) == (422, True)


@pytest.fixture
def afar(shared: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a server, whose run another machine knows."""
    with served(shared) as one:
        monkeypatch.delenv("AIDEATOR_DATABASE", raising=False)
        monkeypatch.setenv("AIDEATOR_SERVER", one.address)
        yield one.address


def test_a_client_waits_for_it_as_for_its_own(aideator: Shell, afar: str, quick: Any) -> None:
    refusal = aideator("judge", RUN, "--api-base", "http://127.0.0.1:9/v1")
    assert (refusal.code, "--own-keys" in refusal.err) == (ExitCode.USAGE, True), refusal.err
    said = aideator("judge", RUN, "--model", quick["model"], "--json")
    assert said.code == 0, said.err
    assert "3 pairs, each in both orders" in said.err
    lines = [json.loads(line) for line in said.out.splitlines()]
    assert [line["kind"] for line in lines] == ["judgement"] * 6 + ["places"]
    assert lines[-1]["places"] == {"1": 1, "2": 1, "3": 1}
    assert json.loads(aideator("show", RUN, "--json").out)["judged"]["places"] == lines[-1]["places"]
    mine = aideator("judge", RUN, "--own-keys", "--model", quick["model"])
    assert (mine.code, httpx.get(afar + JUDGE).json()["begun"] < lines[-2]["time"]) == (0, True), mine.err
    again = aideator("judge", RUN, "--model", quick["model"])
    assert (again.code, f"  1  {RUN}/1, {RUN}/2, {RUN}/3" in again.out) == (0, True), again.err


def test_a_client_that_comes_again_finds_the_judge_at_work_and_hears_why_it_ended(
    aideator: Shell, afar: str, slow: Any
) -> None:
    assert aideator("show", RUN).code == 0
    words = [sys.executable, "-m", "aideator_cli", "judge", RUN, "--model", slow["model"]]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as first:
        until(lambda: httpx.get(afar + JUDGE).status_code == 200)
        until_answered(afar)
        begun = httpx.get(afar + JUDGE).json()["begun"]
        first.send_signal(signal.SIGINT)
        assert (first.wait(30), "goes on" in (first.stderr.read() if first.stderr else "")) == (130, True)
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as second:
        assert second.stderr is not None
        assert "judging 3 patches" in second.stderr.readline()
        told = httpx.get(afar + JUDGE).json()
        assert (told["state"], told["begun"]) == ("working", begun)
        assert httpx.delete(afar + JUDGE).status_code == 204
        assert (second.wait(30), "the judge was stopped on the server" in second.stderr.read()) == (1, True)
