"""A whole attempt whose agent hunts for the key, on this machine and with its commands in a container of their own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aideator_agent.program import AgentProgram
from aideator_agent.spec import Limits, RunSpec, VariationSpec
from tests.agent.proxy.conftest import KEY, PRICE
from tests.agent.proxy.hunting import HUNT, expect_no_key
from tests.agent.running import Agent, spec_of
from tests.agent.shell.containers import Container, can_isolate
from tests.fixtures.provider import Provider, document
from tests.fixtures.repositories import LocalRepository

ANSWER = document({"content": [{"text": f"your key is {KEY}"}], "usage": {"input_tokens": 1000, "output_tokens": 100}})
NAMES = ("ANTHROPIC_API_KEY",)


@pytest.fixture
def agent(afresh: Agent) -> Agent:
    return afresh


@pytest.fixture
def repository(tmp_path: Path) -> LocalRepository:
    repository = LocalRepository(tmp_path / "source")
    repository.commit({"hunt.py": HUNT, "a.py": "x = 1\n"})
    return repository


@pytest.fixture
def channel(agent: Agent) -> Iterator[Path]:
    channel = agent.folder / "channel"
    channel.mkdir()
    container = Container(channel, ["sh"])
    container.start()
    yield channel
    container.close()


def spec(repository: LocalRepository, provider: Provider, command: str, **more: Any) -> RunSpec:
    program = AgentProgram("hunter", "text", command, "anthropic", provider.url)
    variation = VariationSpec(1, "anthropic/claude-test", keys=NAMES, price=PRICE, agent=program)
    return spec_of(str(repository.path), variations=(variation,), **more)


def test_an_agent_on_this_machine_finds_no_key(agent: Agent, repository: LocalRepository) -> None:
    with Provider(ANSWER) as provider:
        record = agent.run(
            spec(repository, provider, "python3 hunt.py {url} {token} /v1/messages"), ANTHROPIC_API_KEY=KEY
        )
        expect_no_key(record)
        assert {asked.headers["x-api-key"] for asked in provider.asked} == {KEY}
    assert record.outcome == ("succeeded", None, "")
    assert b"+x = 2" in record.patch
    assert record.end["totals"]["steps"] == len(record.of("usage")) == 1


@pytest.mark.skipif(not can_isolate(), reason="a container of one's own needs root and unshare")
def test_an_agent_in_a_container_finds_no_key(agent: Agent, repository: LocalRepository, channel: Path) -> None:
    with Provider(ANSWER) as provider:
        command = "python3 hunt.py {url} {token} /v1/messages memory"
        record = agent.run(spec(repository, provider, command), ANTHROPIC_API_KEY=KEY, AIDEATOR_CHANNEL=str(channel))
        hunted = expect_no_key(record)
    assert record.outcome == ("succeeded", None, "")
    assert hunted["written"] == []  # of the channel, which the agent alone fills


@pytest.mark.parametrize(
    ("limits", "word"),
    [
        (Limits(steps=5), "steps"),
        (Limits(cost=0.02), "cost"),
        (Limits(tokens=5000), "tokens"),
    ],
)
def test_an_agent_that_never_stops_is_ended_by_its_limit_and_leaves_its_patch(
    agent: Agent, repository: LocalRepository, limits: Limits, word: str
) -> None:
    with Provider(ANSWER) as provider:
        asked = spec(repository, provider, "python3 hunt.py {url} {token} /v1/messages forever", limits=limits)
        record = agent.run(asked, ANTHROPIC_API_KEY=KEY)
    assert record.outcome == ("limit", None, word)
    assert b"+x = 2" in record.patch
    assert len(provider.asked) == record.end["totals"]["steps"] == 5
    assert record.end["totals"]["cost"] == pytest.approx(5 * 0.0045)


def test_an_agent_that_never_stops_is_ended_by_its_time_and_leaves_its_patch(
    agent: Agent, repository: LocalRepository
) -> None:
    for seconds in (3, 12, 48):  # on a busy machine it may not have begun by then
        with Provider(ANSWER) as provider:
            limits = Limits(seconds=seconds, steps=100_000)
            asked = spec(repository, provider, "python3 hunt.py {url} {token} /v1/messages forever", limits=limits)
            record = agent.run(asked, ANTHROPIC_API_KEY=KEY)
        assert record.outcome == ("limit", None, "time")
        if len(provider.asked) > 1:
            break
    assert b"+x = 2" in record.patch


def test_a_key_of_the_wrong_provider_ends_the_attempt_with_one_line(agent: Agent, repository: LocalRepository) -> None:
    refusal = document(
        {"type": "error", "error": {"type": "authentication_error", "message": "invalid x-api-key"}}, 401
    )
    with Provider(refusal) as provider:
        record = agent.run(
            spec(repository, provider, "python3 hunt.py {url} {token} /v1/messages forever"), ANTHROPIC_API_KEY=KEY
        )
    outcome, fault, reason = record.outcome
    assert (outcome, fault) == ("failed", "model")
    assert "the provider refused the key" in reason
    assert "invalid x-api-key" in reason
    assert len(provider.asked) == 1
