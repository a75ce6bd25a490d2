"""A run that asks for an answer: what the agent hands over, what is looked up in it, and what is left out."""

import hashlib
from typing import Any

from aideator_agent.protocol import ANSWER_BYTES
from aideator_agent.spec import Check, Limits, Review
from tests.agent.checks.checking import ran
from tests.agent.running import Agent, Record, bash, call, spec_of
from tests.fixtures.repositories import LocalRepository


def answers(text: str) -> dict[str, Any]:
    return {"calls": [call("submit", answer=text)]}


def ask(agent: Agent, repository: LocalRepository, *turns: dict[str, Any], **more: Any) -> Record:
    return agent.run(spec_of(str(repository.path), turns, answer=True, **more))


def test_an_answer_succeeds_with_what_it_cites_looked_up(agent: Agent, repository: LocalRepository) -> None:
    text = "It is set in `a.py:1`.\n\nSee also a.py:2, docs/guide.md:1 and [the text](docs/read%20me.txt).\n"
    record = ask(agent, repository, answers(text))

    assert record.outcome == ("succeeded", None, "")
    assert record.end["summary"] == "It is set in `a.py:1`."
    assert record.text("answer") == text
    assert record.of("output") == []  # nothing is asked of who has answered
    last = record.of("answer")[-1]
    assert last["sha256"] == hashlib.sha256(text.encode()).hexdigest()
    assert [(place["text"], place["path"], place["problem"], place["lines"]) for place in last["citations"]] == [
        ("a.py:2", "a.py", "no_line", 1),
        ("docs/guide.md:1", "docs/guide.md", "no_file", None),
        ("a.py:1", "a.py", "", None),
        ("docs/read%20me.txt", "docs/read me.txt", "", None),
    ]
    assert record.of("patch") == []
    assert [e["name"] for e in record.of("phase") if e["state"] == "begin"] == ["clone", "work", "answer"]


def test_changes_on_the_way_are_told_and_left_out(agent: Agent, repository: LocalRepository) -> None:
    turn = bash("echo 'x = 2' > a.py; echo y > new.py; printf 'a\\nb\\nc\\n' > docs/more.txt")
    record = ask(agent, repository, turn, answers("a.py:1, new.py:1"))
    last = record.of("answer")[-1]
    assert last["changed"] == ["a.py", "docs/more.txt", "new.py"]
    assert [place["problem"] for place in last["citations"]] == ["no_file", ""]  # new.py is not in the base
    assert record.of("patch") == []
    assert record.outcome[0] == "succeeded"


def test_words_without_a_call_are_the_answer_once_the_model_insists(agent: Agent, repository: LocalRepository) -> None:
    record = ask(agent, repository, {"say": "The long answer: a.py:1."}, {"calls": [call("submit")]})
    assert record.text("answer") == "The long answer: a.py:1.\n"
    assert record.of("output") == []
    record = ask(agent, repository, {"say": "An answer."}, {"say": "An answer, again."})
    assert record.text("answer") == "An answer, again.\n"


def test_an_agent_that_hands_over_nothing_has_failed(agent: Agent, repository: LocalRepository) -> None:
    nothing = {"calls": [call("submit", answer="  \n")]}
    record = ask(agent, repository, nothing, nothing, nothing, nothing, nothing)
    assert record.outcome[0] == "failed"
    assert record.of("answer") == []
    assert "submit needs your whole answer" in record.text("output")


def test_an_agent_at_its_limit_has_no_answer(agent: Agent, repository: LocalRepository) -> None:
    record = ask(agent, repository, bash("true"), answers("Late."), limits=Limits(steps=1))
    assert record.outcome == ("limit", None, "steps")
    assert record.of("answer") == []


def test_an_answer_has_a_largest_size(agent: Agent, repository: LocalRepository) -> None:
    record = ask(agent, repository, answers("Wörter, a.py:1. " * 60_000))
    text = record.text("answer")
    assert ANSWER_BYTES * 0.9 < len(text.encode("ascii", "backslashreplace")) <= ANSWER_BYTES + 10
    assert text.rstrip().endswith("[cut]")
    assert record.outcome[0] == "succeeded"


def test_checks_read_the_answer_and_see_the_base(agent: Agent, repository: LocalRepository) -> None:
    checks = (
        Check("cites", "grep -q a.py:1"),
        Check("base", "cat >/dev/null; test \"$(cat a.py)\" = 'x = 1'"),
        Check("no", "grep -q never"),
    )
    record = ask(agent, repository, bash("echo broken > a.py"), answers("See a.py:1."), checks=checks, verify_repeat=2)
    assert ran(record, "answer") == [("cites", 0), ("base", 0), ("no", 1)] * 2
    assert {event["on"] for event in record.of("check")} == {"answer"}
    assert record.of("check")[0]["command"] == "grep -q a.py:1"


def test_a_check_may_write_where_the_answer_lay(agent: Agent, repository: LocalRepository) -> None:
    hostile = Check("hostile", "cat >/dev/null; rm ../answer.md; ln -s /etc/passwd ../answer.md")
    record = ask(agent, repository, answers("Mine."), checks=(hostile, Check("reads", "grep -qx Mine.")))
    assert ran(record, "answer") == [("hostile", 0), ("reads", 0)]


def test_a_key_in_an_answer_is_redacted(agent: Agent, repository: LocalRepository) -> None:
    from aideator_agent.spec import VariationSpec

    variation = VariationSpec(1, "scripted/turns.yaml", keys=("OPENAI_API_KEY",))
    spec = spec_of(
        str(repository.path), [answers("The key is sk-secret-123456.")], answer=True, variations=(variation,)
    )
    record = agent.run(spec, OPENAI_API_KEY="sk-secret-123456")
    assert record.text("answer") == "The key is [redacted].\n"
    assert b"sk-secret-123456" not in b"".join(record.lines)


def test_a_reviewer_is_shown_the_difference_and_may_cite_what_it_removes(
    agent: Agent, repository: LocalRepository
) -> None:
    first = repository.git("rev-parse", "HEAD")
    repository.git("rm", "-q", "docs/read me.txt")
    last = repository.commit({"a.py": "x = 2\n"})
    review = Review("HEAD~1..HEAD", first, last, "-x = 1\n+x = 2\n")
    record = ask(agent, repository, answers("`docs/read me.txt:1` is gone, b/a.py:1 is new."), review=review)
    assert "The difference HEAD~1..HEAD" in record.text("sent")
    assert [place["problem"] for place in record.of("answer")[-1]["citations"]] == ["", ""]
