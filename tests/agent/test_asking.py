"""An agent of a team asks another role, as somebody who follows its events sees it."""

import json
from pathlib import Path
from typing import Any

from aideator_agent import told
from aideator_agent.colleague import Colleagues
from aideator_agent.spec import Limits, VariationSpec
from tests.agent.running import Agent, Event, Record, call, spec_of, submit
from tests.fixtures.repositories import LocalRepository

TEAM = Colleagues({"cto": "You are the CTO.", "qa": "You are QA."}, "The goal: export CSV.\n\nThe plan: csv, docs.")
BACKEND = (VariationSpec(1, "scripted/turns.yaml", role="backend"),)


def ask(role: str, question: str) -> dict[str, Any]:
    return {"calls": [call("ask", role=role, question=question)]}


def answers(record: Record) -> list[tuple[str, str | None, int]]:
    """What came of each question: text, by whom, exit code."""
    found = []
    for done in record.of("done"):
        text = "".join(event["text"] for event in record.of("output") if event["id"] == done["id"])
        found.append((text, done.get("by"), done["exit_code"]))
    return found


def requests(record: Record) -> list[list[Event]]:
    """The messages that each request to the model adds."""
    found: dict[int, str] = {}
    for sent in record.of("sent"):
        found[sent["step"]] = found.get(sent["step"], "") + sent["text"]
    return [[json.loads(line) for line in text.split("\n")] for text in found.values()]


def test_a_role_answers_with_its_own_text_and_the_plan(agent: Agent, repository: LocalRepository) -> None:
    counted = {"usage": {"input": 100, "output": 10}}
    turns = [
        {**ask("cto", "Which format for dates?"), **counted},
        {"say": "ISO 8601, always.", **counted},  # the CTO's words
        {**submit("Dates are ISO 8601."), **counted},
    ]
    record = agent.run(spec_of(str(repository.path), turns, colleagues=TEAM, variations=BACKEND))
    assert answers(record)[0] == ("ISO 8601, always.", "cto", 0)
    assert "ISO 8601" not in record.text("say")  # they are not the agent's own words
    first, consulted, last = requests(record)
    assert [message["role"] for message in consulted] == ["system", "user"]
    assert consulted[0]["content"].startswith("You are the CTO.")
    assert "the backend" in consulted[0]["content"]
    assert consulted[1]["content"].startswith(TEAM.about)
    assert consulted[1]["content"].endswith("Which format for dates?")
    assert [message["content"] for message in last] == ["ISO 8601, always."]  # nothing of the CTO's text
    assert first[-1]["content"].startswith("Make it right.")
    assert record.end["totals"]["input"] == 300  # the question is counted like all else
    assert record.end["totals"]["steps"] == 3


def test_calls_after_a_question_belong_to_the_turn_that_made_them(agent: Agent, repository: LocalRepository) -> None:
    both = {"calls": [*ask("cto", "Which format?")["calls"], call("read_file", path="a.py")]}
    turns = [both, {"say": "ISO 8601."}, submit()]
    record = agent.run(spec_of(str(repository.path), turns, colleagues=TEAM, variations=BACKEND))
    assert [(event["tool"], event["step"]) for event in record.of("call")] == [
        ("ask", 1),
        ("read_file", 1),
        ("submit", 3),
    ]


def test_a_question_that_nobody_can_answer_is_told_to_the_model(agent: Agent, repository: LocalRepository) -> None:
    turns = [ask("ceo", "Shall we?"), ask("cto", " "), {"calls": [call("ask", role="cto")]}, submit()]
    record = agent.run(spec_of(str(repository.path), turns, colleagues=TEAM, variations=BACKEND))
    told_of = [(text, code) for text, by, code in answers(record)[:3] if by is None]
    assert told_of == [
        ("There is no role 'ceo' to ask; there are cto, qa.", 1),
        ("A question has 1 to 4,000 characters.", 1),
        ("ask needs question.", 1),
    ]
    assert record.end["totals"]["steps"] == 4


def test_a_limit_ends_a_question_too(agent: Agent, repository: LocalRepository) -> None:
    turns = [ask("cto", "Which format?"), {"say": "ISO."}, submit()]
    record = agent.run(
        spec_of(str(repository.path), turns, colleagues=TEAM, variations=BACKEND, limits=Limits(steps=1))
    )
    assert record.outcome == ("limit", None, "steps")


def test_without_a_team_there_is_nobody_to_ask(agent: Agent, repository: LocalRepository) -> None:
    record = agent.run(spec_of(str(repository.path), [ask("cto", "Which format?"), submit()]))
    assert answers(record)[0][0].startswith("There is no tool 'ask'")


def test_a_person_answers_in_a_role_s_place(agent: Agent, repository: LocalRepository, tmp_path: Path) -> None:
    file = tmp_path / "told"
    file.touch(0o600)
    waiting = Colleagues(TEAM.roles, TEAM.about, wait=60.0)
    spec = spec_of(
        str(repository.path), [ask("cto", "Which format?"), submit()], colleagues=waiting, variations=BACKEND
    )
    with agent.start(spec, AIDEATOR_TOLD=str(file)) as running:
        running.until(lambda event: event["type"] == "call" and event["tool"] == "ask")
        with file.open("ab") as opened:
            opened.write(told.line("a1", "Unix time."))
        record = running.finish()
    assert answers(record)[0] == ("Unix time.", "user", 0)
    assert [message["content"] for message in requests(record)[-1]] == ["Unix time."]
    assert record.end["totals"]["steps"] == 2


def test_a_question_waits_no_longer_than_it_should(agent: Agent, repository: LocalRepository) -> None:
    waiting = Colleagues(TEAM.roles, TEAM.about, wait=0.2)
    turns = [ask("qa", "Which format?"), {"say": "ISO."}, submit()]
    record = agent.run(spec_of(str(repository.path), turns, colleagues=waiting, variations=BACKEND))
    assert answers(record)[0] == ("ISO.", "qa", 0)
