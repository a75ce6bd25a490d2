"""The key proxy passes an agent's requests on with the real key, and the answers back as they are."""

import gzip
import json
import threading

import pytest

from aideator_agent.program import Wire
from tests.agent.proxy.conftest import KEY, PATHS, Bencher
from tests.fixtures.provider import Provider, Reply, document, events

CHUNK = {"id": "c", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": "Hi"}}]}
USED = {"id": "c", "choices": [], "usage": {"prompt_tokens": 10, "completion_tokens": 5}}


@pytest.mark.parametrize(
    ("wire", "header", "value"),
    [
        ("anthropic", "x-api-key", KEY),
        ("openai", "authorization", f"Bearer {KEY}"),
        ("responses", "authorization", f"Bearer {KEY}"),
        ("gemini", "x-goog-api-key", KEY),
    ],
)
def test_the_key_takes_the_tokens_place(bench: Bencher, wire: Wire, header: str, value: str) -> None:
    at = bench(wire=wire)
    with at.client() as client:
        answer = client.post(
            PATHS[wire] + f"?alt=sse&key={at.proxy.token}",
            json={"model": "claude-test"},
            headers={"x-api-key": at.proxy.token, "x-goog-api-key": at.proxy.token, "anthropic-version": "2023-06-01"},
        )
    assert answer.status_code == 200
    (asked,) = at.provider.asked
    assert asked.path == PATHS[wire] + "?alt=sse"
    assert asked.headers[header] == value
    assert asked.headers["anthropic-version"] == "2023-06-01"
    assert asked.json == {"model": "claude-test"}
    assert at.proxy.token not in str(asked)
    assert [name for name, text in asked.headers.items() if KEY in text] == [header]


@pytest.mark.parametrize(
    ("wire", "base", "path", "wanted"),
    [
        ("openai", "/v1", "/v1/chat/completions", "/v1/chat/completions"),
        ("openai", "/api/v1", "/v1/chat/completions", "/api/v1/chat/completions"),
        ("openai", "/api/paas/v4", "/v1/chat/completions", "/api/paas/v4/chat/completions"),
        ("openai", "/engine", "/chat/completions", "/engine/chat/completions"),
        ("openai", "", "/chat/completions", "/v1/chat/completions"),
        ("responses", "/v1/", "/v1/responses", "/v1/responses"),
        ("anthropic", "/anthropic", "/v1/messages", "/anthropic/v1/messages"),
        ("anthropic", "/v1", "/v1/messages", "/v1/messages"),
        ("gemini", "", "/v1beta/models/claude-test:generateContent", "/v1beta/models/claude-test:generateContent"),
    ],
)
def test_the_paths_of_the_provider_may_begin_otherwise(
    bench: Bencher, wire: Wire, base: str, path: str, wanted: str
) -> None:
    at = bench(wire=wire, path=base)
    assert at.ask(path).status_code == 200
    assert at.provider.asked[0].path == wanted


def test_a_stream_comes_piece_by_piece(bench: Bencher) -> None:
    go_on = threading.Event()
    reply = Reply([b"data: 1\n\n", go_on, b"data: 2\n\n"], headers={"Content-Type": "text/event-stream"})
    at = bench(reply)
    with at.client() as client, client.stream("POST", "/v1/messages", json={"model": "claude-test"}) as answer:
        pieces = answer.iter_bytes()
        assert next(pieces) == b"data: 1\n\n"
        go_on.set()
        assert b"".join(pieces) == b"data: 2\n\n"
        assert answer.headers["content-type"] == "text/event-stream"


def test_a_provider_that_compresses_unasked_is_understood(bench: Bencher) -> None:
    said = {"usage": {"input_tokens": 7, "output_tokens": 2}, "text": "ä" * 5000}
    at = bench(Reply([gzip.compress(json.dumps(said).encode())], headers={"Content-Encoding": "gzip"}))
    assert at.ask().json() == said
    assert at.totals.input == 7


@pytest.mark.parametrize("options", [None, {"include_usage": False}])
def test_the_usage_that_the_proxy_asks_for_is_not_shown_to_the_agent(bench: Bencher, options: object) -> None:
    at = bench(events(CHUNK, USED, "[DONE]"), wire="openai")
    answer = at.ask(stream=True, stream_options=options)
    assert at.provider.asked[0].json["stream_options"] == {"include_usage": True}
    assert answer.content == b"".join(events(CHUNK, "[DONE]").body)  # type: ignore[arg-type]
    assert (at.totals.input, at.totals.output) == (10, 5)


def test_an_agent_that_asks_for_usage_gets_it(bench: Bencher) -> None:
    at = bench(events(CHUNK, USED, "[DONE]"), wire="openai")
    answer = at.ask(stream=True, stream_options={"include_usage": True})
    assert answer.content == b"".join(events(CHUNK, USED, "[DONE]").body)  # type: ignore[arg-type]


def test_an_endpoint_that_refuses_to_count_is_asked_as_the_agent_asked(bench: Bencher) -> None:
    refusal = document({"error": {"message": "Unknown parameter: stream_options"}}, status=400)
    at = bench(refusal, events(CHUNK, "[DONE]"), wire="openai")
    assert at.ask(stream=True).status_code == 200
    assert at.ask(stream=True).status_code == 200
    assert ["stream_options" in asked.json for asked in at.provider.asked] == [True, False, False]
    assert at.totals.cost is None
    assert "did not tell what a request used" in at.notices


def test_a_providers_error_is_passed_on_with_its_status_and_told(bench: Bencher) -> None:
    at = bench(document({"error": {"message": "Overloaded"}}, status=529, **{"retry-after": "7"}), document({}))
    answer = at.ask()
    assert (answer.status_code, answer.headers["retry-after"]) == (529, "7")
    assert answer.json() == {"error": {"message": "Overloaded"}}
    assert "status 529" in at.notices
    assert (at.totals.cost, at.totals.steps) == (0, 0)
    assert at.ask().status_code == 200
    assert at.totals.steps == 1


def test_an_answer_that_is_cut_is_cut_for_the_agent_too(bench: Bencher) -> None:
    at = bench(
        events({"type": "message_start", "message": {"usage": {"input_tokens": 5, "output_tokens": 1}}}, cut=True)
    )
    with pytest.raises(Exception, match=r"peer closed|incomplete|reset"):
        at.ask()
    assert "the provider's answer broke off" in at.notices
    assert at.totals.cost is None


def test_a_provider_that_is_not_there_is_an_error_in_the_agents_words(bench: Bencher) -> None:
    with Provider() as gone:
        pass
    at = bench(upstream=gone.url)
    answer = at.ask()
    assert answer.status_code == 502
    assert "x-should-retry" not in answer.headers  # it may come back
    assert answer.json()["error"]["type"] == "api_error"
    assert "can't be reached" in answer.json()["error"]["message"]
    assert "can't be reached" in at.notices


def test_listing_models_and_counting_tokens_is_no_step(bench: Bencher) -> None:
    at = bench()
    with at.client() as client:
        assert client.get("/v1/models").status_code == 200
        assert client.get("/v1/models/claude-test").status_code == 200
        assert client.post("/v1/messages/count_tokens", json={"model": "claude-test"}).status_code == 200
    assert at.totals.steps == 0
    assert at.of("usage") == []
