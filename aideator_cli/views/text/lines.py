"""Shows events as lines. Each begins with the agent's name, `k3v9x2q/2 │`, in its own colour; without colour in a pipe."""

import textwrap
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aideator_agent.spec import RunSpec, VariationSpec
from aideator_cli.domain.calls import Asked
from aideator_cli.domain.events import HANDED, Closed, Ended, Event, Item, Joined, Observation
from aideator_cli.text.clean import clean, one_line
from aideator_cli.text.figures import plural
from aideator_cli.views import wording
from aideator_cli.views.colours import BOLD, DIM, RED, paint, variation_colour
from aideator_cli.views.screen import Screen
from aideator_cli.views.signs import TOLD
from aideator_cli.views.text.plain import in_words

ANSWER_LINES = 40  # of an answer to a question of an agent's
KEPT = 3  # lines of a failed command's output that are shown
LONG_SECONDS = 1.0  # a command that took this long is also reported when it ends
PIPE_CELLS = 100  # what a line of a pipe holds, where one is cut
BETWEEN_TURNS = frozenset({"usage", "sent"})  # separate one turn's words from the next one's
STEP_CELLS = 12  # of the name of a team's step
MOST_CELLS = 4096  # of one line; the rest is in the log


@dataclass
class _Output:
    """The last lines of what a tool printed."""

    tail: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT))
    count: int = 0
    rest: str = ""

    def add(self, text: str) -> None:
        *whole, rest = (self.rest + text).split("\n")
        self.rest = rest[:MOST_CELLS]
        for line in whole:
            self._line(line)

    def finish(self) -> list[str]:
        """The last lines, and how many there were before them."""
        self._line(self.rest)
        self.rest = ""
        left = self.count - len(self.tail)
        return [*self.tail, *([f"… {plural(left, 'line')} more"] if left else [])]

    def _line(self, line: str) -> None:
        if line.strip():
            self.tail.append(line[:MOST_CELLS])
            self.count += 1


@dataclass
class _Speaker:
    """What one variation has said and is not shown yet."""

    attempt: str | None = None
    spoken: str = ""
    thinking: bool = False
    asked: Asked = field(default_factory=Asked)
    calls: dict[Any, tuple[str, Mapping[str, Any]]] = field(default_factory=dict)
    outputs: dict[Any, _Output] = field(default_factory=dict)
    answer: list[str] = field(default_factory=list)
    has_asked: bool = False  # a model, which may take long to answer


def show_lines(screen: Screen, spec: RunSpec, batches: Iterator[list[Item]], *, whole: bool = False) -> None:
    """Shows events until the batches end; with `whole`, also everything that the tools print."""
    view = _Lines(screen, spec, whole=whole)
    for batch in batches:
        for item in batch:
            view.show(item)
        screen.out.flush()
    view.close()


class _Lines:
    def __init__(self, screen: Screen, spec: RunSpec, *, whole: bool) -> None:
        self._screen = screen
        self._whole = whole
        self._is_merge = spec.is_merge
        self._colour = screen.colour
        self._wraps = screen.is_terminal and not screen.plain  # a screen reader reads a line as one
        self._speakers = {v.number: _Speaker() for v in spec.variations}
        self._models = {v.number: v.model for v in spec.variations}
        self._told: dict[int, Observation] = {}  # the last one shown of each variation
        digits = len(str(max(self._speakers)))
        self._prefixes = {n: self._prefix(f"{spec.id}/{n:<{digits}}", n) for n in self._speakers}
        self._room = max(20, (screen.width if screen.is_terminal else PIPE_CELLS) - len(spec.id) - digits - 4)
        if spec.team is not None and any(each.prompt_name for each in spec.variations):  # not one of its steps alone
            self._join(spec.variations)

    def _join(self, variations: Sequence[VariationSpec]) -> None:
        """More agents of a team: each is called by its step."""
        for each in variations:
            name = one_line(each.prompt_name or f"{each.number}")
            self._speakers[each.number] = _Speaker()
            self._models[each.number] = each.model
            self._prefixes[each.number] = self._prefix(f"{name:<{STEP_CELLS}}", each.number)
        self._room = max(20, (self._screen.width if self._screen.is_terminal else PIPE_CELLS) - STEP_CELLS - 3)

    def show(self, item: Item) -> None:
        if isinstance(item, Joined):
            self._join(item.variations)
        elif isinstance(item, Event):
            self._event(item)
        elif isinstance(item, Observation):
            self._observation(item)
        elif isinstance(item, Ended):
            self._failed(item.variation, item.text)
        elif isinstance(item, Closed) and item.reason:
            self._hush(item.attempt.variation)
            if item.reason != "preempted":  # that was observed, and is no failure: it comes back
                self._failed(item.attempt.variation, item.text or item.reason)

    def close(self) -> None:
        for number in self._speakers:
            self._hush(number)
        self._screen.out.flush()

    def _prefix(self, name: str, number: int) -> str:
        if self._screen.plain:
            return f"{name.rstrip()}: "
        if not self._colour:
            return f"{name} │ "
        return paint(f"{name} │", variation_colour(number, true_colour=self._screen.true_colour)) + " "

    def _painted(self, text: str) -> str:
        return paint(text, BOLD) if self._colour else text

    def _line(self, number: int, text: str, style: str | None = None) -> None:
        if self._screen.plain:
            text = in_words(text)
        for line in clean(text).expandtabs(4).split("\n"):
            for part in self._wrapped(line[:MOST_CELLS]):
                self._screen.line(self._prefixes[number] + (paint(part, style) if style and self._colour else part))

    def _wrapped(self, line: str) -> list[str]:
        if not self._wraps or len(line) <= self._room:
            return [line]
        parts = textwrap.wrap(line, self._room, drop_whitespace=False, replace_whitespace=False, break_on_hyphens=False)
        return [parts[0], *(part.lstrip(" ") for part in parts[1:])] if parts else [""]

    # Events

    def _event(self, event: Event) -> None:
        speaker = self._speaker(event)
        if speaker is None:
            return
        if event.type in ("say", "think"):
            self._speak(event, speaker)
            return
        if event.type in ("beat", "changes", "checkpoint"):
            return
        if not _is_beside(event):
            self._hush(event.variation)
        host = event.data.get("host")
        if event.type == "sent" and host and not speaker.has_asked:
            speaker.has_asked = True
            self._line(event.variation, f"asks {one_line(self._models[event.variation])} at {one_line(str(host))}", DIM)
        elif event.type == "output":
            self._output(event, speaker)
        elif event.type not in BETWEEN_TURNS:
            self._finished(event, speaker)

    def _speaker(self, event: Event) -> _Speaker | None:
        """A new attempt gets a new speaker, after the pending words of the one before are shown."""
        number = event.variation
        speaker = self._speakers.get(number)
        if speaker is not None and speaker.attempt not in (None, event.attempt):
            self._hush(number)
            self._line(number, "↻ another attempt", DIM)
            speaker = self._speakers[number] = _Speaker()
        if speaker is not None:
            speaker.attempt = event.attempt
        return speaker

    def _output(self, event: Event, speaker: _Speaker) -> None:
        text = str(event.data.get("text", ""))
        if self._whole:
            self._line(event.variation, "\n".join(f"  {line}" for line in text.removesuffix("\n").split("\n")), DIM)
        else:
            speaker.outputs.setdefault(event.data.get("id"), _Output()).add(text)

    def _finished(self, event: Event, speaker: _Speaker) -> None:
        """Events that are shown whole."""
        number, data = event.variation, event.data
        match event.type:
            case "start" | "phase":
                return
            case "call":
                self._call(number, data, speaker)
            case "done":
                self._done(number, data, speaker)
            case "resumed":
                self._line(number, wording.resumed(data), DIM)
            case "told" | "notice":
                self._notice(event)
            case "patch" | "answer":
                self._work(number, event, speaker)
            case "check":
                self._check(number, data)
            case "end":
                submitted = speaker.answer and data.get("outcome") == "succeeded"
                words = "submitted" if submitted else wording.end(data, of_merge=self._is_merge)
                self._line(number, words, RED if data.get("outcome") == "failed" else None)
            case "stray":
                self._line(number, str(data.get("text", "")), DIM)
            case _:
                self._line(number, wording.unknown(data)[: 10 * self._room], DIM)

    def _notice(self, event: Event) -> None:
        """Shows what is said beside the agent's own words: by the user, or by the agent's program."""
        text, level = str(event.data.get("text", "")), event.data.get("level", "notice")
        if event.type == "told":
            self._line(event.variation, f"{TOLD} {text}" if event.data.get("part", 1) == 1 else text)
        elif level != "debug":
            self._line(event.variation, f"{level}: {text}", DIM)

    def _call(self, number: int, data: Mapping[str, Any], speaker: _Speaker) -> None:
        """Shows a command when it begins, and other tools when they end, or before their first output."""
        called = speaker.asked.whole(data)
        if called is None:
            return
        speaker.calls[data.get("id")] = called
        if called[0] == "ask":
            speaker.outputs[data.get("id")] = _Output(deque(maxlen=ANSWER_LINES))
        if called[0] in ("bash", "ask") or (self._whole and called[0] != "submit"):
            self._line(number, wording.call(*called))

    def _done(self, number: int, data: Mapping[str, Any], speaker: _Speaker) -> None:
        tool, arguments = speaker.calls.pop(data.get("id"), ("", {}))
        lines = speaker.outputs.pop(data.get("id"), _Output()).finish()
        failed = data.get("exit_code") != 0
        if tool == "ask" and not failed:
            if not self._whole:
                first, *rest = lines or [""]
                self._line(number, "\n".join(f"  {line}" for line in [f"{wording.answered(data)}: {first}", *rest]))
            return
        if tool != "bash":
            words = wording.failed_call(tool, arguments, lines) if failed else wording.call(tool, arguments)
            if failed or (tool != "submit" and not self._whole):
                self._line(number, words, RED if failed else None)
            return
        if failed or (data.get("seconds") or 0) >= LONG_SECONDS:
            self._line(number, f"  {wording.ended_command(data)}", RED if failed else DIM)
        if failed:
            self._indented(number, lines)

    def _work(self, number: int, event: Event, speaker: _Speaker) -> None:
        """Shows what a patch changes, and an answer whole, as soon as the last part is there."""
        if event.type == "patch":
            if words := wording.patch(event.data):
                self._line(number, words)
            for severity, words in wording.signals(event.data):
                self._line(number, f"  {words}", {"cheat": RED, "look": None}.get(severity, DIM))
            return
        speaker.answer.append(str(event.data.get("text", "")))
        if words := wording.answer(event.data):
            self._line(number, words)
            self._line(number, "".join(speaker.answer).rstrip("\n"))

    def _check(self, number: int, data: Mapping[str, Any]) -> None:
        passed = data.get("exit_code") == 0
        self._line(number, wording.check(data), None if passed else RED)
        tail = str(data.get("tail", ""))
        if self._whole:
            self._line(number, "\n".join(f"  {line}" for line in tail.splitlines()), DIM if passed else RED)
        elif not passed:
            output = _Output()
            output.add(tail)
            self._indented(number, output.finish())

    def _indented(self, number: int, lines: list[str]) -> None:
        for line in lines:
            self._line(number, f"  {line}"[: self._room], RED)

    def _speak(self, event: Event, speaker: _Speaker) -> None:
        thinking = event.type == "think"
        if thinking != speaker.thinking:
            self._hush(event.variation)
            speaker.thinking = thinking
        *whole, speaker.spoken = (speaker.spoken + str(event.data.get("text", ""))).split("\n")
        while self._wraps and len(speaker.spoken) > self._room:
            line, speaker.spoken = _cut(speaker.spoken, self._room)
            whole.append(line)
        for line in whole:
            self._words(event.variation, line, thinking=thinking)

    def _hush(self, number: int) -> None:
        """Shows pending text that has no newline yet."""
        speaker = self._speakers[number]
        self._words(number, speaker.spoken, thinking=speaker.thinking)
        speaker.spoken = ""

    def _words(self, number: int, line: str, *, thinking: bool) -> None:
        if line.strip():
            self._line(number, f"({line.strip()})" if thinking else line, DIM if thinking else None)

    def _observation(self, seen: Observation) -> None:
        if seen.variation is None and seen.kind == HANDED:
            self._screen.line(self._painted(one_line(seen.text)))
        elif seen.variation is None:
            self._screen.warn(seen.text)
        elif seen.kind not in wording.TOLD_BY_EVENTS and seen.variation in self._prefixes:
            self._told[seen.variation] = seen
            self._line(seen.variation, wording.observed(seen.kind, seen.text), DIM)

    def _failed(self, number: int, text: str) -> None:
        self._line(number, f"failed: {wording.lost(text, self._told.get(number))}", RED)


def _is_beside(event: Event) -> bool:
    """Returns whether the event happens while the agent speaks, without interrupting it."""
    return event.type == "check" and event.data.get("on") == "base"


def _cut(text: str, room: int) -> tuple[str, str]:
    at = text.rfind(" ", 0, room + 1)
    return (text[:at], text[at + 1 :]) if at > 0 else (text[:room], text[room:])
