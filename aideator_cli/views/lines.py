"""Every agent's events as lines with its name before them, `k3v9x2q/2 │`, in its own colour; plain where there is no terminal."""

import sys
import textwrap
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TextIO

from aideator_agent.spec import RunSpec
from aideator_cli import terminal
from aideator_cli.clean import clean, one_line
from aideator_cli.events import Closed, Ended, Event, Item, Observation
from aideator_cli.figures import plural
from aideator_cli.views import wording
from aideator_cli.views.calls import Asked
from aideator_cli.views.colours import DIM, RED, paint, variation_colour

KEPT = 3  # lines of a failed command's output that are shown
LONG_SECONDS = 1.0  # a command that took so long is told when it has ended, too
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
    """What one variation has said and not yet shown."""

    attempt: str | None = None
    spoken: str = ""
    thinking: bool = False
    asked: Asked = field(default_factory=Asked)
    calls: dict[Any, tuple[str, Mapping[str, Any]]] = field(default_factory=dict)
    outputs: dict[Any, _Output] = field(default_factory=dict)


def show_lines(spec: RunSpec, batches: Iterator[list[Item]], out: TextIO | None = None, *, whole: bool = False) -> None:
    """Prints until the batches end; with `whole` all that the tools print, too."""
    view = _Lines(spec, out or sys.stdout, whole=whole)
    for batch in batches:
        for item in batch:
            view.show(item)
        view.flush()


class _Lines:
    def __init__(self, spec: RunSpec, out: TextIO, *, whole: bool) -> None:
        self._out = out
        self._whole = whole
        self._colour = terminal.wants_colour(out)
        self._width = terminal.width() if out.isatty() else 100
        self._wraps = out.isatty()
        self._speakers = {v.number: _Speaker() for v in spec.variations}
        digits = len(str(max(self._speakers)))
        self._prefixes = {n: self._prefix(f"{spec.id}/{n:<{digits}}", n) for n in self._speakers}
        self._room = max(30, self._width - len(spec.id) - digits - 4)

    def show(self, item: Item) -> None:
        if isinstance(item, Event):
            self._event(item)
        elif isinstance(item, Observation):
            self._observation(item)
        elif isinstance(item, Ended):
            self._line(item.variation, f"failed: {item.text}", RED)
        elif isinstance(item, Closed) and item.reason:
            self._hush(item.attempt.variation)
            self._line(item.attempt.variation, f"failed: {item.text or item.reason}", RED)

    def flush(self) -> None:
        self._out.flush()

    def _prefix(self, name: str, number: int) -> str:
        return paint(f"{name} │", variation_colour(number)) + " " if self._colour else f"{name} │ "

    def _line(self, number: int, text: str, style: str | None = None) -> None:
        for line in clean(text).expandtabs(4).split("\n"):
            for part in self._wrapped(line[:MOST_CELLS]):
                self._out.write(
                    self._prefixes[number] + (paint(part, style) if style and self._colour else part) + "\n"
                )

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
        if event.type in ("beat", "usage", "sent", "changes"):
            return
        if not _is_beside(event):
            self._hush(event.variation)
        if event.type == "output":
            self._output(event, speaker)
        else:
            self._finished(event, speaker)

    def _speaker(self, event: Event) -> _Speaker | None:
        """Another attempt knows nothing of what the one before was about to say."""
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
            case "notice":
                self._notice(number, data)
            case "patch":
                if words := wording.patch(data):
                    self._line(number, words)
            case "check":
                self._check(number, data)
            case "end":
                self._line(number, wording.end(data), RED if data.get("outcome") == "failed" else None)
            case "stray":
                self._line(number, str(data.get("text", "")), DIM)
            case _:
                self._line(number, wording.unknown(data)[: 10 * self._room], DIM)

    def _notice(self, number: int, data: Mapping[str, Any]) -> None:
        if data.get("level") != "debug":
            self._line(number, f"{data.get('level', 'notice')}: {data.get('text', '')}", DIM)

    def _call(self, number: int, data: Mapping[str, Any], speaker: _Speaker) -> None:
        """A command is shown as it begins; what the other tools do, when they have done it, unless what they print comes before."""
        called = speaker.asked.whole(data)
        if called is None:
            return
        speaker.calls[data.get("id")] = called
        if called[0] == "bash" or (self._whole and called[0] != "submit"):
            self._line(number, wording.call(*called))

    def _done(self, number: int, data: Mapping[str, Any], speaker: _Speaker) -> None:
        tool, arguments = speaker.calls.pop(data.get("id"), ("", {}))
        lines = speaker.outputs.pop(data.get("id"), _Output()).finish()
        failed = data.get("exit_code") != 0
        if tool != "bash":
            words = wording.failed_call(tool, arguments, lines) if failed else wording.call(tool, arguments)
            if failed or (tool != "submit" and not self._whole):
                self._line(number, words, RED if failed else None)
            return
        if failed or (data.get("seconds") or 0) >= LONG_SECONDS:
            self._line(number, f"  {wording.ended_command(data)}", RED if failed else DIM)
        if failed:
            self._indented(number, lines)

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
        """Shows what was said and has had no newline yet."""
        speaker = self._speakers[number]
        self._words(number, speaker.spoken, thinking=speaker.thinking)
        speaker.spoken = ""

    def _words(self, number: int, line: str, *, thinking: bool) -> None:
        if line.strip():
            self._line(number, f"({line.strip()})" if thinking else line, DIM if thinking else None)

    def _observation(self, seen: Observation) -> None:
        if seen.variation is None:
            terminal.warn(seen.text)
        elif seen.kind not in wording.TOLD_BY_EVENTS and seen.variation in self._prefixes:
            self._line(seen.variation, f"{seen.kind.replace('_', ' ')}: {one_line(seen.text)}", DIM)


def _is_beside(event: Event) -> bool:
    """It happens while the agent speaks, which it does not interrupt."""
    return event.type == "check" and event.data.get("on") == "base"


def _cut(text: str, room: int) -> tuple[str, str]:
    at = text.rfind(" ", 0, room + 1)
    return (text[:at], text[at + 1 :]) if at > 0 else (text[:room], text[room:])
