"""What a request used is counted in every API that agents speak, in a stream and without one."""

import json
import threading
from typing import Any

import pytest

from aideator_agent.program import Wire
from aideator_agent.spec import Limits
from tests.agent.proxy.conftest import Bencher
from tests.fixtures.provider import Reply, document, events

ANTHROPIC = {
    "input_tokens": 100,
    "cache_creation_input_tokens": 40,
    "cache_read_input_tokens": 60,
    "cache_creation": {"ephemeral_5m_input_tokens": 30, "ephemeral_1h_input_tokens": 10},
    "output_tokens": 1,
}
CHAT = {
    "prompt_tokens": 200,
    "completion_tokens": 50,
    "prompt_tokens_details": {"cached_tokens": 60},
    "completion_tokens_details": {"reasoning_tokens": 20},
}
RESPONSES = {
    "input_tokens": 200,
    "output_tokens": 50,
    "input_tokens_details": {"cached_tokens": 60},
    "output_tokens_details": {"reasoning_tokens": 20},
}
GEMINI = {"promptTokenCount": 200, "candidatesTokenCount": 30, "thoughtsTokenCount": 20, "cachedContentTokenCount": 60}
DOLLARS = 140 * 3e-6 + 60 * 3e-7 + 50 * 15e-6
WRITTEN = (0.25 * 30 + 10) * 3e-6  # what Anthropic's cache costs besides


@pytest.mark.parametrize(
    ("wire", "reply", "reasoning", "cost"),
    [
        ("anthropic", document({"usage": {**ANTHROPIC, "output_tokens": 50}}), 0, DOLLARS + WRITTEN),
        (
            "anthropic",
            events(
                {"type": "message_start", "message": {"usage": ANTHROPIC}},
                {"type": "content_block_delta", "delta": {"text": 'it says "usage": {"output_tokens": 7}'}},
                {"type": "message_delta", "usage": {"output_tokens": 50}},
                {"type": "message_stop"},
            ),
            0,
            DOLLARS + WRITTEN,
        ),
        ("openai", document({"choices": [], "usage": CHAT}), 20, DOLLARS),
        ("openai", events({"choices": [{}], "usage": None}, {"choices": [], "usage": CHAT}, "[DONE]"), 20, DOLLARS),
        ("responses", document({"usage": RESPONSES}), 20, DOLLARS),
        (
            "responses",
            events(
                {"type": "response.created", "response": {"usage": None}},
                {"type": "response.completed", "response": {"usage": RESPONSES}},
            ),
            20,
            DOLLARS,
        ),
        ("gemini", document({"usageMetadata": GEMINI}), 20, DOLLARS),
        ("gemini", document([{"usageMetadata": {"promptTokenCount": 200}}, {"usageMetadata": GEMINI}]), 20, DOLLARS),
        ("gemini", events({"usageMetadata": {"promptTokenCount": 200}}, {"usageMetadata": GEMINI}), 20, DOLLARS),
    ],
)
def test_tokens_and_cost_are_told_and_added_up(
    bench: Bencher, wire: Wire, reply: Reply, reasoning: int, cost: float
) -> None:
    at = bench(reply, wire=wire)
    for _ in range(2):
        assert at.ask(stream=True).status_code == 200
    first, second = at.of("usage")
    assert first["cost"] == pytest.approx(cost)
    assert {name: first[name] for name in ("step", "input", "output", "cached", "reasoning")} == {
        "step": 1,
        "input": 200,
        "output": 50,
        "cached": 60,
        "reasoning": reasoning,
    }
    assert second["step"] == 2
    assert (at.totals.steps, at.totals.input, at.totals.output, at.totals.cached) == (2, 400, 100, 120)
    assert at.totals.cost == pytest.approx(2 * cost)


def test_events_in_pieces_are_counted_all_the_same(bench: Bencher) -> None:
    whole = b"".join(piece for piece in events({"choices": [], "usage": CHAT}).body if isinstance(piece, bytes))
    at = bench(
        Reply([whole[n : n + 1] for n in range(len(whole))], headers={"Content-Type": "text/event-stream"}),
        wire="openai",
    )
    assert at.ask(stream=True, stream_options={"include_usage": True}).content == whole
    assert (at.totals.input, at.totals.output) == (200, 50)


@pytest.mark.parametrize(
    "usage",
    [
        None,
        {},
        "many",
        {"input_tokens": "5"},
        {"input_tokens": -5},
        {"input_tokens": 1e30},
        {"input_tokens": True},
        [5],
    ],
)
def test_what_nobody_can_count_is_unknown_and_not_nothing(bench: Bencher, usage: Any) -> None:
    at = bench(document({"usage": usage}))
    assert at.ask().status_code == 200
    (told,) = at.of("usage")
    assert (told["step"], told["input"], told["output"], told["cost"]) == (1, None, None, None)
    assert (at.totals.input, at.totals.cost) == (None, None)
    assert "did not tell what a request used" in at.notices


def test_no_answer_is_too_odd_to_be_passed_on(bench: Bencher) -> None:
    for body in (b"", b"null", b'{"usage"', b"[" * 100_000, b"\xff\xfe", b'data: {"usage": [[[['):
        for kind in ("application/json", "text/event-stream"):
            at = bench(Reply([body] if body else [], headers={"Content-Type": kind}))
            assert at.ask().content == body


def test_an_answer_that_the_agent_does_not_wait_for_is_counted(bench: Bencher) -> None:
    go_on = threading.Event()
    started = {"type": "message_start", "message": {"usage": ANTHROPIC}}
    begun, done = events(started, {"type": "message_delta", "usage": {"output_tokens": 9}}).body
    nothing = document({"usage": {"input_tokens": 0, "output_tokens": 0}})
    at = bench(Reply([begun, go_on, done], headers={"Content-Type": "text/event-stream"}), nothing)
    with at.client() as client, client.stream("POST", "/v1/messages", json={"model": "claude-test"}) as answer:
        next(answer.iter_bytes())
    go_on.set()
    assert at.ask().status_code == 200
    at.until(lambda: at.totals.output == 9)


def test_without_a_price_the_cost_is_unknown(bench: Bencher) -> None:
    at = bench(document({"usage": CHAT}), wire="openai", price=None)
    at.ask()
    assert (at.of("usage")[0]["input"], at.of("usage")[0]["cost"], at.totals.cost) == (200, None, None)


def test_another_model_is_passed_on_and_its_cost_is_unknown(bench: Bencher) -> None:
    at = bench(document({"usage": CHAT}), wire="openai")
    assert at.ask(model="gpt-cheap").status_code == 200
    assert at.totals.cost is None
    assert "asks gpt-cheap; what that costs is unknown" in at.notices


def test_another_model_is_refused_where_the_cost_is_limited(bench: Bencher) -> None:
    at = bench(document({"usage": CHAT}), wire="openai", limits=Limits(cost=1.0))
    answer = at.ask(model="gpt-dear")
    assert answer.status_code == 400
    assert "only the usual price of anthropic/claude-test is known" in answer.json()["error"]["message"]
    assert at.provider.asked == []
    assert at.ask(model="claude-test").status_code == 200


def test_a_field_that_comes_twice_does_not_hide_another_model(bench: Bencher) -> None:
    at = bench(limits=Limits(cost=1.0))
    with at.client() as client:
        for body in ('{"model": "dear", "model": "claude-test"}', '{"Model": "dear", "model": "claude-test"}'):
            answer = client.post("/v1/messages", content=body)
            assert answer.status_code == 400
            assert "twice" in answer.text
        odd = json.dumps({"model": "claude-test"}).encode("utf-16")
        assert client.post("/v1/messages", content=odd).status_code == 400
    assert at.provider.asked == []
