"""The temperature and the length of an answer that the user sets hold for every agent: the key proxy writes them into requests."""

from collections.abc import Callable
from typing import Any

import pytest

from aideator_agent.program import Wire
from aideator_agent.proxy import Shape
from tests.agent.proxy.conftest import Bencher
from tests.fixtures.provider import document

REASONING = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."


@pytest.mark.parametrize(
    ("wire", "asked", "sent"),
    [
        ("openai", {}, {"temperature": 0.2, "max_tokens": 500}),
        (
            "openai",
            {"temperature": 1, "max_completion_tokens": 9000},
            {"temperature": 0.2, "max_completion_tokens": 500},
        ),
        ("openai", {"max_tokens": 100}, {"temperature": 0.2, "max_tokens": 100}),
        ("responses", {"max_output_tokens": 9000}, {"temperature": 0.2, "max_output_tokens": 500}),
        ("responses", {}, {"temperature": 0.2, "max_output_tokens": 500}),
        ("anthropic", {"max_tokens": 32000}, {"temperature": 0.2, "max_tokens": 500}),
        ("gemini", {}, {"generationConfig": {"temperature": 0.2, "maxOutputTokens": 500}}),
        (
            "gemini",
            {"generationConfig": {"temperature": 0, "maxOutputTokens": 64, "topP": 0.9}},
            {"generationConfig": {"temperature": 0.2, "maxOutputTokens": 64, "topP": 0.9}},
        ),
    ],
)
def test_the_model_is_asked_as_the_user_says_whatever_the_agent_asks(
    bench: Bencher, wire: Wire, asked: dict[str, Any], sent: dict[str, Any]
) -> None:
    at = bench(wire=wire, shape=Shape(0.2, 500))
    assert at.ask(**asked).status_code == 200
    assert at.provider.asked[0].json == {"model": "claude-test", **sent}


@pytest.mark.parametrize(
    ("budget", "output", "sent"),
    [(1024, 4000, {"budget_tokens": 1024}), (8000, 4000, {"budget_tokens": 2000}), (8000, 1500, None)],
)
def test_thoughts_get_no_more_than_the_answer_that_holds_them(
    bench: Bencher, budget: int, output: int, sent: dict[str, int] | None
) -> None:
    at = bench(shape=Shape(output=output))
    at.ask(max_tokens=32000, thinking={"type": "enabled", "budget_tokens": budget})
    assert at.provider.asked[0].json.get("thinking") == (sent and {"type": "enabled", **sent})


def test_a_model_that_takes_no_temperature_is_asked_without_it_and_that_is_said_once(bench: Bencher) -> None:
    refusal = document({"error": {"message": "Unsupported value: 'temperature' does not support 0.2"}}, status=400)
    at = bench(refusal, document({}), wire="responses", shape=Shape(0.2))
    assert at.ask(temperature=1).status_code == 200
    assert at.ask(temperature=1).status_code == 200
    assert [asked.json["temperature"] for asked in at.provider.asked] == [0.2, 1, 1]
    assert at.notices.count("The provider refuses temperature, so the model is asked without it") == 1
    assert at.totals.steps == 2


def test_a_model_that_knows_the_length_by_another_name_is_asked_by_that(bench: Bencher) -> None:
    at = bench(
        document({"error": {"message": REASONING}}, status=400), document({}), wire="openai", shape=Shape(output=500)
    )
    assert at.ask().status_code == 200
    assert at.ask().status_code == 200
    names = [name for asked in at.provider.asked for name in asked.json if name.startswith("max")]
    assert names == ["max_tokens", "max_completion_tokens", "max_completion_tokens"]
    assert "refuses" not in at.notices


def test_another_error_is_the_agents_to_read(bench: Bencher) -> None:
    at = bench(document({"error": {"message": "Unknown model"}}, status=400), wire="openai", shape=Shape(0.2, 500))
    assert at.ask().json() == {"error": {"message": "Unknown model"}}
    assert len(at.provider.asked) == 1


def test_what_asks_for_no_words_stays_as_it_is(bench: Bencher) -> None:
    at = bench(shape=Shape(0.2, 500))
    with at.client() as client:
        client.post("/v1/messages/count_tokens", json={"model": "claude-test"})
    assert at.provider.asked[0].json == {"model": "claude-test"}


OFFERED = ("Read", "Bash", "mcp__tracker__search", "mcp__tracker__delete", "mcp__other__search")
KEPT = ["Read", "mcp__tracker__search"]
FORMS: dict[str, Callable[[str], dict[str, Any]]] = {
    "anthropic": lambda name: {"name": name, "input_schema": {}},
    "openai": lambda name: {"type": "function", "function": {"name": name}},
    "responses": lambda name: {"type": "function", "name": name},
}


@pytest.mark.parametrize("wire", FORMS)
def test_the_model_is_offered_the_tools_of_the_role_alone(bench: Bencher, wire: Wire) -> None:
    at = bench(wire=wire, shape=Shape(tools=("Read",), served=("read_file", "tracker__search")))
    form = FORMS[wire]
    at.ask(tools=[form(name) for name in OFFERED], tool_choice="auto")
    assert at.provider.asked[0].json == {"model": "claude-test", "tools": [form(name) for name in KEPT]}


def test_groups_of_tools_are_looked_into_and_what_has_no_name_goes_by_its_type(bench: Bencher) -> None:
    at = bench(wire="responses", shape=Shape(tools=("exec_command",), served=("tracker",)))
    inner = [{"type": "function", "name": "search"}]
    spaces = [{"type": "namespace", "name": name, "tools": inner} for name in ("mcp__tracker", "mcp__other")]
    shell = {"type": "function", "name": "exec_command"}
    at.ask(tools=[shell, {"type": "web_search"}, *spaces])
    assert at.provider.asked[0].json["tools"] == [shell, spaces[0]]


def test_without_any_tool_left_the_request_has_none(bench: Bencher) -> None:
    at = bench(wire="gemini", shape=Shape(tools=("read_file",)))
    declared = {"functionDeclarations": [{"name": "run_shell_command"}]}
    at.ask(tools=[declared, {"googleSearch": {}}], toolConfig={"functionCallingConfig": {"mode": "ANY"}})
    assert at.provider.asked[0].json == {"model": "claude-test"}
