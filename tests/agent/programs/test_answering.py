"""Programs that are asked a question: their last words are the answer."""

from aideator_agent.spec import Review
from tests.agent.programs.conftest import FakeAgent, program
from tests.agent.running import Agent

REVIEW = Review("main..feature", "1" * 40, "2" * 40, "-x = 0\n+x = 1\n")


def test_the_last_message_of_an_agent_is_its_answer(agent: Agent, fake: FakeAgent) -> None:
    steps = [
        {"say": "I look."},
        {"run": "cat a.py; echo y > b.py"},
        {"say": "It is set in "},
        {"say": "a.py:1, not b.py:1."},
    ]
    record = agent.run(fake.spec(fake.plays(*steps), answer=True))

    assert record.outcome == ("succeeded", None, "")
    assert record.text("answer") == "It is set in a.py:1, not b.py:1.\n"
    last = record.of("answer")[-1]
    assert [(place["path"], place["problem"]) for place in last["citations"]] == [("b.py", "no_file"), ("a.py", "")]
    assert last["changed"] == ["b.py"]
    assert record.of("patch") == []


def test_it_is_shown_the_difference_to_review(agent: Agent, fake: FakeAgent) -> None:
    agent.run(fake.spec(fake.plays({"say": "Fine."}), answer=True, task="Review it.", review=REVIEW))
    (prompt,) = (asked["prompt"][0]["text"] for asked in fake.notes("prompt"))
    assert prompt.startswith("Review it.\n\nThe difference main..feature")
    assert prompt.endswith("-x = 0\n+x = 1\n")


def test_an_agent_that_says_nothing_has_no_answer(agent: Agent, fake: FakeAgent) -> None:
    record = agent.run(fake.spec(fake.plays({"run": "true"}), answer=True))
    assert record.outcome == ("failed", "agent", "the agent ended without an answer")


def test_what_a_command_prints_is_its_answer(agent: Agent, fake: FakeAgent) -> None:
    lines = "\n".join(f"{number} a.py:1" for number in range(30))
    record = agent.run(fake.spec(program(f"echo '{lines}'", protocol="text"), answer=True))
    assert record.text("answer") == f"{lines}\n"
