"""A program's model is reached through the key proxy, which counts for it and holds its limits."""

import socket
from dataclasses import replace
from typing import Any

import pytest

from aideator_agent.spec import Limits, Price, RunSpec
from tests.agent.programs.conftest import FakeAgent
from tests.agent.running import Agent
from tests.fixtures.servers import OpenAIServers, ScriptedOpenAI

KEY = "sk-the-real-key-0123456789"
CHANGE = {"run": "echo 'x = 2' > a.py"}
TURN = {"say": "On.", "usage": {"input": 100, "output": 10}}


@pytest.fixture
def provider(openai_server: OpenAIServers) -> ScriptedOpenAI:
    return openai_server({"fake": [TURN] * 100}, key=KEY)


def asking(fake: FakeAgent, provider: ScriptedOpenAI, *steps: dict[str, Any], **limits: Any) -> RunSpec:
    agent = replace(fake.plays(*steps), upstream=provider.url)
    spec = fake.spec(agent, limits=Limits(**limits))
    (variation,) = spec.variations
    return replace(spec, variations=(replace(variation, price=Price(1e-6, 1e-5)),))


def test_each_request_is_a_step_and_the_agent_never_has_the_key(
    agent: Agent, fake: FakeAgent, provider: ScriptedOpenAI, place: dict[str, str]
) -> None:
    spec = asking(fake, provider, {"model": 2}, CHANGE, {"run": "env"}, {"model": 1}, {"say": "Done."})
    record = agent.run(spec, OPENAI_API_KEY=KEY, **place)

    assert record.outcome == ("succeeded", None, "")
    assert [e["step"] for e in record.of("usage")] == [1, 2, 3]
    assert {e["step"] for e in record.of("call")} <= {2, 3}
    totals = record.end["totals"]
    assert (totals["steps"], totals["input"], totals["output"]) == (3, 300, 30)
    assert totals["cost"] == pytest.approx(0.0006)
    assert b"OPENAI_API_KEY=" in "".join(record.text("output")).encode()
    assert not any(KEY.encode() in line for line in record.lines)


@pytest.mark.parametrize(
    ("limits", "word"), [({"steps": 3}, "steps"), ({"cost": 0.0007}, "cost"), ({"seconds": 12.0}, "time")]
)
def test_an_agent_that_never_stops_is_ended_by_its_limits_with_its_patch_kept(
    agent: Agent, fake: FakeAgent, provider: ScriptedOpenAI, limits: dict[str, Any], word: str
) -> None:
    forever = {"wait": True} if word == "time" else {"model": 1_000_000}
    record = agent.run(asking(fake, provider, CHANGE, {"say": "On."}, forever, **limits), OPENAI_API_KEY=KEY)

    assert record.outcome == ("limit", None, word)
    assert record.end["totals"]["steps"] <= 4
    assert b"+x = 2" in record.patch


def test_a_refused_key_is_the_end(agent: Agent, fake: FakeAgent, provider: ScriptedOpenAI) -> None:
    record = agent.run(asking(fake, provider, CHANGE, {"model": 1_000_000}), OPENAI_API_KEY="sk-of-somebody-else-123")

    assert record.outcome[:2] == ("failed", "model")
    assert b"+x = 2" in record.patch


@pytest.mark.parametrize("last", [{"say": "Done."}, {"wait": True}, {"die": 3}])
def test_what_an_agent_uses_that_goes_another_way_is_unknown_however_it_ends(
    agent: Agent, fake: FakeAgent, last: dict[str, Any]
) -> None:
    with agent.start(fake.spec(fake.plays(CHANGE, {"say": "On."}, last))) as running:
        running.until(lambda e: e["type"] == "say")
        if "wait" in last:
            running.terminate()
        record = running.finish()

    assert record.outcome[0] == {"say": "succeeded", "wait": "cancelled", "die": "failed"}[next(iter(last))]
    assert (record.end["totals"]["input"], record.end["totals"]["cost"]) == (None, None)
    assert "fake asked no model through AIdeator" in record.notices("warning")
    assert len(record.of("sent")) == 1


@pytest.mark.parametrize("change", [False, True])
def test_a_model_that_can_not_be_reached_is_told_as_the_reason_if_nothing_came_of_it(
    agent: Agent, fake: FakeAgent, change: bool
) -> None:
    steps = [{"model": 2}, *([CHANGE] if change else []), {"say": "My provider seems to be down."}]
    record = agent.run(fake.spec(fake.plays(*steps)))

    why = "fake got no answer from its model: the provider can't be reached: "
    if change:
        assert record.outcome == ("succeeded", None, "")
    else:
        assert record.outcome[:2] == ("failed", "model")
        assert record.outcome[2].startswith(why), record.outcome
    assert (record.end["totals"]["steps"], record.end["totals"]["cost"]) == (0, 0.0)
    assert "asked no model" not in record.notices()


@pytest.mark.parametrize("script", [{"initialize": {"protocolVersion": 2}}, {"session": {}}])
def test_an_agent_that_never_got_its_task_has_cost_nothing(
    agent: Agent, fake: FakeAgent, script: dict[str, Any]
) -> None:
    record = agent.run(fake.spec(fake.plays(**script)))

    assert (record.end["totals"]["input"], record.end["totals"]["cost"]) == (0, 0.0)
    assert not record.of("sent")


def test_a_request_that_the_end_cuts_off_has_cost_nobody_knows_what(agent: Agent, fake: FakeAgent) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes requests and answers none
        upstream = f"http://127.0.0.1:{silent.getsockname()[1]}/v1"
        spec = fake.spec(replace(fake.plays({"model": 1}), upstream=upstream))
        with agent.start(spec, OPENAI_API_KEY=KEY) as running:
            running.until(lambda e: e["type"] == "sent")
            running.terminate()
            record = running.finish()

    assert record.outcome[0] == "cancelled"
    assert (record.end["totals"]["steps"], record.end["totals"]["cost"]) == (1, None)
