"""Every agent's events as lines: live, and whole as `logs` shows them."""

import io

from aideator_cli.domain.events import Ended, Item
from aideator_cli.views.screen import Screen
from aideator_cli.views.text.lines import show_lines
from tests.views.stream import Agent, spec

TAIL = "line 1\nline 2\nline 3\nline 4\nFAILED (failures=1)\n"


def lines(*items: Item, whole: bool = False) -> list[str]:
    out = io.StringIO()
    show_lines(Screen(out), spec(1), iter([list(items)]), whole=whole)
    return [line.removeprefix("k3v9x2q/1 │ ") for line in out.getvalue().splitlines()]


def test_a_check_on_the_base_does_not_break_what_the_agent_is_saying() -> None:
    agent = Agent(1)
    checked = agent.event("check", name="unit", command="x", exit_code=1, seconds=0.5, tail="", on="base")
    said = [agent.event("say", text="I'll look "), checked, agent.event("say", text="at what is here.\n")]
    assert lines(*said) == ["check unit on the base: failed  0.5 s", "I'll look at what is here."]


def test_a_failed_check_shows_its_end_and_in_logs_all_of_its_tail() -> None:
    agent = Agent(1)
    check = agent.event("check", name="unit", command="x", exit_code=1, seconds=0.5, tail=TAIL)
    assert len(lines(check)) == 1 + 3 + 1
    assert lines(check, whole=True)[1:] == [f"  {line}" for line in TAIL.splitlines()]


def test_what_was_found_in_a_patch_stands_below_it() -> None:
    agent = Agent(1)
    cheat = {"name": "ends-process", "severity": "cheat", "path": "a.py", "line": 3, "text": "os._exit(0)\x1b[2J"}
    patch = agent.event(
        "patch", part=1, parts=1, encoding="utf-8", text="", sha256="", files=1, additions=1, signals=[cheat]
    )
    assert lines(patch) == ["patch: 1 file  +1 −0", "  cheat: a.py:3 ends the process: os._exit(0)␛[2J"]


def test_logs_show_a_call_before_what_it_prints() -> None:
    agent = Agent(1)
    called = agent.tool("str_replace", {"path": "a.py", "old": "x", "new": "y"}, "Changed a.py.\n")
    assert lines(*called, whole=True) == ["edits a.py  +1 −1", "  Changed a.py."]
    assert lines(*called) == ["edits a.py  +1 −1"]


def test_what_two_turns_say_never_runs_together() -> None:
    agent = Agent(1)
    said = [*agent.turn("I'll look."), *agent.turn("There is nothing."), agent.event("say", text="So I en")]
    cut_off = [agent.event("sent", step=3, sha256="0"), agent.event("say", text="I end here.")]
    assert lines(*said, *cut_off) == ["I'll look.", "There is nothing.", "So I en", "I end here."]


def test_until_the_first_answer_it_is_said_who_is_asked_and_where() -> None:
    agent = Agent(1)
    sent = [agent.event("sent", step=step, sha256="0", host="api.openai.com\x1b[2J") for step in (0, 1)]
    asked, *rest = lines(sent[0], *agent.turn("I'll look."), sent[1])
    assert (asked.startswith("asks "), asked.endswith(" at api.openai.com␛[2J"), rest) == (True, True, ["I'll look."])
    assert lines(agent.event("sent", step=0, sha256="0", host=None)) == [], "a script is not asked"


def test_another_attempt_begins_with_a_word_and_nothing_of_the_one_before() -> None:
    first, second = Agent(1, "uid-1"), Agent(1, "uid-2")
    said = [first.event("say", text="half a sen"), second.event("say", text="From the start.\n")]
    assert lines(*said) == ["half a sen", "↻ another attempt", "From the start."]


def test_a_message_of_the_user_stands_between_the_agents_words() -> None:
    agent = Agent(1)
    message = agent.event("told", id="a", text="Leave the docs\nalone.\x1b[2J")
    said = [agent.event("say", text="Looking"), message, agent.event("say", text="Yes.\n")]
    assert lines(*said) == ["Looking", "» Leave the docs", "alone.␛[2J", "Yes."]


def test_a_question_to_another_role_stands_with_its_answer_and_who_gave_it() -> None:
    agent = Agent(1)
    question = {"role": "cto", "question": "Which format\nfor dates?"}
    answer = "ISO 8601.\nWith the zone.\nNever local time.\nAnd no month names."
    *asked, done = agent.tool("ask", question, answer)
    by_role, by_person = (done._replace(data={**done.data, "by": by}) for by in ("cto", "user"))
    assert lines(*asked, by_role) == [
        "asks cto: Which format for dates?",
        "  cto: ISO 8601.", "  With the zone.", "  Never local time.", "  And no month names.",
    ]  # fmt: skip
    assert lines(*asked, by_person)[1] == "  you: ISO 8601."
    assert lines(*asked, by_role, whole=True)[:2] == ["asks cto: Which format for dates?", "  ISO 8601."]
    refused = done._replace(data={**done.data, "exit_code": 1})
    assert lines(*asked, refused)[1].startswith("could not call ask: ISO")


def test_an_empty_answer_does_not_end_the_view() -> None:
    call, done = Agent(1).tool("ask", {"role": "cto", "question": "Why?"})
    assert lines(call, done._replace(data={**done.data, "by": "cto"})) == ["asks cto: Why?", "  cto: "]


def test_an_attempt_that_goes_on_says_from_where() -> None:
    agent = Agent(1)
    told = [
        agent.event("checkpoint", step=12, part=1, parts=1, text="eJw", sha256="0"),
        agent.event("resumed", attempt="uid-1", step=12, messages=31, why="deleted"),
        agent.event("resumed", attempt="uid-1", step=3, messages=None, why="deleted"),
    ]
    assert lines(*told) == [
        "goes on after step 12 of the attempt that was lost, with its changes and its conversation",
        "goes on after step 3 of the attempt that was lost, with its changes",
    ]


def test_a_long_reason_is_not_said_again_when_waiting_ends() -> None:
    why = "the image of shell (mine:1) can't be pulled: " + 20 * "a registry does not answer; " + "not found"
    waits = Agent(1).seen("image", why, attempt=False)
    late = Ended(1, "image", f"did not start within 30 s: {why}")
    assert lines(waits, late) == [f"image: {why}", "failed: did not start within 30 s"]
    assert lines(waits, Ended(1, "image", why)) == [f"image: {why}", "failed: can't pull the image"]
    assert lines(waits, Ended(1, "quota", "exceeded quota"))[-1] == "failed: exceeded quota"
    assert lines(Ended(1, "image", why)) == [f"failed: {why}"]


def test_how_a_pod_was_lost_is_said_once() -> None:
    agent = Agent(1)
    why = "the agent container was killed: out of memory (limit 2Gi); raise the limit with --memory"
    assert lines(agent.seen("oom_killed", why), agent.closed("oom_killed", why)) == [
        f"oom killed: {why}",
        "failed: oom killed",
    ]
    assert lines(agent.seen("error", "exit code 1"), agent.closed("error", "exit code 1")) == ["failed: exit code 1"]


def test_a_preempted_agent_has_not_failed() -> None:
    agent = Agent(1)
    taken = "Kueue took back its place in the queue"
    assert lines(agent.seen("preempted", taken), agent.closed("preempted", taken)) == [f"preempted: {taken}"]


def test_whose_fault_an_end_is_stands_there_once() -> None:
    agent = Agent(1)
    lost = agent.event("end", outcome="failed", fault="repository", reason="repository https://x/y: x does not answer")
    refused = agent.event("end", outcome="failed", fault="model", reason="the key was refused")
    assert lines(lost) == ["failed (repository https://x/y: x does not answer)"]
    assert lines(refused) == ["failed (model: the key was refused)"]
