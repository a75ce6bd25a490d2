"""The scripted provider through the real LiteLLM: every kind of turn, and every fault, over HTTP."""

import functools
import json
import os
import threading
import time
from types import ModuleType
from typing import Any

import httpx
import pytest

from tests.fixtures.servers import OpenAIServers, ScriptedOpenAI

Messages = list[dict[str, Any]]
Script = list[dict[str, Any]]


BEGIN: Messages = [{"role": "system", "content": "You are an engineer."}, {"role": "user", "content": "Mend it."}]
TOOL = {"type": "function", "function": {"name": "bash", "parameters": {"type": "object", "properties": {}}}}
ASCII_AND_NOT = {"path": "Über maß.py", "old": 'x = "1"\n\t\\', "new": "🙂" * 30, "count": 12345.5, "all": None}


@functools.cache
def litellm() -> ModuleType:
    """Imported by the first test that asks it, since that takes seconds: every worker collects this file."""
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # before its import: no network
    import litellm

    litellm.suppress_debug_info = True
    return litellm


class Heard:
    """A streamed turn, put together by hand."""

    def __init__(self, stream: Any) -> None:
        self.say: list[str] = []
        self.think: list[str] = []
        self.calls: dict[int, dict[str, str]] = {}
        self.pieces = 0
        self.finish: str | None = None
        self.usage: Any = None
        for chunk in stream:
            self.usage = getattr(chunk, "usage", None) or self.usage
            for choice in chunk.choices:
                self.finish = choice.finish_reason or self.finish
                self._take(choice.delta)

    def _take(self, delta: Any) -> None:
        if delta.content:
            self.say.append(delta.content)
        if getattr(delta, "reasoning_content", None):
            self.think.append(delta.reasoning_content)
        for call in delta.tool_calls or []:
            known = self.calls.setdefault(call.index, {"id": "", "name": "", "arguments": ""})
            known["id"] = call.id or known["id"]
            known["name"] = call.function.name or known["name"]
            known["arguments"] += call.function.arguments or ""
            self.pieces += 1

    @property
    def message(self) -> dict[str, Any]:
        calls = [
            {"id": c["id"], "type": "function", "function": {"name": c["name"], "arguments": c["arguments"]}}
            for c in self.calls.values()
        ]
        return {"role": "assistant", "content": "".join(self.say) or None} | ({"tool_calls": calls} if calls else {})

    @property
    def answers(self) -> Messages:
        return [{"role": "tool", "tool_call_id": c["id"], "content": "done"} for c in self.calls.values()]


def ask(
    server: ScriptedOpenAI, messages: Messages = BEGIN, *, key: str = "sk-test", model: str = "m", **settings: Any
) -> Any:
    return litellm().completion(
        model=f"openai/{model}",
        api_base=server.url,
        api_key=key,
        messages=messages,
        tools=[TOOL],
        max_retries=0,
        timeout=10,
        **settings,
    )


def hear(server: ScriptedOpenAI, messages: Messages = BEGIN, **settings: Any) -> Heard:
    return Heard(ask(server, messages, stream=True, stream_options={"include_usage": True}, **settings))


def converse(server: ScriptedOpenAI, turns: int, *, key: str = "sk-test", model: str = "m") -> list[Heard]:
    """As an agent does it: each turn is asked for with all before it."""
    messages, heard = list(BEGIN), []
    for _ in range(turns):
        heard.append(hear(server, messages, key=key, model=model))
        messages += [heard[-1].message, *heard[-1].answers]
    return heard


def test_words_and_reasoning_come_in_pieces_and_usage_at_the_end(openai_server: OpenAIServers) -> None:
    turn = {
        "say": "Looking around,\n carefully.",
        "think": "Where is it?",
        "usage": {"input": 1200, "output": 80, "cached": 64, "reasoning": 9},
    }
    heard = hear(openai_server({"m": [turn]}))
    assert "".join(heard.say) == "Looking around,\n carefully."
    assert len(heard.say) == 3
    assert "".join(heard.think) == "Where is it?"
    assert heard.finish == "stop"
    assert (heard.usage.prompt_tokens, heard.usage.completion_tokens) == (1200, 80)
    assert heard.usage.prompt_tokens_details.cached_tokens == 64
    assert heard.usage.completion_tokens_details.reasoning_tokens == 9


def test_calls_come_in_odd_pieces_and_whole_in_the_end(openai_server: OpenAIServers) -> None:
    calls = [{"tool": "str_replace", "arguments": ASCII_AND_NOT}, {"tool": "bash", "arguments": {"command": "ls"}}]
    heard = hear(openai_server({"m": [{"calls": calls}]}))
    assert heard.finish == "tool_calls"
    assert [c["name"] for c in heard.calls.values()] == ["str_replace", "bash"]
    assert len({c["id"] for c in heard.calls.values()}) == 2
    assert [json.loads(c["arguments"]) for c in heard.calls.values()] == [
        ASCII_AND_NOT,
        {"command": "ls"},
    ]
    assert heard.pieces > 20


def test_a_large_file_comes_quickly_enough(openai_server: OpenAIServers) -> None:
    content = "a line of text\n" * 20_000
    turn = {"calls": [{"tool": "write_file", "arguments": {"path": "big", "content": content}}]}
    heard = hear(openai_server({"m": [turn]}))
    assert json.loads(heard.calls[0]["arguments"])["content"] == content
    assert heard.pieces < 100


def test_a_conversation_plays_the_script_in_order_and_submits_at_its_end(openai_server: OpenAIServers) -> None:
    script: Script = [{"say": "one"}, {"calls": [{"tool": "bash", "arguments": {}}]}, {"think": "three"}]
    heard = converse(openai_server({"m": script}), 4)
    assert heard[0].say == ["one"]
    assert heard[1].calls[0]["name"] == "bash"
    assert heard[2].think == ["three"]
    assert heard[3].calls[0]["name"] == "submit"


def test_without_streaming_the_turn_comes_whole(openai_server: OpenAIServers) -> None:
    turn = {
        "say": "Now.",
        "think": "Hm.",
        "calls": [{"tool": "bash", "arguments": ASCII_AND_NOT}],
        "usage": {"input": 5},
    }
    answer = ask(openai_server({"m": [turn]}))
    message = answer.choices[0].message
    assert (message.content, message.reasoning_content, answer.choices[0].finish_reason) == (
        "Now.",
        "Hm.",
        "tool_calls",
    )
    assert json.loads(message.tool_calls[0].function.arguments) == ASCII_AND_NOT
    assert answer.usage.prompt_tokens == 5


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("rate_limit", "RateLimitError"),
        ("server_error", "InternalServerError"),
        ("context", "ContextWindowExceededError"),
        ("reset", "MidStreamFallbackError"),
    ],
)
def test_a_fault_that_is_an_error_is_raised_once_and_then_the_turn_comes(
    openai_server: OpenAIServers, fault: str, error: str
) -> None:
    server = openai_server({"m": [{"fault": fault}, {"say": "Back."}]})
    with pytest.raises(getattr(litellm().exceptions, error)):
        hear(server)
    assert hear(server).say == ["Back."]
    assert [asked.played for asked in server.requests] == [f"fault {fault}", "turn 0"]


def test_a_rate_limit_says_when_to_ask_again(openai_server: OpenAIServers) -> None:
    server = openai_server({"m": [{"fault": "rate_limit"}]}, retry_after=1)
    with pytest.raises(litellm().RateLimitError) as caught:
        hear(server)
    assert caught.value.litellm_response_headers["retry-after"] == "1"


def test_a_reset_comes_in_mid_stream_as_a_reset(openai_server: OpenAIServers) -> None:
    server = openai_server({"m": [{"fault": "reset"}]})
    body = {"model": "m", "messages": BEGIN, "stream": True}
    came: list[bytes] = []
    with (
        httpx.stream("POST", f"{server.url}/chat/completions", json=body) as answer,
        pytest.raises(httpx.ReadError, match="reset"),
    ):
        came.extend(answer.iter_raw())
    assert b'"content": " was"' in b"".join(came)


def test_a_cut_stream_ends_cleanly_in_half_a_call_and_litellm_takes_it_for_whole(openai_server: OpenAIServers) -> None:
    heard = hear(openai_server({"m": [{"fault": "cut"}]}))
    assert heard.calls[0]["arguments"] == '{"command": "ls'
    assert heard.finish in ("stop", "tool_calls")  # LiteLLM's invention


def test_a_cut_stream_has_neither_an_end_nor_usage_on_the_wire(openai_server: OpenAIServers) -> None:
    body = {"model": "m", "messages": BEGIN, "stream": True, "stream_options": {"include_usage": True}}
    text = httpx.post(f"{openai_server({'m': [{'fault': 'cut'}]}).url}/chat/completions", json=body).text
    assert "[DONE]" not in text
    assert "usage" not in text
    assert '"finish_reason": "' not in text


def test_garbage_is_a_whole_turn_whose_arguments_are_no_json(openai_server: OpenAIServers) -> None:
    heard = hear(openai_server({"m": [{"fault": "garbage"}]}))
    assert (heard.finish, heard.calls[0]["arguments"]) == ("tool_calls", '{"command": "ls')
    assert heard.usage.completion_tokens == 10


def test_a_refusal_is_filtered_content(openai_server: OpenAIServers) -> None:
    heard = hear(openai_server({"m": [{"fault": "refusal"}]}))
    assert (heard.finish, "".join(heard.say)) == ("content_filter", "I can't help with that.")


def test_an_empty_turn_says_nothing(openai_server: OpenAIServers) -> None:
    heard = hear(openai_server({"m": [{"fault": "empty"}]}))
    assert (heard.finish, heard.say, heard.calls) == ("stop", [], {})


@pytest.mark.parametrize("fault", ["cut", "garbage", "refusal", "empty"])
def test_an_agent_that_keeps_what_a_fault_gave_it_still_gets_the_next_turn(
    openai_server: OpenAIServers, fault: str
) -> None:
    heard = converse(openai_server({"m": [{"say": "one"}, {"fault": fault}, {"say": "two"}]}), 3)
    assert [h.say for h in (heard[0], heard[2])] == [["one"], ["two"]]


def test_faults_in_a_row_and_at_the_end_are_played_each(openai_server: OpenAIServers) -> None:
    server = openai_server({"m": [{"fault": "rate_limit"}, {"fault": "server_error"}]})
    for error in (litellm().RateLimitError, litellm().InternalServerError):
        with pytest.raises(error):
            hear(server)
    assert hear(server).calls[0]["name"] == "submit"


def test_agents_at_the_same_time_do_not_mix(openai_server: OpenAIServers) -> None:
    script: Script = [
        {"say": "one"},
        {"fault": "rate_limit"},
        {"calls": [{"tool": "bash", "arguments": {}}]},
        {"say": "three"},
    ]
    server = openai_server({"m": script, "n": [{"say": "other"}, {"fault": "empty"}, {"say": "words"}]})
    heard: dict[str, Any] = {}

    def work(name: str, model: str) -> None:
        heard[name] = _until_submit(server, name, model)

    agents = [(f"sk-{number}", "n" if number == 3 else "m") for number in range(4)]
    threads = [threading.Thread(target=work, args=agent) for agent in agents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert all(
        heard[key] == ["one", "RateLimitError", "bash", "three", "submit"] for key, model in agents if model == "m"
    )
    assert heard["sk-3"] == ["other", "", "words", "submit"]
    assert server.keys == {"sk-0", "sk-1", "sk-2", "sk-3"}


def _until_submit(server: ScriptedOpenAI, key: str, model: str) -> list[str]:
    messages, said = list(BEGIN), [""]
    while said[-1] != "submit" and len(said) < 10:
        try:
            heard = hear(server, messages, key=key, model=model)
        except litellm().RateLimitError:
            said.append("RateLimitError")
            continue
        said.append("".join(heard.say) or "".join(c["name"] for c in heard.calls.values()))
        if said[-1]:
            messages += [heard.message, *heard.answers]
    return said[1:]


def test_what_was_asked_is_recorded(openai_server: OpenAIServers) -> None:
    server = openai_server({"m": []})
    hear(server, temperature=0.5)
    (asked,) = server.requests
    assert (asked.model, asked.key, asked.messages, asked.tools) == ("m", "sk-test", BEGIN, ("bash",))
    assert asked.body["temperature"] == 0.5


def test_a_wrong_key_an_unknown_model_and_a_call_without_answer_are_refused_as_providers_do(
    openai_server: OpenAIServers,
) -> None:
    server = openai_server({"m": []}, key="sk-right")
    with pytest.raises(litellm().AuthenticationError):
        hear(server, key="sk-wrong")
    with pytest.raises(litellm().NotFoundError):
        hear(server, key="sk-right", model="other")
    unanswered = {"id": "call_0_0", "type": "function", "function": {"name": "bash", "arguments": "{}"}}
    with pytest.raises(litellm().BadRequestError, match="missing: call_0_0"):
        hear(server, [*BEGIN, {"role": "assistant", "tool_calls": [unanswered]}, BEGIN[1]], key="sk-right")


def test_models_are_listed(openai_server: OpenAIServers) -> None:
    server = openai_server({"m": [], "n": []})
    assert [model["id"] for model in httpx.get(f"{server.url}/models").json()["data"]] == ["m", "n"]


def test_usage_comes_only_when_it_is_asked_for(openai_server: OpenAIServers) -> None:
    body = {"model": "m", "messages": BEGIN, "stream": True}
    assert "usage" not in httpx.post(f"{openai_server({'m': []}).url}/chat/completions", json=body).text


def test_a_slow_turn_takes_its_time_before_it_and_between_its_pieces(openai_server: OpenAIServers) -> None:
    server = openai_server({"m": [{"say": "one two three", "delay": 0.1}]})

    def between_its_pieces() -> float:
        began = time.monotonic()
        came = [time.monotonic() - began for chunk in ask(server, stream=True) if chunk.choices[0].delta.content]
        assert came[0] >= 0.2  # the turn's own, and the piece that only names the role
        assert came[2] >= 0.39
        return came[2] - came[0]

    # Who reads the first piece late finds the others closer to it: on a busy machine it takes more than one look.
    assert any(between_its_pieces() >= 0.19 for _ in range(10))


def test_the_server_ends_while_a_slow_turn_is_at_work() -> None:
    with ScriptedOpenAI({"m": [{"say": "one two three", "delay": 60}]}) as server:
        thread = threading.Thread(target=hear, args=(server,), daemon=True)
        thread.start()
        while not server.requests:
            thread.join(timeout=0.01)
        assert thread.is_alive()
    thread.join(timeout=10)
    assert not thread.is_alive()
