"""What an agent sends to its model through the proxy is told, once, and what looks like a secret in it."""

import json
from typing import Any

import pytest

from aideator_agent.program import Wire
from tests.agent.proxy.conftest import Bencher
from tests.fixtures.provider import document

TOKEN = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
OK = document({"usage": {"input_tokens": 1, "output_tokens": 1}})
BODIES: dict[Wire, tuple[dict[str, Any], dict[str, Any]]] = {
    "anthropic": (
        {"system": [{"type": "text", "text": "Be brief."}], "messages": [{"role": "user", "content": "Mend it."}]},
        {
            "messages": [
                {"role": "user", "content": [{"type": "text", "text": "Mend it."}]},
                {"role": "assistant", "content": "I look."},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": f"key={TOKEN}"}]},
            ]
        },
    ),
    "openai": (
        {"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Mend it."}]},
        {"messages": [{"role": "user", "content": "Mend it."}, {"role": "tool", "content": f"key={TOKEN}"}]},
    ),
    "responses": (
        {"instructions": "Be brief.", "input": "Mend it."},
        {"input": [{"type": "reasoning", "summary": []}, {"type": "function_call_output", "output": f"key={TOKEN}"}]},
    ),
    "gemini": (
        {"systemInstruction": {"parts": [{"text": "Be brief."}]}, "contents": [{"role": "user", "parts": [{"text": "Mend it."}]}]},
        {"contents": [{"role": "model", "parts": [{"text": "I look."}]}, {"role": "user", "parts": [{"text": f"key={TOKEN}"}]}]},
    ),
}  # fmt: skip


def said(event: dict[str, Any]) -> list[str]:
    return [json.loads(line)["content"] for line in event.get("text", "").split("\n") if line]


@pytest.mark.parametrize("wire", BODIES)
def test_each_request_is_told_with_what_it_adds(bench: Bencher, wire: Wire) -> None:
    at = bench(OK, wire=wire, host="api.example")
    for body in BODIES[wire]:
        at.ask(**body)
    first, second = at.of("sent")
    assert (first["step"], first["host"], said(first)) == (1, "api.example", ["Be brief.", "Mend it."])
    assert (second["step"], said(second)) == (2, [f"key={TOKEN}"])


@pytest.mark.parametrize("wire", BODIES)
def test_a_secret_is_told_of_and_passed_on(bench: Bencher, wire: Wire) -> None:
    at = bench(OK, wire=wire, host="api.example")
    for _ in range(2):
        at.ask(**BODIES[wire][1])
    assert at.notices.count("What looks like a GitHub token is in a tool's result and goes to api.example.") == 1
    assert TOKEN in at.provider.asked[-1].body.decode()


@pytest.mark.parametrize("wire", BODIES)
def test_a_secret_is_withheld_in_every_request_if_the_user_wishes_so(bench: Bencher, wire: Wire) -> None:
    at = bench(OK, wire=wire, withholds=True)
    for _ in range(2):
        at.ask(**BODIES[wire][1])
    for request in at.provider.asked:
        assert TOKEN not in request.body.decode()
        assert "[withheld: a GitHub token]" in request.body.decode()
    assert TOKEN not in json.dumps(at.events)
