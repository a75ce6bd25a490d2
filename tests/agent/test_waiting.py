"""A command that waits for a terminal costs a minute, not the attempt, and the model learns why."""

from aideator_agent.spec import Limits
from tests.agent.running import Agent, bash, spec_of, submit
from tests.fixtures.repositories import LocalRepository


def test_a_command_that_waits_is_ended_and_the_model_is_told_what_to_do(
    agent: Agent, repository: LocalRepository
) -> None:
    waits = "mkfifo .git/fifo; read line <.git/fifo"
    turns = [bash(f"echo y > a.py; {waits}"), bash("cat a.py"), submit()]
    record = agent.run(spec_of(str(repository.path), turns, limits=Limits(idle_seconds=1.0)))
    assert record.outcome == ("succeeded", None, "")
    assert [(event["exit_code"], event.get("reason")) for event in record.of("done")][:2] == [
        (None, "waiting"),
        (0, None),
    ]
    assert "for 1 seconds it wrote nothing and used no CPU" in record.text("sent")
    assert record.text("output") == "y\n"
