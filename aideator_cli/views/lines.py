"""Every agent's events as lines with its name before them, `k3v9x2q/2 │`, in its own colour; plain where there is no terminal."""

import json
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
from aideator_cli.figures import duration, plural
from aideator_cli.views import wording
from aideator_cli.views.colours import DIM, RED, paint, variation_colour

KEPT = 3  # lines of a failed command's output that are shown
QUIET = (
    "running",
    "starting",
    "completed",
    "error",
    "ended",
    "scheduling",
)  # observations that the events themselves tell


@dataclass
class _Output:
    """The last lines of what a tool printed."""

    tail: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT))
    count: int = 0
    rest: str = ""

    def add(self, text: str) -> None:
        *whole, self.rest = (self.rest + text).split("\n")
        for line in whole:
            self._line(line)

    def finish(self) -> None:
        if self.rest:
            self._line(self.rest)
            self.rest = ""

    def _line(self, line: str) -> None:
        if line.strip():
            self.tail.append(line)
            self.count += 1


@dataclass
class _Speaker:
    """What one variation has said and not yet shown."""

    spoken: str = ""
    thinking: bool = False
    calls: dict[Any, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    pieces: dict[Any, str] = field(default_factory=dict)  # arguments that came in parts
    outputs: dict[Any, _Output] = field(default_factory=dict)


def show_lines(spec: RunSpec, batches: Iterator[list[Item]], out: TextIO | None = None) -> None:
    """Prints until the batches end."""
    view = _Lines(spec, out or sys.stdout)
    for batch in batches:
        for item in batch:
            view.show(item)
        view.flush()


class _Lines:
    def __init__(self, spec: RunSpec, out: TextIO) -> None:
        self._out = out
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
            for part in self._wrapped(line):
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
        speaker = self._speakers.get(event.variation)
        if speaker is None:
            return
        if event.type in ("say", "think"):
            self._speak(event, speaker)
            return
        if event.type in ("output", "beat", "usage", "sent"):
            if event.type == "output":
                speaker.outputs.setdefault(event.data.get("id"), _Output()).add(str(event.data.get("text", "")))
            return
        self._hush(event.variation)
        self._finished(event, speaker)

    def _finished(self, event: Event, speaker: _Speaker) -> None:
        """Events that are shown whole."""
        number, data = event.variation, event.data
        match event.type:
            case "start" | "phase":
                return
            case "call":
                _remember_call(data, speaker)
            case "done":
                self._done(number, data, speaker)
            case "notice":
                self._notice(number, data)
            case "patch":
                if words := wording.patch(data):
                    self._line(number, words)
            case "check":
                self._line(number, wording.check(data), None if data.get("exit_code") == 0 else RED)
            case "end":
                self._line(number, wording.end(data), RED if data.get("outcome") == "failed" else None)
            case "stray":
                self._line(number, str(data.get("text", "")), DIM)
            case _:
                self._line(number, wording.unknown(data)[: 10 * self._room], DIM)

    def _notice(self, number: int, data: Mapping[str, Any]) -> None:
        if data.get("level") != "debug":
            self._line(number, f"{data.get('level', 'notice')}: {data.get('text', '')}", DIM)

    def _done(self, number: int, data: Mapping[str, Any], speaker: _Speaker) -> None:
        tool, arguments = speaker.calls.pop(data.get("id"), ("", {}))
        output = speaker.outputs.pop(data.get("id"), _Output())
        output.finish()
        code, seconds = data.get("exit_code"), data.get("seconds")
        failed = code not in (0, None)
        if tool == "submit" and not failed:
            return
        right = (
            f"{f'exit {code}' if failed else '':>8}  {duration(seconds) if isinstance(seconds, int | float) else '':>7}"
        )
        self._line(
            number, _beside(wording.call(tool, arguments), right if tool == "bash" or failed else "", self._room)
        )
        if failed:
            for line in output.tail:
                self._line(number, f"  {line}"[: self._room], RED)
            if output.count > len(output.tail):
                self._line(number, f"  … {plural(output.count - len(output.tail), 'line')} more", DIM)

    def _speak(self, event: Event, speaker: _Speaker) -> None:
        thinking = event.type == "think"
        if thinking != speaker.thinking:
            self._hush(event.variation)
            speaker.thinking = thinking
        *whole, speaker.spoken = (speaker.spoken + str(event.data.get("text", ""))).split("\n")
        for line in whole:
            if line.strip():
                self._line(event.variation, line, DIM if thinking else None)
        while self._wraps and len(speaker.spoken) > self._room:
            line, speaker.spoken = _cut(speaker.spoken, self._room)
            self._line(event.variation, line, DIM if thinking else None)

    def _hush(self, number: int) -> None:
        """Shows what was said and has had no newline yet."""
        speaker = self._speakers[number]
        if speaker.spoken.strip():
            self._line(number, speaker.spoken, DIM if speaker.thinking else None)
        speaker.spoken = ""

    def _observation(self, seen: Observation) -> None:
        if seen.variation is None:
            terminal.warn(seen.text)
        elif seen.kind not in QUIET and seen.variation in self._prefixes:
            self._line(seen.variation, f"{seen.kind.replace('_', ' ')}: {one_line(seen.text)}", DIM)


def _cut(text: str, room: int) -> tuple[str, str]:
    at = text.rfind(" ", 0, room + 1)
    return (text[:at], text[at + 1 :]) if at > 0 else (text[:room], text[room:])


def _remember_call(data: Mapping[str, Any], speaker: _Speaker) -> None:
    """A call is shown when it is done; its arguments may come in parts."""
    key = data.get("id")
    arguments = data.get("arguments")
    if arguments is None:
        speaker.pieces[key] = speaker.pieces.get(key, "") + str(data.get("text", ""))
        if data.get("part") != data.get("parts"):
            return
        arguments = _loaded(speaker.pieces.pop(key))
    speaker.calls[key] = (str(data.get("tool", "")), arguments if isinstance(arguments, dict) else {})


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return {}


def _beside(left: str, right: str, room: int) -> str:
    """`right` at the end of the line, unless `left` needs the room."""
    if not right.strip():
        return left
    space = min(room, 90) - len(right)
    return f"{left:<{space}}{right}" if len(left) < space else f"{left}  {right.strip()}"
