"""A real model serves the loop over HTTP. It is far too small to do a task: what counts is that the loop behaves."""

from aideator_agent.spec import Limits, VariationSpec
from tests.agent.local_model.conftest import Serve
from tests.agent.running import Agent, Record, spec_of
from tests.fixtures.repositories import LocalRepository

WORDS = 16  # tokens of a turn


def attempt(agent: Agent, repository: LocalRepository, url: str, **limits: int) -> Record:
    variation = VariationSpec(1, "openai/smollm2", api_base=url, temperature=0.0, role="none")
    return agent.run(spec_of(str(repository.path), variations=(variation,), limits=Limits(output=WORDS, **limits)))


def test_an_attempt_ends_rightly_and_its_tokens_are_counted(
    agent: Agent, repository: LocalRepository, serve: Serve
) -> None:
    record = attempt(agent, repository, serve(4096, "tools"), steps=2)
    assert record.code in (0, 1)
    assert record.outcome in [("limit", None, "steps"), ("no_changes", None, "")]
    used = record.of("usage")
    assert len(used) == record.end["totals"]["steps"] <= 2
    assert all(event["input"] > 0 and 0 < event["output"] <= WORDS for event in used)
    assert record.end["totals"]["input"] == sum(event["input"] for event in used)
    assert record.end["totals"]["cost"] is None
    assert record.text("say")
    assert not record.notices("error")


def test_a_server_that_takes_no_tools_is_asked_in_text(agent: Agent, repository: LocalRepository, serve: Serve) -> None:
    record = attempt(agent, repository, serve(4096), steps=1)
    assert record.outcome in [("limit", None, "steps"), ("no_changes", None, "")]
    assert "takes no tools" in record.notices("warning")
    assert "--jinja" in record.notices("warning")
    assert record.of("usage")[0]["input"] > 300, "the tools are in the text"


def test_a_task_that_is_longer_than_the_models_window_ends_by_that_limit(
    agent: Agent, repository: LocalRepository, serve: Serve
) -> None:
    repository.commit({"AGENTS.md": "Mind the gap. " * 1000})
    record = attempt(agent, repository, serve(512, "tools"), steps=2)
    assert record.outcome == ("limit", None, "tokens")
    assert "512" in record.notices("warning")
