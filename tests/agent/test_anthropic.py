"""Anthropic's own protocol through LiteLLM: signed thoughts go back as they came, a cut stream is seen."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from aideator_agent.interrupts import Interrupts
from aideator_agent.models.base import CutTurn, Message, Think, Turn
from aideator_agent.models.litellm_model import LiteLLMModel
from aideator_agent.spec import VariationSpec

Event = dict[str, Any]
TOOLS = [{"type": "function", "function": {"name": "bash", "parameters": {"type": "object", "properties": {}}}}]
EVENTS: list[Event] = [
    {"type": "message_start", "message": {"id": "m", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5",
     "content": [], "stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": 40, "output_tokens": 1}}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": "", "signature": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "Let me "}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "see."}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "c2lnbmVk"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "content_block_start", "index": 1, "content_block": {"type": "tool_use", "id": "t1", "name": "bash", "input": {}}},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": '{"comm'}},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": 'and": "ls"}'}},
    {"type": "content_block_stop", "index": 1},
    {"type": "message_delta", "delta": {"stop_reason": "tool_use", "stop_sequence": None}, "usage": {"output_tokens": 25}},
    {"type": "message_stop"},
]  # fmt: skip


class _Handler(BaseHTTPRequestHandler):
    events: list[Event]
    bodies: list[Event]

    def do_POST(self) -> None:
        self.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for event in self.events:
            self.wfile.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextmanager
def anthropic(events: list[Event]) -> Iterator[tuple[str, list[Event]]]:
    """Its address, and the requests that it got."""
    bodies: list[Event] = []
    handler = type("Handler", (_Handler,), {"events": events, "bodies": bodies})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", bodies
        server.shutdown()
        thread.join()


def model(url: str) -> LiteLLMModel:
    variation = VariationSpec(1, "anthropic/claude-sonnet-4-5", keys=("ANTHROPIC_API_KEY",), api_base=url)
    return LiteLLMModel(variation, {"ANTHROPIC_API_KEY": "sk-ant-0123456789"}, Interrupts(600))


def test_signed_thoughts_are_part_of_the_next_request() -> None:
    with anthropic(EVENTS) as (url, bodies):
        claude = model(url)
        messages: list[Message] = [{"role": "user", "content": "Make it right."}]
        pieces = list(claude.turn(messages, TOOLS))
        turn = pieces[-1]
        assert isinstance(turn, Turn)
        assert "".join(p.text for p in pieces if isinstance(p, Think)) == "Let me see."
        assert [(c.id, c.tool, c.arguments) for c in turn.calls] == [("t1", "bash", {"command": "ls"})]
        assert (turn.usage.input, turn.usage.output) == (40, 25)
        assert turn.usage.cost == pytest.approx(40 * 3e-6 + 25 * 15e-6)
        list(claude.turn([*messages, turn.message, {"role": "tool", "tool_call_id": "t1", "content": "a.py"}], TOOLS))
        said = bodies[1]["messages"][1]
    assert said["role"] == "assistant"
    assert [block["type"] for block in said["content"]] == ["thinking", "tool_use"]
    assert (said["content"][0]["thinking"], said["content"][0]["signature"]) == ("Let me see.", "c2lnbmVk")


@pytest.mark.parametrize("length", [4, 8, 10])
def test_a_stream_that_breaks_off_is_no_turn(length: int) -> None:
    with anthropic(EVENTS[:length]) as (url, _), pytest.raises(CutTurn):
        list(model(url).turn([{"role": "user", "content": "Make it right."}], TOOLS))


def test_the_conversation_so_far_is_marked_to_be_read_from_the_cache() -> None:
    with anthropic(EVENTS) as (url, bodies):
        messages: list[Message] = [
            {"role": "system", "content": "You write code."},
            {"role": "user", "content": "Make it right."},
        ]
        list(model(url).turn(messages, TOOLS))
    marked = {"type": "ephemeral"}
    assert bodies[0]["system"][-1]["cache_control"] == marked
    assert bodies[0]["messages"][-1]["content"][-1]["cache_control"] == marked
    assert messages[0]["content"] == "You write code."


def test_what_was_read_from_the_cache_costs_a_tenth() -> None:
    cached = json.loads(json.dumps(EVENTS))
    cached[0]["message"]["usage"] = {"input_tokens": 40, "cache_read_input_tokens": 1000, "output_tokens": 1}
    with anthropic(cached) as (url, _):
        turn = list(model(url).turn([{"role": "user", "content": "Make it right."}], TOOLS))[-1]
    assert isinstance(turn, Turn)
    assert (turn.usage.input, turn.usage.cached) == (1040, 1000)
    assert turn.usage.cost == pytest.approx(40 * 3e-6 + 1000 * 0.3e-6 + 25 * 15e-6)
