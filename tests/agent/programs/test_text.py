"""An agent that speaks no protocol: its output is its words, its exit its end."""

import pytest

from aideator_agent.program import AgentProgram
from aideator_agent.spec import Limits
from tests.agent.programs.conftest import FakeAgent, program
from tests.agent.running import Agent
from tests.fixtures.repositories import LocalRepository


def text(command: str) -> AgentProgram:
    return program(command, protocol="text")


def test_its_output_is_its_words_and_its_task_is_a_file(agent: Agent, fake: FakeAgent, place: dict[str, str]) -> None:
    command = "cat {prompt}; echo; echo on the side >&2; cat; echo 'x = 2' > a.py; echo Changed x."
    record = agent.run(fake.spec(text(command), task="Make x two."), **place)

    assert record.outcome == ("succeeded", None, "")
    assert record.text("say") == "Make x two.\non the side\nChanged x.\n"
    assert record.end["summary"].endswith("Changed x.")
    assert b"+x = 2" in record.patch
    assert record.of("changes")[-1]["files"] == 1


def test_one_that_fails_after_a_change_keeps_it_and_is_told(agent: Agent, fake: FakeAgent) -> None:
    record = agent.run(fake.spec(text("echo 'x = 2' > a.py; exit 4")))

    assert record.outcome == ("succeeded", None, "")
    assert "fake ended with exit code 4." in record.notices("warning")
    assert b"+x = 2" in record.patch


def test_one_that_fails_without_a_change_has_failed(agent: Agent, fake: FakeAgent) -> None:
    record = agent.run(fake.spec(text("echo No such model >&2; exit 4")))

    assert record.outcome == ("failed", "agent", "fake ended with exit code 4 and changed nothing (No such model)")


def test_one_that_changes_nothing_and_is_content(agent: Agent, fake: FakeAgent) -> None:
    assert agent.run(fake.spec(text("true"))).outcome == ("no_changes", None, "")


def test_one_that_is_killed_has_failed_and_its_patch_is_kept(
    agent: Agent, fake: FakeAgent, place: dict[str, str]
) -> None:
    record = agent.run(fake.spec(text("echo 'x = 2' > a.py; kill -9 $$")), **place)

    assert record.outcome[:2] == ("failed", "agent")
    assert "exit 137" in record.end["reason"]
    assert b"+x = 2" in record.patch


def test_one_that_writes_for_ever_is_ended_by_the_time_limit(
    agent: Agent, fake: FakeAgent, place: dict[str, str]
) -> None:
    record = agent.run(fake.spec(text("echo 'x = 2' > a.py; yes '\\xff'"), limits=Limits(seconds=8)), **place)

    assert record.outcome == ("limit", None, "time")
    assert "are left out of the log here" in record.notices("info")
    assert b"+x = 2" in record.patch


@pytest.mark.parametrize("outside", ["{prompt}", '"{prompt}"', "'{prompt}'"])
def test_words_in_a_command_stay_one_word(agent: Agent, fake: FakeAgent, outside: str) -> None:
    record = agent.run(fake.spec(text(f"sh -c 'echo $#' - {outside} {{model}} \"--home={{home}}\"")))

    assert record.text("say") == "3\n"


def test_its_task_ends_with_the_repositorys_instructions_for_aideator(
    agent: Agent, fake: FakeAgent, repository: LocalRepository
) -> None:
    repository.commit({"AGENTS.md": "Use tabs.", ".aideator/instructions.md": "Say why."})
    record = agent.run(fake.spec(text("cat {prompt}"), task="Make x two."))

    assert record.text("say") == "Make x two.\n\nThe repository's .aideator/instructions.md says:\n\nSay why."
