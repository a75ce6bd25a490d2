"""Real models: LiteLLM over real HTTP to a provider that plays scripts, its faults among them."""

import os
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from aideator_agent.interrupts import Interrupts
from aideator_agent.models.base import (
    ContextExceeded,
    CutTurn,
    KeyRefused,
    LibraryMissing,
    ModelError,
    ModelUnknown,
    PassingFault,
    Piece,
    RateLimited,
    Refused,
    Say,
    ServerFault,
    Think,
    Turn,
)
from aideator_agent.models.litellm_model import LiteLLMModel
from aideator_agent.spec import Limits, Price, VariationSpec
from tests.agent.running import Agent, bash, call, spec_of, submit
from tests.fixtures.quiet_server import QuietServer
from tests.fixtures.repositories import LocalRepository
from tests.fixtures.servers import OpenAIServers

KEY = "sk-0123456789abcdef"
TOOLS = [{"type": "function", "function": {"name": "bash", "parameters": {"type": "object", "properties": {}}}}]
ASKED = [{"role": "user", "content": "Make it right."}]
FAULTS = ["rate_limit", "server_error", "reset", "cut", "garbage", "empty"]
CHANGE = {"calls": [call("write_file", path="ü.txt", content='\N{SNOWMAN} \\ "quoted"\r\n')]}


@pytest.fixture
def agent(asking: Agent) -> Agent:
    return asking


@pytest.fixture(autouse=True)
def environment() -> Iterator[None]:
    """What loading LiteLLM sets is not left to other tests."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


def model(
    url: str | None, *, keys: dict[str, str] | None = None, max_output: int | None = None, **fields: Any
) -> LiteLLMModel:
    named: dict[str, Any] = {"model": "openai/m", "keys": ("OPENAI_API_KEY",), "api_base": url, **fields}
    given = {"OPENAI_API_KEY": KEY} if keys is None else keys
    return LiteLLMModel(VariationSpec(1, **named), given, Interrupts(600), max_output)


def asked(model: LiteLLMModel) -> list[Piece]:
    return list(model.turn(ASKED, TOOLS))


def test_a_turn_comes_in_pieces_and_then_whole(openai_server: OpenAIServers) -> None:
    calls = [call("bash", command="ls ü"), call("bash", command="pwd")]
    script = {
        "say": "Looking around.",
        "think": "Hm, well.",
        "calls": calls,
        "usage": {"input": 50, "output": 8, "cached": 20},
    }
    server = openai_server({"m": [script]}, key=KEY)
    pieces = asked(model(server.url, temperature=0.5, price=Price(0.01, 0.1, 0.001)))
    turn = pieces.pop()
    assert isinstance(turn, Turn)
    assert "".join(p.text for p in pieces if isinstance(p, Say)) == turn.text == "Looking around."
    assert "".join(p.text for p in pieces if isinstance(p, Think)) == "Hm, well."
    assert len(pieces) > 3
    assert [(c.tool, c.arguments) for c in turn.calls] == [("bash", {"command": "ls ü"}), ("bash", {"command": "pwd"})]
    assert (turn.usage.input, turn.usage.output, turn.usage.cached) == (50, 8, 20)
    assert turn.usage.cost == pytest.approx(30 * 0.01 + 20 * 0.001 + 8 * 0.1)
    assert server.requests[0].body["temperature"] == 0.5
    assert server.requests[0].key == KEY


def test_what_nobody_has_named_is_not_sent_and_not_guessed(openai_server: OpenAIServers) -> None:
    server = openai_server({"m": [submit()]})
    turn = asked(model(server.url, keys={}))[-1]
    assert isinstance(turn, Turn)
    assert turn.usage.cost is None
    assert "temperature" not in server.requests[0].body
    assert server.requests[0].key == "none"


def test_a_price_that_litellm_knows_is_the_cost(openai_server: OpenAIServers) -> None:
    server = openai_server({"gpt-4o": [{**submit(), "usage": {"input": 1000, "output": 100}}]})
    turn = asked(model(server.url, model="openai/gpt-4o"))[-1]
    assert isinstance(turn, Turn)
    assert turn.usage.cost == pytest.approx(1000 * 2.5e-6 + 100 * 1e-5)


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        ("rate_limit", RateLimited, "Rate limit reached"),
        ("server_error", ServerFault, "The server had an error"),
        ("reset", ServerFault, "reset by peer"),
        ("cut", CutTurn, "cut off"),
        ("garbage", CutTurn, "incomplete arguments"),
        ("empty", CutTurn, "empty"),
        ("refusal", Refused, "I can't help with that"),
        ("context", ContextExceeded, "maximum context length"),
    ],
)
def test_each_fault_of_a_provider_is_known_for_what_it_is(
    openai_server: OpenAIServers, fault: str, kind: type[ModelError], words: str
) -> None:
    server = openai_server({"m": [{"fault": fault}, submit()]}, retry_after=7)
    with pytest.raises(kind, match=words) as raised:
        asked(model(server.url))
    if isinstance(raised.value, PassingFault):
        assert raised.value.retry_after == (7 if fault == "rate_limit" else None)
    assert "litellm." not in str(raised.value)
    assert len(server.requests) == 1


def test_a_wrong_key_a_missing_key_and_an_unknown_model_are_not_asked_for_again(openai_server: OpenAIServers) -> None:
    server = openai_server({"m": [submit()]}, key=KEY)
    with pytest.raises(KeyRefused, match="Incorrect API key"):
        asked(model(server.url, keys={"OPENAI_API_KEY": "sk-wrong-0123456789"}))
    with pytest.raises(ModelUnknown, match="does not exist"):
        asked(model(server.url, model="openai/other"))
    with pytest.raises(ModelUnknown, match="the provider of this model is not known"):
        asked(model(server.url, model="nonsense"))
    with pytest.raises(KeyRefused, match="OPENAI_API_KEY is not set"):
        asked(model(None, keys={}))
    assert [r.played for r in server.requests] == ["error 401", "error 404"]


def test_a_server_that_is_not_there_is_a_fault_that_may_pass() -> None:
    with pytest.raises(ServerFault):
        asked(model("http://127.0.0.1:1/v1"))


def test_azure_gets_its_key_version_and_deployment() -> None:
    asked: list[tuple[str, str | None]] = []

    class Azure(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append((self.path, self.headers["api-key"]))
            self.send_error(404, "DeploymentNotFound")

        def log_message(self, *_: Any) -> None: ...

    with QuietServer(("127.0.0.1", 0), Azure) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        base = f"http://127.0.0.1:{server.server_address[1]}"
        keys = {"AZURE_API_KEY": KEY, "AZURE_API_BASE": base, "AZURE_API_VERSION": "2024-10-21"}
        azure = LiteLLMModel(VariationSpec(1, "azure/ours", keys=tuple(keys)), keys, Interrupts(300))
        with pytest.raises(ModelError):
            next(azure.turn([{"role": "user", "content": "Hi."}], []))
        server.shutdown()
    assert asked == [("/openai/deployments/ours/chat/completions?api-version=2024-10-21", KEY)]


def test_without_litellm_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "litellm", None)
    missing = model(None)
    with pytest.raises(LibraryMissing, match=r"pip install 'aideator-agent\[models\]'"):
        asked(missing)


def test_an_attempt_with_a_real_provider_survives_every_fault_that_passes(
    agent: Agent, repository: LocalRepository, openai_server: OpenAIServers
) -> None:
    faulty = [turn for n, fault in enumerate(FAULTS) for turn in ({"fault": fault}, bash(f"echo {n}"))]
    script = [{"say": "First.", **bash("env; echo y > a.py")}, *faulty, CHANGE, submit("Changed.")]
    server = openai_server({"m": script}, key=KEY)
    variation = VariationSpec(1, "openai/m", keys=("OPENAI_API_KEY",), api_base=server.url, price=Price(1e-6, 2e-6))
    record = agent.run(spec_of(str(repository.path), variations=(variation,)), OPENAI_API_KEY=KEY)
    assert record.outcome == ("succeeded", None, "")
    assert record.end["summary"] == "Changed."
    assert len([e for e in record.of("notice") if "trying again" in e["text"]]) == len(FAULTS)
    assert record.end["totals"]["steps"] == 3 + len(FAULTS)
    assert record.end["totals"]["cost"] is None, "nobody counted the turns that were cut off"
    assert [e["cost"] is None for e in record.of("usage")].count(True) == 3
    assert record.events[0]["versions"]["litellm"]
    assert '+\u2603 \\ "quoted"\r\n'.encode() in record.patch
    assert KEY.encode() not in b"".join(record.lines)
    assert server.keys == {KEY}
    assert not [e for e in record.of("notice") if e["level"] == "debug"], "LiteLLM printed something"


def test_a_thinking_provider_is_left_behind_at_once(
    agent: Agent, repository: LocalRepository, openai_server: OpenAIServers
) -> None:
    server = openai_server({"m": [bash("echo y > a.py"), {"say": "word " * 1000, "delay": 0.5}]})
    variation = VariationSpec(1, "openai/m", keys=("OPENAI_API_KEY",), api_base=server.url)
    with agent.start(spec_of(str(repository.path), variations=(variation,)), OPENAI_API_KEY=KEY) as running:
        running.until(lambda e: e["type"] == "say")
        running.terminate()
        record = running.finish()
    assert record.code == 143
    assert record.outcome[0] == "cancelled"
    assert (record.end["totals"]["steps"], record.end["totals"]["cost"]) == (2, None)
    assert b"+y" in record.patch


def test_a_limit_of_cost_that_can_not_be_held_ends_the_work(
    agent: Agent, repository: LocalRepository, openai_server: OpenAIServers
) -> None:
    server = openai_server({"m": [CHANGE, submit()]}, key=KEY)
    variation = VariationSpec(1, "openai/m", keys=("OPENAI_API_KEY",), api_base=server.url)
    spec = spec_of(str(repository.path), variations=(variation,), limits=Limits(cost=1.0))
    record = agent.run(spec, OPENAI_API_KEY=KEY)
    assert record.outcome == (
        "failed", "model", "the price of openai/m is unknown, so the limit on its cost can't be enforced",
    )  # fmt: skip
    assert len(server.requests) == 1


def test_a_time_limit_holds_while_litellm_loads(tmp_path: Path, repository: LocalRepository) -> None:
    agent = Agent(tmp_path)
    variation = VariationSpec(1, "openai/m", keys=("OPENAI_API_KEY",))
    spec = spec_of(str(repository.path), variations=(variation,), limits=Limits(seconds=0.5))
    assert agent.run(spec, OPENAI_API_KEY=KEY).outcome == ("limit", None, "time")


def test_no_key_fails_before_anything_is_asked(agent: Agent, repository: LocalRepository, tmp_path: Path) -> None:
    variation = VariationSpec(1, "openai/gpt-4o", keys=("OPENAI_API_KEY",))
    spec = replace(spec_of(str(repository.path)), variations=(variation,))
    record = agent.run(spec, HOME=str(tmp_path), OPENAI_API_KEY="")
    assert record.outcome == ("failed", "model", "no key for openai/gpt-4o: OPENAI_API_KEY is not set")
