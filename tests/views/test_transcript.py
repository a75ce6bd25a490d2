"""What an agent did, folded from the stream: the same model under every view."""

import hashlib

from aideator_cli.domain.events import Ended, Item, Observation
from aideator_cli.views.course.entries import LINE_CHARACTERS, TEXT_CHARACTERS
from aideator_cli.views.course.transcript import Transcript
from aideator_cli.views.course.transcripts import Transcripts
from tests.views.stream import RUN, Agent, spec, stamp


def told(*items: Item) -> Transcript:
    transcripts = Transcripts(spec(1))
    for item in items:
        transcripts.add(item)
    return transcripts[1]


def test_before_anything_is_known_it_says_so_and_then_why_it_waits() -> None:
    agent = Agent(1)
    assert (told().state, told().doing) == ("waiting", "nothing is known yet")
    waiting = told(agent.seen("unschedulable", "no node fits the pod: 0/2 nodes\x1b[2J", attempt=False))
    assert (waiting.state, waiting.doing) == ("waiting", "no suitable node")
    assert waiting.why == "no node fits the pod: 0/2 nodes␛[2J"
    assert told(agent.seen("pulling", "Pulling image")).doing == "pulling the image"


def test_words_and_thoughts_join_into_entries_and_a_call_holds_its_output() -> None:
    agent = Agent(1)
    words = [agent.event("say", text="Looking at "), agent.event("say", text="the tokenizer.\nThen the printer.")]
    called = agent.tool("bash", {"command": "pytest -q"}, "F\n41 failed\n", code=1, seconds=3.4)
    transcript = told(*agent.start(), agent.event("think", text="hm"), *words, *called)
    think, say, call = transcript.entries
    assert (think.kind, str(think.text)) == ("think", "hm")
    assert list(say.text.lines) == ["Looking at the tokenizer.", "Then the printer."]
    assert (call.words, call.ended, call.failed) == ("$ pytest -q", "exit 1, 3.4 s", True)
    assert list(call.text.lines) == ["F", "41 failed"]
    assert transcript.doing == "asking the model"


def test_what_two_turns_say_are_two_entries() -> None:
    agent = Agent(1)
    cut_off = [agent.event("notice", level="warning", text="asked again"), agent.event("say", text="From the start.")]
    sent = [agent.event("sent", step=3, sha256="0"), agent.event("say", text="I end here.")]
    said = [*agent.turn("I'll look."), agent.event("say", text="There is no"), *cut_off, *sent]
    words = [str(entry.text) for entry in told(*said).entries if entry.kind == "say"]
    assert words == ["I'll look.", "There is no", "From the start.", "I end here."]


def test_only_what_changed_has_a_new_version() -> None:
    agent = Agent(1)
    transcripts = Transcripts(spec(2))
    for item in [*agent.start(), *agent.called("bash", {"command": "make"})]:
        transcripts.add(item)
    first, before = transcripts[1].entries[0].version, transcripts[2].version
    transcripts.add(agent.event("output", step=1, id="call-0", text="cc\n"))
    assert transcripts[1].entries[0].version > first
    assert transcripts[2].version == before


def test_changes_are_counted_from_edits_until_the_agent_measures_them_and_the_patch_has_the_last_word() -> None:
    agent = Agent(1)
    items: list[Item] = [
        *agent.start(),
        *agent.tool("write_file", {"path": "a", "content": "1\n2\n"}),
        *agent.tool("str_replace", {"path": "a", "old": "1\n", "new": "one\n"}),
        *agent.tool("str_replace", {"path": "b", "old": "x", "new": "y"}, "not found", code=1),
    ]
    assert told(*items).changes == (1, 3, 1)
    items.append(agent.event("changes", step=2, files=2, additions=5, deletions=4))
    assert told(*items).changes == (2, 5, 4)
    last = {"sha256": "0" * 64, "files": 3, "additions": 7, "deletions": 0}
    transcript = told(*items, agent.event("patch", part=1, parts=1, encoding="utf-8", text="", **last))
    assert transcript.entries[-1].words == "patch: 3 files  +7 −0"
    found = [
        {"name": "ends-process", "severity": severity, "path": "a.py", "line": 3, "text": "x"}
        for severity in ("cheat", "look", "note", "?")
    ]
    looked = told(agent.event("patch", part=1, parts=1, encoding="utf-8", text="", **last, signals=[*found, "odd"]))
    assert [(entry.kind, entry.failed) for entry in list(looked.entries)[1:]] == [
        ("signal", True), ("signal", False), ("note", False), ("note", False),
    ]  # fmt: skip
    assert looked.entries[1].words == "cheat: a.py:3 ends the process: x"


def test_a_call_whose_arguments_come_in_parts_is_one_call() -> None:
    agent = Agent(1)
    parts = ['{"command": "echo', ' hi"}']
    items = [
        agent.event("call", step=1, id="c", tool="bash", part=n, parts=2, text=text) for n, text in enumerate(parts, 1)
    ]
    assert [entry.words for entry in told(*items).entries] == ["$ echo hi"]


def test_it_ends_as_the_table_says_and_a_lost_attempt_as_the_backend_says() -> None:
    agent = Agent(1)
    ended = told(*agent.start(), *agent.turn("x"), *agent.end("limit", reason="steps"))
    assert (ended.state, ended.doing) == ("ended", "limit (steps)")
    agent = Agent(1)
    killed = told(*agent.start(), agent.closed("oom_killed", "the agent was killed: out of memory"))
    assert (killed.state, killed.doing) == ("ended", "failed (infrastructure)")
    assert killed.entries[-1].words == "failed: the agent was killed: out of memory"
    never = told(Ended(1, "image", "the image can't be pulled"))
    assert (never.state, never.result.reason) == ("ended", "image")
    waits = agent.seen("image", "the image can't be pulled", attempt=False)
    late = told(waits, Ended(1, "image", "did not start within 30 s: the image can't be pulled"))
    assert [entry.words for entry in late.entries] == [
        "image: the image can't be pulled",
        "failed: did not start within 30 s",
    ]


def test_a_cancel_is_told_once_and_nothing_but_waiting_looks_like_it() -> None:
    agent = Agent(1)
    waits = [agent.seen("pulling", "Pulling image", attempt=False)]
    asked = [agent.seen("cancel_asked", "cancelled by the user", attempt=False)]
    items = [*agent.end("cancelled", "", reason="the agent was told to stop"), agent.seen("cancelled", "told to stop")]
    transcript = told(*waits, *agent.start(), *asked, *items, agent.closed())
    assert [(entry.kind, entry.words) for entry in transcript.entries] == [
        ("waits", "Pulling image"),
        ("asked", "cancel asked: cancelled by the user"),
        ("end", "cancelled (the agent was told to stop)"),
    ]


def test_another_attempt_begins_anew_under_what_the_first_one_did() -> None:
    first, second = Agent(1), Agent(1, "uid-b", at=50)
    items = [*first.start(), *first.turn("one"), first.closed("evicted", "the pod was evicted", last=False)]
    between = told(*items)
    assert (between.state, between.doing) == ("waiting", "retried")
    again = told(*items, second.seen("pulling", "Pulling"))
    assert again.doing == "pulling the image"
    transcript = told(*items, *second.start(), *second.turn("two"))
    assert "attempt 2" in [entry.words for entry in transcript.entries]
    assert (transcript.result.steps, transcript.began) == (1, stamp(51))


def test_what_concerns_the_whole_run_is_kept_apart() -> None:
    transcripts = Transcripts(spec(1))
    transcripts.add(Observation(RUN, stamp(1), "connection_lost", "no route to\x07 host"))
    assert transcripts.lost == "no route to␇ host"
    transcripts.add(Observation(RUN, stamp(2), "connection_back", "it answers"))
    assert transcripts.lost == ""


def test_gaps_strays_and_unknown_events_are_shown_as_what_they_are() -> None:
    agent = Agent(1)
    items = [agent.seen("gap", "12 events are lost"), agent.stray(b"\xff not json"), agent.event("novelty", x="\x1b")]
    kinds = [(entry.kind, entry.words or str(entry.text)) for entry in told(*items).entries]
    assert kinds == [
        ("gap", "gap: 12 events are lost"),
        ("stray", "\N{REPLACEMENT CHARACTER} not json"),
        ("other", "novelty: {'x': '\\x1b'}"),
    ]


def test_memory_is_bounded_and_what_is_left_out_is_counted() -> None:
    agent = Agent(1)
    transcripts = Transcripts(spec(1), entries=10, characters=200_000)
    transcript = transcripts[1]
    for number in range(50):
        transcripts.add(agent.event("novelty", x=number))
    assert (len(transcript.entries), transcript.left_out) == (10, 40)
    for item in agent.called("bash", {"command": "yes"}):
        transcripts.add(item)
    for _ in range(300):
        transcripts.add(agent.event("output", step=1, id="call-0", text="y\n" * 1000))
    text = transcript.entries[-1].text
    assert (text.characters, text.count) == (TEXT_CHARACTERS, 300_000)
    transcripts.add(agent.event("output", step=1, id="call-0", text="x" * 1_000_000))
    assert text.cut == 1_000_000 - LINE_CHARACTERS
    for _ in range(30):
        for item in agent.tool("bash", {"command": "yes"}, "z" * 10_000 + "\n"):
            transcripts.add(item)
    assert sum(entry.characters for entry in transcript.entries) <= 200_000


def test_a_carriage_return_and_its_newline_may_come_apart() -> None:
    agent = Agent(1)
    called = agent.called("bash", {"command": "x"})
    pieces = [agent.event("output", step=1, id="call-0", text=text) for text in ("a\r", "\nb")]
    assert list(told(*called, *pieces).entries[-1].text.lines) == ["a", "b"]


def test_each_message_of_the_user_is_an_entry_of_its_own_and_a_long_one_is_whole() -> None:
    agent = Agent(1)
    first = agent.event("told", id="a", text="Leave the docs\nalone.\x1b[2J")
    parts = [agent.event("told", id="b", text=text, part=n, parts=2) for n, text in ((1, "half "), (2, "and half"))]
    transcript = told(*agent.start(), agent.event("say", text="Looking"), first, *parts, agent.event("say", text="Yes"))
    assert [(entry.kind, str(entry.text)) for entry in transcript.entries] == [
        ("say", "Looking"), ("told", "Leave the docs\nalone.␛[2J"), ("told", "half and half"), ("say", "Yes"),
    ]  # fmt: skip


def test_an_answer_is_an_entry_with_all_its_text() -> None:
    agent = Agent(1)
    text = "It is in a.py:1.\n\x1b[2J\n"
    digest = hashlib.sha256(text.encode()).hexdigest()
    wrong = {"text": "b.py:2", "path": "b.py", "first": 2, "last": 2, "problem": "no_file", "lines": None}
    first = agent.event("answer", part=1, parts=2, text=text[:9])
    last = agent.event("answer", part=2, parts=2, text=text[9:], sha256=digest, citations=[wrong], changed=["a.py"])
    (entry,) = (entry for entry in told(*agent.start(), first, last).entries if entry.kind == "answer")
    assert (
        entry.words
        == "answer: cites 1 place, 1 of which does not exist; it changed 1 file on the way, which is left out"
    )
    assert list(entry.text.lines) == ["It is in a.py:1.", "␛[2J"]


def test_an_answer_is_told_once() -> None:
    agent, text = Agent(1), "It is in a.py:1."
    answer = agent.event("answer", part=1, parts=1, text=text, sha256=hashlib.sha256(text.encode()).hexdigest())
    *_, shown, end = told(*agent.start(), answer, *agent.end("succeeded", text)).entries
    assert ([*shown.text.lines], end.words, [*end.text.lines]) == ([text], "submitted", [])
