"""What each agent did so far, folded from the stream: the state that a view draws, in bounded memory and without a terminal."""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Literal

from aideator_agent.spec import VariationSpec
from aideator_cli.clean import clean, one_line
from aideator_cli.clock import seconds_between
from aideator_cli.events import Closed, Ended, Event, Observation
from aideator_cli.result import Folding, Result, infrastructure
from aideator_cli.views import wording
from aideator_cli.views.calls import Calls
from aideator_cli.views.entries import Entry, Kind, Text

ENTRIES = 3000  # of one variation that are kept
CHARACTERS = 2 * 1024 * 1024  # of one variation's entries together
WORDS_CHARACTERS = 8 * 1024  # of the model's words in one entry; then another one begins at the next line
LINE_CHARACTERS = 4096  # of an entry's own line

State = Literal["waiting", "working", "ended"]


class Transcript:
    """One variation. `version` rises with every change; an entry's own `version` is the transcript's at its last one."""

    def __init__(self, variation: VariationSpec, entries: int = ENTRIES, characters: int = CHARACTERS) -> None:
        self.variation = variation
        self.number = variation.number
        self.version = 0
        self.state: State = "waiting"
        self.doing = wording.NOTHING_YET  # in words: why it waits, what it is at, how it ended
        self.why = ""  # the backend's own words for it, cleaned
        self.stopping = False  # it was asked to stop
        self.attempt: str | None = None
        self.began: str | None = None  # RFC 3339, UTC: the attempt's first event
        self.last: str | None = None  # its newest one
        self.step = 0
        self.left_out = 0  # entries that stood before those that are kept
        self.entries: deque[Entry] = deque()
        self._most_entries, self._most_characters = entries, characters
        self._characters = 0
        self._count = 0
        self._attempts: set[str] = set()
        self._folding = Folding(Result(variation.number, variation.model))
        self._verdict: Result | None = None
        self._calls = Calls()
        self._speech: Entry | None = None  # what the model is saying; other things may be told in between
        self._changes: tuple[int, int, int] | None = None  # files, additions, deletions, as the agent has measured them
        self._edited: dict[str, tuple[int, int]] = {}  # else as its edits add up, by path

    @property
    def model(self) -> str:
        return self.variation.model

    @property
    def result(self) -> Result:
        """What the attempt has come to, so far."""
        return self._verdict or self._folding.result

    @property
    def tokens(self) -> int:
        return self.result.input_tokens + self.result.output_tokens

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
        """Entries before this number do not change any more: what may is still open, or the newest one."""
        last = [self.entries[-1]] if self.entries else []
        speech = [self._speech] if self._speech else []
        return min((entry.number for entry in (*last, *speech, *self._calls.open)), default=0)

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
        """It is told to stop from here."""
        if self.state != "ended":
            self.stopping = True
            self._touch()

    def settle(self, result: Result) -> None:
        """Its last result, as the store has it."""
        self._verdict = result
        if result.ended:
            self._end(wording.ended_words(result))

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
            self._add("attempt", time or self.last or "", f"attempt {len(self._attempts)}")
        self.attempt = attempt
        self.state, self.doing, self.why, self.stopping = "waiting", wording.STARTING, "", False
        self.began = self.last = self._changes = self._verdict = self._speech = None
        self.step = 0
        self._edited.clear()
        self._calls = Calls()
        self._folding = Folding(Result(self.number, self.model, attempt))
        self._touch()

    def observe(self, seen: Observation) -> None:
        text = clean(seen.text)
        late = seen.attempt in self._attempts and (seen.attempt != self.attempt or self.state != "waiting")
        if (words := wording.WAITING.get(seen.kind)) and not late:
            self.state, self.doing, self.why = "waiting", words, text
        if seen.kind == "cancel_asked":
            self.stop()
        if seen.kind == "gap":
            self._add("gap", seen.time, f"gap: {one_line(text)}", failed=True)
        elif seen.kind not in wording.TOLD_BY_EVENTS:
            kind: Kind = "waits" if seen.kind in wording.WAITING else "asked" if seen.kind == "cancel_asked" else "seen"
            self._add(kind, seen.time, f"{one_line(seen.kind.replace('_', ' '))}: {one_line(text)}")
        self._touch()

    def close(self, closed: Closed) -> None:
        if closed.attempt.id != self.attempt:
            return
        if closed.reason:
            self._fail(closed.reason, closed.text or closed.reason)
        if not closed.last:
            self.state, self.doing = "waiting", wording.WAITING["retried"]
        elif self.result.ended:
            self._end(wording.ended_words(self.result))

    def give_up(self, ended: Ended) -> None:
        if not self.result.ended:
            self._fail(ended.reason, ended.text)
        self._end(wording.ended_words(self.result))

    def _fail(self, reason: str, text: str) -> None:
        """The attempt has left no `end` of its own: what the backend knows."""
        self._verdict = infrastructure(self._folding.result, reason, text)
        self._add("end", self.last or "", f"{self._verdict.outcome}: {one_line(text)}", failed=True)
        self._end(wording.ended_words(self._verdict))
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
        text = str(data.get("text", ""))
        last = self._speech
        if last is None or last.kind != kind:
            if text.strip():
                self._speech = self._add(kind, time, text=Text(text.lstrip("\n")))
            return
        head, newline, rest = text.partition("\n")
        if last.text.characters < WORDS_CHARACTERS:
            self._extend(last, text)
        else:
            self._extend(last, head)
            if newline:
                self._speech = self._add(kind, time, text=Text(rest))

    def _call(self, time: str, data: Mapping[str, Any]) -> None:
        self._step(data)
        self._speech = None
        called = self._calls.called(data)
        if called is None:
            return
        tool, arguments = called
        self.doing = wording.doing(tool, arguments)
        if tool != "submit":
            entry = self._add("call", time, wording.call(tool, arguments))
            self._calls.begin(entry, data.get("id"), tool, arguments)
            self._characters += sum(map(len, entry.arguments.values()))

    def _output(self, time: str, data: Mapping[str, Any]) -> None:
        entry = self._calls.entry(data.get("id"))
        if entry is None:
            self._speak_plain("other", time, str(data.get("text", "")))
        else:
            self._extend(entry, str(data.get("text", "")))

    def _speak_plain(self, kind: Kind, time: str, text: str) -> None:
        last = self.entries[-1] if self.entries else None
        if last is not None and last.kind == kind and not last.words and last.text.characters < WORDS_CHARACTERS:
            self._extend(last, text)
        elif text:
            self._add(kind, time, text=Text(text))

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
        self._speech = None

    def _phase(self, _time: str, data: Mapping[str, Any]) -> None:
        if data.get("state") == "begin":
            self.doing = wording.phase(str(data.get("name", "")))

    def _notice(self, time: str, data: Mapping[str, Any]) -> None:
        level = one_line(str(data.get("level", "notice")))
        if level == "debug":
            return
        first, *rest = clean(str(data.get("text", ""))).split("\n")
        self._add("notice", time, f"{level}: {first}", text=Text("\n".join(rest)), failed=level == "error")

    def _patch(self, time: str, data: Mapping[str, Any]) -> None:
        if words := wording.patch(data):
            self._add("patch", time, words)

    def _check(self, time: str, data: Mapping[str, Any]) -> None:
        tail = str(data.get("tail", "")).rstrip("\n")
        on_base = data.get("on") == "base"  # there it may well fail
        failed = data.get("exit_code") != 0 and not on_base
        self._add("base" if on_base else "check", time, wording.check(data), text=Text(tail), failed=failed)

    def _last_word(self, time: str, data: Mapping[str, Any]) -> None:
        first, *rest = clean(wording.end(data)).split("\n")
        self._add("end", time, first, text=Text("\n".join(rest)), failed=data.get("outcome") == "failed")
        self._end(wording.ended_words(self.result))

    def _stray(self, time: str, data: Mapping[str, Any]) -> None:
        self._speak_plain("stray", time, str(data.get("text", "")) + "\n")

    def _start(self, _time: str, _data: Mapping[str, Any]) -> None:
        self.doing = wording.STARTING

    def _silent(self, _time: str, _data: Mapping[str, Any]) -> None:
        """Nothing to show."""

    def _other(self, time: str, data: Mapping[str, Any]) -> None:
        self._add("other", time, wording.unknown(data))

    # Entries

    def _touch(self) -> None:
        self.version += 1

    def _step(self, data: Mapping[str, Any]) -> None:
        self.step = max(self.step, _whole(data, "step"))

    def _add(self, kind: Kind, time: str, words: str = "", *, text: Text | None = None, failed: bool = False) -> Entry:
        line = clean(words[:LINE_CHARACTERS]).replace("\n", " ").expandtabs(4)
        entry = Entry(self._count, kind, time, line, text or Text(), failed, self.version)
        self._count += 1
        self.entries.append(entry)
        self._characters += entry.characters
        self._forget()
        return entry

    def _extend(self, entry: Entry, text: str) -> None:
        before = entry.text.characters
        entry.text.add(text)
        entry.version = self.version
        if entry.number >= self._count - len(self.entries):
            self._characters += entry.text.characters - before
            self._forget()

    def _forget(self) -> None:
        """Older entries go; the newest one stays whatever its size."""
        while len(self.entries) > 1 and (
            len(self.entries) > self._most_entries or self._characters > self._most_characters
        ):
            self._characters -= self.entries.popleft().characters
            self.left_out += 1


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
    "check": Transcript._check,
    "notice": Transcript._notice,
    "end": Transcript._last_word,
    "stray": Transcript._stray,
    "beat": Transcript._silent,
    "sent": Transcript._silent,
}


def _whole(data: Mapping[str, Any], name: str) -> int:
    value = data.get(name)
    return value if type(value) is int else 0
