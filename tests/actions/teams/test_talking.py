"""What the roles of a team, and a person, have said to each other: each message once, and whether a question waits."""

from pathlib import Path
from typing import Any

import pytest

from aideator_agent.spec import TeamStep
from aideator_cli.actions.here import Here
from aideator_cli.actions.teams import knowing
from aideator_cli.actions.teams.talking import Talk
from aideator_cli.domain.attempts import Attempt
from aideator_cli.domain.handing import Message
from aideator_cli.domain.teams import Stage, Step, Team, TeamRun
from aideator_cli.store import Store
from tests.cli.conftest import home
from tests.fixtures.stored_runs import Told, add_run, change, tell

__all__ = ["home"]

TEAM = TeamRun("t8d2m4x", "2026-11-21T12:00:00.000000Z", Team("one", "shipped", (Stage("build"),)), "Build it.")
RUN = TEAM.run_of("build")
ASK: dict[str, Any] = {"type": "call", "id": "q", "tool": "ask", "arguments": {"role": "cto", "question": "Which?"}}


def told(text: str, id_: str = "m", part: int = 1, parts: int = 1) -> dict[str, Any]:
    return {"type": "told", "id": id_, "part": part, "parts": parts, "text": text}


def done(text: str, **by: str) -> list[dict[str, Any]]:
    return [{"type": "output", "id": "q", "text": text}, {"type": "done", "id": "q", "exit_code": int(not by), **by}]


@pytest.fixture
def here(home: Path) -> Here:
    Store.open(home).add_team(TEAM)
    Store.open(home).add_step(Step(TEAM.id, "build", RUN, TEAM.created))
    return Here()


def stored(home: Path, *records: dict[str, Any], at_work: bool = True) -> None:
    add_run(
        home,
        Told(change("a.py", "x", "y"), more=records),
        run=RUN,
        at_work=at_work,
        team=TeamStep(TEAM.id, "build", TEAM.document()),
    )


def said(here: Here, talk: Talk) -> list[Message]:
    run = here.store.team(TEAM.id)
    assert run is not None
    return [each for each in talk.of(here, knowing.state_of(here, run)) if each.what in ("asked", "answered", "told")]


def words(messages: list[Message]) -> list[tuple[str, str, str, bool]]:
    return [(each.what, each.by, each.text, each.waits) for each in messages]


def test_a_persons_answer_comes_once(here: Here, home: Path) -> None:
    answer = [ASK, told("The first."), *done("The first.", by="user")]
    stored(home, told("Be quick.", "before"), *answer, told("The first.", "after"))
    assert words(said(here, Talk())) == [
        ("told", "user", "Be quick.", False),
        ("asked", "build", "Which?", False),
        ("answered", "user", "The first.", False),
        ("told", "user", "The first.", False),
    ]


def test_what_a_person_says_while_a_role_answers_is_told_besides(here: Here, home: Path) -> None:
    stored(home, ASK, told("Hurry."), *done("The second.", by="cto"))
    assert [each[:3] for each in words(said(here, Talk()))][1:] == [
        ("told", "user", "Hurry."),
        ("answered", "cto", "The second."),
    ]


def test_what_may_become_the_answer_waits_for_that(here: Here, home: Path) -> None:
    stored(home, ASK, told("The first."))
    assert words(said(here, Talk())) == [("asked", "build", "Which?", True)]


def test_what_was_told_to_an_agent_that_died_over_its_question_is_not_lost(here: Here, home: Path) -> None:
    stored(home, ASK, told("The first."), at_work=False)
    assert words(said(here, Talk())) == [
        ("asked", "build", "Which?", False),
        ("told", "user", "The first.", False),
    ]


def test_a_question_that_nobody_may_answer_does_not_wait(here: Here, home: Path) -> None:
    stored(home, ASK, *done("There is no role 'cto' to ask; there are qa."))
    assert words(said(here, Talk())) == [("asked", "build", "Which?", False)]


def test_a_message_in_parts_comes_when_it_is_whole(here: Here, home: Path) -> None:
    stored(home, told("One ", part=1, parts=2))
    assert said(here, Talk()) == []
    stored(home, told("One ", part=1, parts=2), told("two.", part=2, parts=2))
    assert [each.text for each in said(here, Talk())] == ["One two."]


def test_a_step_that_is_tried_again_goes_on_talking(here: Here, home: Path) -> None:
    stored(home, told("One."), at_work=False)
    talk, store = Talk(), Store.open(home)
    assert [each.text for each in said(here, talk)] == ["One."]
    run = store.run(RUN)
    assert run is not None
    store.set_state(RUN, "running")
    tell(store, run.spec, Attempt("second", RUN, 1, "2026-11-21T12:05:00.000000Z", "pod"), Told(more=[told("Two.")]))
    store.set_state(RUN, "ended")
    assert [each.text for each in said(here, talk)] == ["One.", "Two."]
