"""Questions to other roles of a team, as an agent puts them to the key proxy, which asks the agent's own model."""

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from aideator_agent.colleague import Colleagues
from aideator_agent.colleagues import Questions
from aideator_agent.emitter import Emitter
from aideator_agent.keys import Redactor
from aideator_agent.program import Wire
from aideator_agent.proxy import Shape
from aideator_agent.team_tool import AT_ONCE, LATER, TeamTool
from aideator_agent.told import Told, line
from aideator_agent.totals import Totals
from aideator_agent.verdict import Ended
from tests.agent.proxy.conftest import KEY, Bench, Bencher
from tests.agent.secrets_made import tokens
from tests.fixtures.provider import Reply, document

TEAM = Colleagues({"cto": "You are the CTO.", "qa": "You are QA."}, "The goal: export CSV.")
THOUGHT = "<think>Which one?</think>ISO 8601."
ANSWERS: dict[Wire, Any] = {
    "anthropic": {
        "content": [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "ISO 8601."}],
        "usage": {"input_tokens": 100, "output_tokens": 10, "cache_read_input_tokens": 0},
    },
    "openai": {
        "choices": [{"message": {"role": "assistant", "content": THOUGHT}}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 10},
    },
    "responses": {
        "output": [
            {"type": "reasoning", "summary": []},
            {"type": "message", "content": [{"type": "output_text", "text": "ISO 8601."}]},
        ],
        "usage": {"input_tokens": 100, "output_tokens": 10},
    },
    "gemini": {
        "candidates": [
            {"content": {"role": "model", "parts": [{"text": "Hm.", "thought": True}, {"text": "ISO 8601."}]}}
        ],
        "usageMetadata": {"promptTokenCount": 100, "candidatesTokenCount": 10},
    },
}
PLACES = {
    "anthropic": "/v1/messages", "openai": "/v1/chat/completions", "responses": "/v1/responses",
    "gemini": "/v1beta/models/claude-test:generateContent",
}  # fmt: skip


def team(
    user: Told | None = None, wait: float = 0.0, patience: float = 30.0, gone: float = 60.0
) -> Callable[[Emitter, Totals], TeamTool]:
    questions = Questions(Colleagues(TEAM.roles, TEAM.about, wait), "backend")
    return lambda emitter, totals: TeamTool(
        questions, emitter, totals, user or Told(emitter), lambda: False, patience=patience, gone=gone
    )


def ask(at: Bench, role: str = "cto", question: str = "Which format?") -> tuple[str, bool]:
    with at.client() as client:
        return ask_by(client, role, question)


def ask_by(client: httpx.Client, role: str, question: str) -> tuple[str, bool]:
    arguments = {"role": role, "question": question}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "ask", "arguments": arguments}}
    answer = client.post("/mcp/team", json=message)
    if answer.status_code != 200:
        return f"status {answer.status_code}", True
    result = answer.json()["result"]
    return result["content"][0]["text"], result["isError"]


@pytest.mark.parametrize("wire", ANSWERS)
def test_each_api_is_asked_in_its_own_words(bench: Bencher, wire: Wire) -> None:
    at = bench(document(ANSWERS[wire]), wire=wire, team=team(), shape=Shape(output=900))
    assert ask(at) == ("ISO 8601.", False)
    (asked,) = at.provider.asked
    assert asked.path == PLACES[wire]
    assert KEY in str(asked.headers)
    assert at.proxy.token not in str(asked.headers)
    body = json.dumps(asked.json)
    assert "You are the CTO." in body
    assert "The goal: export CSV." in body
    assert "Which format?" in body
    assert "900" in body  # the limit on a turn's output holds for it, too
    assert (at.totals.steps, at.totals.input, at.totals.output) == (1, 100, 10)
    assert at.totals.cost == pytest.approx(100 * 3e-6 + 10 * 15e-6)
    assert [event["step"] for event in at.of("usage")] == [1]


@pytest.mark.parametrize("wire", ANSWERS)
@pytest.mark.parametrize(
    "said", [b"[]", b"{", b'{"content": 5, "choices": [], "output": {}, "candidates": [{"content": []}]}']
)
def test_an_answer_that_is_none_is_told_so(bench: Bencher, wire: Wire, said: bytes) -> None:
    at = bench(Reply([said], headers={"Content-Type": "application/json"}), wire=wire, team=team())
    assert ask(at) == ("cto gave no answer.", True)


def test_the_tool_is_offered_to_whoever_has_the_token(bench: Bencher) -> None:
    at = bench(team=team())
    with at.client() as client:
        (tool,) = client.post("/mcp/team", json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).json()["result"][
            "tools"
        ]
        lacking = client.post("/mcp/team", json={
            "jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "ask", "arguments": {"role": "cto"}},
        }).json()["result"]  # fmt: skip
        refused = client.post("/mcp/team", json={}, headers={"authorization": "Bearer guess"})
    assert tool["inputSchema"]["required"] == ["role", "question"]
    assert "The roles: cto, qa." in tool["description"]
    assert (lacking["isError"], lacking["content"][0]["text"]) == (True, "ask needs question.")
    assert refused.status_code == 401
    assert at.provider.asked == []


def test_a_question_that_waits_long_is_asked_for_again_and_costs_once(bench: Bencher, told_to: Told) -> None:
    tools: list[TeamTool] = []
    make = team(told_to, wait=60.0, patience=0.05)
    at = bench(team=lambda *given: tools.append(make(*given)) or tools[0])
    assert ask(at) == (LATER, False)
    assert ask(at) == (LATER, False)
    told_to.line(line("m1", "Unix time.").strip())
    at.until(tools[0].beat)  # as the attempt does many times a second
    at.until(lambda: ask(at) == ("Unix time.", False))
    assert not tools[0].beat()
    assert [event["type"] for event in at.events if event["type"] in ("call", "done")] == ["call", "done"]
    assert at.of("done")[0]["by"] == "user"
    assert at.provider.asked == []


def test_a_question_to_which_the_agent_comes_back_too_late_is_asked_anew(bench: Bencher, told_to: Told) -> None:
    tools: list[TeamTool] = []
    make = team(told_to, wait=60.0, patience=0.05, gone=0.05)
    at = bench(team=lambda *given: tools.append(make(*given)) or tools[0])
    assert ask(at) == (LATER, False)
    at.until(lambda: bool(at.of("done")))
    assert at.of("done")[0]["reason"] == "stopped"
    assert ask(at) == (LATER, False)
    at.until(lambda: tools[0].beat() or len(at.of("call")) == 2)
    assert at.notices == ""
    assert at.provider.asked == []


def test_the_agent_cannot_ask_without_end_before_anyone_answers(bench: Bencher, told_to: Told) -> None:
    at = bench(team=team(told_to, wait=60.0, patience=0.01))
    with at.client() as client:
        said = [ask_by(client, "cto", f"Question {number}?") for number in range(AT_ONCE + 1)]
        assert said == [(LATER, False)] * AT_ONCE + [("You ask too much at once. Wait for the answers.", True)]
        assert ask_by(client, "cto", "Question 0?") == (LATER, False)


def test_what_nobody_has_answered_is_not_kept(bench: Bencher) -> None:
    tools: list[TeamTool] = []
    make = team(patience=0.0)
    at = bench(team=lambda *given: tools.append(make(*given)) or tools[0])
    with at.client() as client:
        for number in range(AT_ONCE):
            assert ask_by(client, f"nobody {number}", "Which?") == (LATER, False)
        at.until(lambda: tools[0].beat() or len(at.of("done")) == AT_ONCE)
        assert ask_by(client, "one more", "Which?") == (LATER, False)


@pytest.mark.parametrize("id_", [[], {}, [[[1]]]])
def test_an_id_that_is_none_is_refused(bench: Bencher, id_: object) -> None:
    at = bench(team=team())
    with at.client() as client:
        answer = client.post("/mcp/team", json={"jsonrpc": "2.0", "id": id_, "method": "ping"}).json()
    assert (answer["id"], answer["error"]["code"]) == (None, -32600)


def test_questions_at_the_same_time_are_answered_one_after_the_other(bench: Bencher) -> None:
    at = bench(document(ANSWERS["anthropic"]), team=team())
    with ThreadPoolExecutor() as pool:
        said = list(pool.map(lambda number: ask(at, question=f"Question {number}?"), range(4)))
    assert said == [("ISO 8601.", False)] * 4
    assert at.provider.most_flying == 1
    assert [event["type"] for event in at.events if event["type"] in ("call", "done")] == ["call", "done"] * 4


def test_a_key_that_the_provider_refuses_ends_the_attempt(bench: Bencher) -> None:
    at = bench(document({"error": {"message": "invalid x-api-key"}}, status=401), team=team())
    text, failed = ask(at)
    assert failed
    assert "status 401" in text
    with pytest.raises(Ended, match="the provider refused the key"):
        at.proxy.check()


def test_what_looks_like_a_secret_in_a_question_is_withheld_and_a_key_in_the_answer_redacted(bench: Bencher) -> None:
    secret = tokens()["a GitHub token"]
    leaking = {"content": [{"type": "text", "text": f"Use {KEY}."}], "usage": {"input_tokens": 1, "output_tokens": 1}}
    at = bench(document(leaking), team=team(), withholds=True)
    assert ask(at, question=f"Is {secret} the token?") == ("Use [redacted].", False)
    assert secret not in at.provider.asked[0].body.decode()
    assert KEY not in at.log.read_text()


def test_the_end_of_the_work_ends_a_question(bench: Bencher, told_to: Told) -> None:
    at = bench(team=team(told_to, wait=60.0))
    with ThreadPoolExecutor() as pool:
        asking = pool.submit(ask, at)
        at.until(lambda: bool(at.of("call")))
        at.proxy.__exit__(None, None, None)
        assert asking.result() == ("The work has ended.", True)
    assert [event["reason"] for event in at.of("done")] == ["stopped"]


@pytest.fixture
def told_to() -> Told:
    """What a person says, whose own events nobody looks at."""
    return Told(Emitter(os.open(os.devnull, os.O_WRONLY), Redactor(())))
