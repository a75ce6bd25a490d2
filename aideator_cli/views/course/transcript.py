"""What an agent is doing and what it has achieved, folded from the stream. A view draws this state."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from aideator_agent.spec import VariationSpec
from aideator_cli.choice.status import long_status
from aideator_cli.domain.events import Closed, Ended, Event, Observation
from aideator_cli.domain.result import MERGE, Folding, Result
from aideator_cli.system.clock import seconds_between
from aideator_cli.text.clean import clean, one_line
from aideator_cli.views import wording
from aideator_cli.views.course.calls import Calls
from aideator_cli.views.course.entries import Entry, Kind, Text
from aideator_cli.views.course.story import CHARACTERS, ENTRIES, Story

MOST_TOKENS = 10**9
State = Literal["waiting", "working", "ended"]


class Transcript:
    """One variation. `version` rises with every change; an entry's own `version` is the transcript's at its last one."""

    def __init__(self, variation: VariationSpec, entries: int = ENTRIES, characters: int = CHARACTERS) -> None:
        self.variation = variation
        self.number = variation.number
        self.state: State = "waiting"
        self.doing = wording.NOTHING_YET  # in words: why it waits, what it is at, how it ended
        self.why = ""  # the backend's own words for it, cleaned
        self.stopping = False  # it was asked to stop
        self.attempt: str | None = None
        self.began: str | None = None  # RFC 3339, UTC: the attempt's first event
        self.last: str | None = None  # its newest one
        self.step = 0
        self._story = Story(entries, characters)
        self._attempts: set[str] = set()
        self._folding = Folding(Result(variation.number, variation.model, agent=variation.agent_name))
        self._verdict: Result | None = None
        self._seen: Observation | None = None  # the last one in the story
        self._calls = Calls()
        self.full: float | None = None  # share of the model's context window that the conversation fills; None: unknown
        self._changes: tuple[int, int, int] | None = None  # files, additions, deletions, as the agent has measured them
        self._edited: dict[str, tuple[int, int]] = {}  # else as its edits add up, by path

    @property
    def version(self) -> int:
        return self._story.version

    @property
    def entries(self) -> Sequence[Entry]:
        return self._story.entries

    @property
    def left_out(self) -> int:
        """Entries that stood before those that are kept."""
        return self._story.left_out

    @property
    def model(self) -> str:
        return self.variation.model

    @property
    def worker(self) -> str:
        return self._folding.result.worker

    @property
    def result(self) -> Result:
        """What the attempt has come to, so far."""
        return self._verdict or self._folding.result

    @property
    def tokens(self) -> int | None:
        return self.result.tokens

    @property
    def changes(self) -> tuple[int, int, int]:
        """Files, additions and deletions: of the patch; before it is cut as far as they are known."""
        result = self.result
        if result.patch_sha256 or result.files:
            return result.files, result.additions, result.deletions
        if self._changes:
            return self._changes
        added, removed = (sum(part[index] for part in self._edited.values()) for index in (0, 1))
        return len(self._edited), added, removed

    @property
    def steady(self) -> int:
        """Entries before this number do not change any more."""
        return self._story.steady(self._calls.open)

    def seconds(self, now: str) -> float:
        """How long the attempt has taken; `now` is RFC 3339, UTC."""
        if self.state == "ended" and self.result.seconds:
            return self.result.seconds
        try:
            end = (self.last if self.state == "ended" else now) or now
            return max(0.0, seconds_between(self.began, end)) if self.began else 0.0
        except ValueError:
            return 0.0

    def stop(self) -> None:
        """Records that this client asked the agent to stop."""
        if self.state != "ended":
            self.stopping = True
            self._touch()

    def settle(self, result: Result) -> None:
        """Its last result, as the store has it."""
        self._verdict = result
        if result.ended:
            self._end(long_status(result))

    # The stream

    def event(self, event: Event) -> None:
        if event.attempt not in self._attempts:
            self.begin(event.attempt, event.time)
        if event.attempt == self.attempt:
            self._folding.add(event)
            self.began = self.began or event.time
            self.last = event.time
            if self.state == "waiting":
                self.state, self.doing, self.why = "working", wording.STARTING, ""
        self._touch()
        _EVENTS.get(event.type, Transcript._other)(self, event.time, event.data)

    def begin(self, attempt: str, time: str = "") -> None:
        if attempt in self._attempts:
            return
        self._attempts.add(attempt)
        if self.attempt is not None:
            self._story.add("attempt", time or self.last or "", f"attempt {len(self._attempts)}")
        self.attempt = attempt
        self.state, self.doing, self.why, self.stopping = "waiting", wording.STARTING, "", False
        self.began = self.last = self._changes = self._verdict = None
        self._story.end_turn()
        self.step = 0
        self.full = None
        self._edited.clear()
        self._calls = Calls()
        self._folding = Folding(Result(self.number, self.model, attempt, agent=self.variation.agent_name))
        self._touch()

    def observe(self, seen: Observation) -> None:
        text = clean(seen.text)
        late = seen.attempt in self._attempts and (seen.attempt != self.attempt or self.state != "waiting")
        if (words := wording.WAITING.get(seen.kind)) and not late:
            self.state, self.doing, self.why = "waiting", words, text
        if seen.kind == "cancel_asked":
            self.stop()
        if seen.kind == "gap":
            self._story.add("gap", seen.time, f"gap: {one_line(text)}", failed=True)
        elif seen.kind not in wording.TOLD_BY_EVENTS:
            kind: Kind = "waits" if seen.kind in wording.WAITING else "asked" if seen.kind == "cancel_asked" else "seen"
            self._story.add(kind, seen.time, wording.observed(seen.kind, text))
            self._seen = seen
        self._touch()

    def close(self, closed: Closed) -> None:
        if closed.attempt.id != self.attempt:
            return
        if closed.reason:
            self._fail(closed.reason, closed.text or closed.reason)
        if not closed.last:
            self.state, self.doing = "waiting", wording.WAITING["retried"]
        elif self.result.ended:
            self._end(long_status(self.result))

    def give_up(self, ended: Ended) -> None:
        if not self.result.ended:
            self._fail(ended.reason, ended.text)
        self._end(long_status(self.result))

    def _fail(self, reason: str, text: str) -> None:
        """The attempt left no `end` event, so this uses what the backend knows."""
        self._verdict = self._folding.lost(reason, text)
        words = one_line(wording.lost(text, self._seen))
        self._story.add("end", self.last or "", f"{self._verdict.outcome}: {words}", failed=True)
        self._end(long_status(self._verdict))
        self.why = clean(text)

    def _end(self, words: str) -> None:
        self.state, self.doing, self.stopping, self.why = "ended", words, False, ""
        self._touch()
        for entry in self._calls.open:
            entry.running, entry.version = False, self.version

    # Events

    def _say(self, time: str, data: Mapping[str, Any]) -> None:
        self._speak("say", time, data)

    def _think(self, time: str, data: Mapping[str, Any]) -> None:
        self._speak("think", time, data)

    def _speak(self, kind: Kind, time: str, data: Mapping[str, Any]) -> None:
        self.doing = wording.DOING[kind]
        self._story.speak(kind, time, str(data.get("text", "")))

    def _call(self, time: str, data: Mapping[str, Any]) -> None:
        self._step(data)
        self._story.end_turn()
        called = self._calls.called(data)
        if called is None:
            return
        tool, arguments = called
        self.doing = wording.doing(tool, arguments)
        if tool != "submit":
            entry = self._story.add("call", time, wording.call(tool, arguments))
            self._calls.begin(entry, data.get("id"), tool, arguments)
            self._story.grow(sum(map(len, entry.arguments.values())))

    def _output(self, time: str, data: Mapping[str, Any]) -> None:
        entry = self._calls.entry(data.get("id"))
        if entry is None:
            self._story.join("other", time, str(data.get("text", "")))
        else:
            self._story.extend(entry, str(data.get("text", "")))

    def _done(self, _time: str, data: Mapping[str, Any]) -> None:
        self.doing = wording.ASKING
        entry = self._calls.finish(data)
        if entry is None:
            return
        entry.version = self.version
        if entry.is_edit:
            path = entry.arguments.get("path", "")
            added, removed = wording.edit_of(entry.tool, entry.arguments)
            before = self._edited.get(path, (0, 0))
            self._edited[path] = (before[0] + added, before[1] + removed)

    def _changed(self, _time: str, data: Mapping[str, Any]) -> None:
        self._changes = (_whole(data, "files"), _whole(data, "additions"), _whole(data, "deletions"))

    def _usage(self, _time: str, data: Mapping[str, Any]) -> None:
        self._step(data)
        window = _whole(data, "window")
        self.full = (
            (_whole(data, "input") + _whole(data, "output")) / window if window > 0 and data.get("input") else None
        )
        self._story.end_turn()

    def _sent(self, _time: str, _data: Mapping[str, Any]) -> None:
        """Another turn begins."""
        self._story.end_turn()

    def _told(self, time: str, data: Mapping[str, Any]) -> None:
        text = str(data.get("text", ""))
        if data.get("part", 1) == 1:
            self._story.end_turn()
            self._story.add("told", time, text=Text(text))
        else:
            self._story.join("told", time, text)

    def _phase(self, _time: str, data: Mapping[str, Any]) -> None:
        if data.get("state") == "begin":
            self.doing = wording.phase(str(data.get("name", "")))

    def _notice(self, time: str, data: Mapping[str, Any]) -> None:
        level = one_line(str(data.get("level", "notice")))
        if level == "debug":
            return
        self._story.end_turn()  # a turn that was cut off is asked for again
        first, *rest = clean(str(data.get("text", ""))).split("\n")
        self._story.add("notice", time, f"{level}: {first}", text=Text("\n".join(rest)), failed=level == "error")

    def _resumed(self, time: str, data: Mapping[str, Any]) -> None:
        self._step(data)
        self._story.add("attempt", time, wording.resumed(data))

    def _patch(self, time: str, data: Mapping[str, Any]) -> None:
        if words := wording.patch(data):
            self._story.add("patch", time, words)
        for severity, words in wording.signals(data):
            self._story.add(
                "signal" if severity in ("cheat", "look") else "note", time, words, failed=severity == "cheat"
            )

    def _answer(self, time: str, data: Mapping[str, Any]) -> None:
        if words := wording.answer(data):
            self._story.add("answer", time, words, text=Text(self._folding.result.answer or ""))

    def _check(self, time: str, data: Mapping[str, Any]) -> None:
        tail = str(data.get("tail", "")).rstrip("\n")
        on_base = data.get("on") == "base"  # there it may well fail
        failed = data.get("exit_code") != 0 and not on_base
        self._story.add("base" if on_base else "check", time, wording.check(data), text=Text(tail), failed=failed)

    def _last_word(self, time: str, data: Mapping[str, Any]) -> None:
        stands_above = data.get("outcome") == "succeeded" and self._folding.result.answer  # its summary is the answer
        words = "submitted" if stands_above else wording.end(data, of_merge=self.model == MERGE)
        first, *rest = clean(words).split("\n")
        self._story.add("end", time, first, text=Text("\n".join(rest)), failed=data.get("outcome") == "failed")
        self._end(long_status(self.result))

    def _stray(self, time: str, data: Mapping[str, Any]) -> None:
        self._story.join("stray", time, str(data.get("text", "")) + "\n")

    def _start(self, _time: str, _data: Mapping[str, Any]) -> None:
        self.doing = wording.STARTING

    def _silent(self, _time: str, _data: Mapping[str, Any]) -> None:
        """Nothing to show."""

    def _other(self, time: str, data: Mapping[str, Any]) -> None:
        self._story.add("other", time, wording.unknown(data))

    # Entries

    def _touch(self) -> None:
        self._story.version += 1

    def _step(self, data: Mapping[str, Any]) -> None:
        self.step = max(self.step, _whole(data, "step"))


_EVENTS: Mapping[str, Callable[[Transcript, str, Mapping[str, Any]], None]] = {
    "start": Transcript._start,
    "phase": Transcript._phase,
    "say": Transcript._say,
    "think": Transcript._think,
    "call": Transcript._call,
    "output": Transcript._output,
    "done": Transcript._done,
    "usage": Transcript._usage,
    "changes": Transcript._changed,
    "patch": Transcript._patch,
    "answer": Transcript._answer,
    "check": Transcript._check,
    "notice": Transcript._notice,
    "end": Transcript._last_word,
    "stray": Transcript._stray,
    "beat": Transcript._silent,
    "checkpoint": Transcript._silent,
    "resumed": Transcript._resumed,
    "sent": Transcript._sent,
    "told": Transcript._told,
}


def _whole(data: Mapping[str, Any], name: str) -> int:
    value = data.get(name)
    return value if type(value) is int else 0
