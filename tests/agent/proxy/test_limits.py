"""Limits hold while an agent works, whatever the agent does."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from aideator_agent.program import Wire
from aideator_agent.spec import Limits
from aideator_agent.verdict import Ended, Verdict
from tests.agent.proxy.conftest import MODEL, Bencher
from tests.fixtures.provider import Reply, document

USED = document({"usage": {"input_tokens": 1000, "output_tokens": 100}})  # $0.0045
NOBODY_COUNTS = document({})


def test_an_agent_that_never_stops_is_ended_by_the_limit_of_steps(bench: Bencher) -> None:
    at = bench(USED, limits=Limits(steps=3))
    assert [at.ask().status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    assert len(at.provider.asked) == at.totals.steps == 3
    with pytest.raises(Ended) as ended:
        at.proxy.check()
    assert ended.value.verdict == Verdict("limit", "steps")


def test_an_agent_that_stops_at_its_last_step_has_not_reached_the_limit(bench: Bencher) -> None:
    at = bench(USED, limits=Limits(steps=3))
    for _ in range(3):
        at.ask()
    at.proxy.check()


@pytest.mark.parametrize(
    ("wire", "words"),
    [
        ("anthropic", '"type": "rate_limit_error"'),
        ("openai", '"code": "insufficient_quota"'),
        ("responses", '"code": "insufficient_quota"'),
        ("gemini", '"status": "RESOURCE_EXHAUSTED"'),
    ],
)
def test_the_agent_is_told_of_a_limit_as_its_provider_would(bench: Bencher, wire: Wire, words: str) -> None:
    at = bench(USED, wire=wire, limits=Limits(steps=1))
    at.ask()
    answer = at.ask()
    assert answer.status_code == 429
    assert words in answer.text
    assert "the limit on this attempt's requests is reached" in answer.text
    assert answer.headers["x-should-retry"] == "false"


@pytest.mark.parametrize(
    ("limits", "word", "asked"),
    [(Limits(cost=0.01), "cost", 3), (Limits(tokens=2000), "tokens", 2), (Limits(tokens=2201), "tokens", 3)],
)
def test_cost_and_tokens_are_overspent_by_one_request_at_most(
    bench: Bencher, limits: Limits, word: str, asked: int
) -> None:
    at = bench(USED, limits=limits)
    with ThreadPoolExecutor(12) as pool:
        codes = [answer.status_code for answer in pool.map(lambda _: at.ask(), range(12))]
    assert sorted(codes) == [200] * asked + [429] * (12 - asked)
    assert at.provider.most_flying == 1
    with pytest.raises(Ended) as ended:
        at.proxy.check()
    assert ended.value.verdict == Verdict("limit", word)


def test_far_from_the_limit_requests_go_side_by_side(bench: Bencher) -> None:
    go_on = threading.Event()
    at = bench(Reply([go_on, b"{}"]), limits=Limits(tokens=100_000))
    with ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(at.ask, max_tokens=20_000) for _ in range(4)]
        at.until(lambda: at.provider.flying == 4)
        go_on.set()
        assert [answer.result().status_code for answer in answers] == [200] * 4


def test_a_request_whose_agent_has_gone_while_it_waited_is_not_made(bench: Bencher) -> None:
    go_on = threading.Event()
    at = bench(Reply([go_on, b"{}"]), limits=Limits(tokens=40_000))
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(at.ask)
        at.until(lambda: at.provider.flying == 1)
        with pytest.raises(httpx.ReadTimeout):
            at.ask(timeout=0.2)
        go_on.set()
        assert first.result().status_code == 200
    assert at.ask().status_code == 200
    assert len(at.provider.asked) == at.totals.steps == 2


def test_what_nobody_counts_uses_up_a_limit_all_the_same(bench: Bencher) -> None:
    at = bench(NOBODY_COUNTS, limits=Limits(cost=1.0))
    codes = [at.ask(max_tokens=20_000).status_code for _ in range(6)]  # $0.30 each at most
    assert codes == [200, 200, 200, 200, 429, 429]
    with pytest.raises(Ended):
        at.proxy.check()


def test_a_limit_on_the_cost_needs_a_price(bench: Bencher) -> None:
    with pytest.raises(Ended) as ended:
        bench(NOBODY_COUNTS, price=None, limits=Limits(cost=1.0))
    assert ended.value.verdict.fault == "model"
    assert f"the price of {MODEL} is unknown" in ended.value.verdict.reason


@pytest.mark.parametrize(
    ("status", "words"),
    [(401, "Incorrect API key"), (403, "no access to this model"), (400, "API key not valid. Pass another")],
)
def test_a_key_that_the_provider_refuses_ends_the_attempt_with_its_words(
    bench: Bencher, status: int, words: str
) -> None:
    at = bench(document({"error": {"message": words}}, status=status))
    at.proxy.check()
    assert at.ask().status_code == status
    with pytest.raises(Ended) as ended:
        at.proxy.check()
    assert ended.value.verdict.fault == "model"
    assert words in ended.value.verdict.reason
    assert at.ask().status_code == 429
    assert len(at.provider.asked) == 1


def test_an_attempt_that_is_told_to_stop_asks_nothing_more(bench: Bencher) -> None:
    stop = threading.Event()
    at = bench(USED, stop=stop.is_set)
    assert at.ask().status_code == 200
    stop.set()
    assert at.ask().status_code == 429
    at.proxy.check()  # who told it to stop knows why


def test_a_log_that_is_full_ends_the_attempt(bench: Bencher) -> None:
    at = bench(USED)
    with Path(os.devnull).open("rb") as closed:
        os.dup2(closed.fileno(), at.fd)  # nothing can be written there
    at.ask()
    with pytest.raises(OSError, match="Bad file"):
        at.proxy.check()
    with at.log.open("ab") as again:
        os.dup2(again.fileno(), at.fd)  # for what else writes to it


def test_the_proxy_ends_at_once_with_requests_in_flight(bench: Bencher) -> None:
    never = threading.Event()
    at = bench(Reply([b"{", never]))
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(at.ask)
        at.until(lambda: at.provider.flying == 1)
        at.proxy.__exit__(None, None, None)
        with pytest.raises(Exception, match=r"closed|reset|disconnect"):
            answer.result()
    never.set()
    assert at.totals.cost is None
