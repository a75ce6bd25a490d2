"""The loop: ask the model, do what it calls for, tell it what came of that, until it submits."""

import hashlib
from dataclasses import asdict
from pathlib import Path
from typing import Final

from aideator_agent import files, pieces
from aideator_agent.changes import CHANGING, Changes
from aideator_agent.emitter import Emitter
from aideator_agent.files import FileRefused
from aideator_agent.interrupts import Interrupts
from aideator_agent.models.base import (
    Call,
    ContextExceeded,
    LibraryMissing,
    Message,
    Model,
    ModelError,
    Say,
    Think,
    Turn,
)  # fmt: skip
from aideator_agent.models.retry import asking
from aideator_agent.spec import RunSpec, VariationSpec
from aideator_agent.stream import Stream
from aideator_agent.tools import Tools
from aideator_agent.totals import Totals
from aideator_agent.verdict import failed, limit

GUIDES: Final = ("AGENTS.md", "CLAUDE.md")
GUIDE_BYTES: Final = 256 * 1024  # of a guide that is looked at
GUIDE_SHOWN: Final = 20_000  # characters of a guide in the first message
SENT_SHARE: Final = 0.4  # of the work's room, after which requests leave only their hash in the log
SAME: Final = 3  # identical calls in a row that bring a warning; one more ends the attempt
WARNING: Final = f"\n[You have made the same call {SAME} times in a row. Do something else: one more ends your work.]"
REMINDER: Final = "You called no tool. Go on with the task by calling one, or call submit when the work is done."


class Loop:
    def __init__(
        self, spec: RunSpec, variation: VariationSpec, model: Model, tools: Tools, emitter: Emitter,
        interrupts: Interrupts, totals: Totals, changes: Changes | None = None,
    ) -> None:  # fmt: skip
        self._limits = spec.limits
        self._variation = variation
        self._model = model
        self._tools = tools
        self._schemas = tools.schemas()
        self._emitter = emitter
        self._interrupts = interrupts
        self._totals = totals
        self._changes = changes  # None: there is no shell to ask
        self._messages: list[Message] = []
        self._told = 0  # messages that a `sent` has shown already
        self._last: tuple[str, str] | None = None
        self._repeated = 0

    def run(self, opening: list[Message]) -> str:
        """The summary, once the model has submitted. Raises `Ended` for every other end."""
        self._messages = opening
        silent = False
        while True:
            turn = self._ask()
            if summary := self._do(turn):
                return summary
            if not turn.calls and silent:
                return turn.text.strip()
            silent = not turn.calls
            if silent:
                self._messages.append({"role": "user", "content": REMINDER})

    def _ask(self) -> Turn:
        self._interrupts.check()
        self._check_limits()
        self._totals.steps += 1
        self._tell_sent()
        try:
            turn = self._spoken()
        except ContextExceeded as error:
            self._emitter.notice("warning", str(error))
            raise limit("tokens") from error
        except LibraryMissing as error:
            raise failed("infrastructure", str(error)) from error
        except ModelError as error:
            raise failed("model", str(error)) from error
        self._totals.add(turn.usage)
        self._emitter.emit("usage", step=self._totals.steps, **asdict(turn.usage))
        self._messages.append(pieces.clean(turn.message))
        return turn

    def _check_limits(self) -> None:
        if self._totals.steps >= self._limits.steps:
            raise limit("steps")
        if self._limits.cost is None:
            return
        if self._totals.cost is None:
            raise failed(
                "model", f"the price of {self._variation.model} is unknown, so the limit on its cost can't be held"
            )
        if self._totals.cost >= self._limits.cost:
            raise limit("cost")

    def _spoken(self) -> Turn:
        """The model's turn, its words told as they come."""
        words = {
            Say: Stream(self._emitter, "say", "the model's words"),
            Think: Stream(self._emitter, "think", "the model's thoughts"),
        }
        spoken: type[Say | Think] | None = None
        try:
            for piece in asking(lambda: self._model.turn(self._messages, self._schemas), self._interrupts, self._warn):
                if isinstance(piece, Turn):
                    return piece
                if spoken not in (None, type(piece)):
                    words[spoken].rest()
                spoken = type(piece)
                words[spoken].feed(piece.text)
        finally:
            for stream in words.values():
                stream.close()
        raise failed("agent", "the model's turn had no end")

    def _do(self, turn: Turn) -> str | None:
        """Runs the turn's calls; the summary when one of them is submit."""
        for call in turn.calls:
            self._interrupts.check()
            warning = self._watch_for_loops(call)
            result = self._tools.run(self._totals.steps, call)
            self._totals.commands = self._tools.commands
            if call.tool == "submit":
                return str(call.arguments.get("summary") or "").strip() or "(no summary)"
            self._messages.append({"role": "tool", "tool_call_id": call.id, "content": result + warning})
        if self._changes is not None and any(call.tool in CHANGING for call in turn.calls):
            self._changes.tell(self._totals.steps)
        return None

    def _watch_for_loops(self, call: Call) -> str:
        key = (call.tool, pieces.encoded(call.arguments))
        self._repeated = self._repeated + 1 if key == self._last else 1
        self._last = key
        if self._repeated > SAME:
            raise failed("agent", f"the model made the same call of {call.tool} {self._repeated} times in a row")
        if self._repeated == SAME:
            self._emitter.notice("warning", f"The model has made the same call of {call.tool} {SAME} times in a row.")
            return WARNING
        return ""

    def _tell_sent(self) -> None:
        """What this request adds to the last one. The model's own words stand in its `say` and `call` already."""
        request = {
            "model": self._variation.model,
            "messages": self._messages,
            "temperature": self._variation.temperature,
            "tools": self._schemas,
        }
        digest = hashlib.sha256(pieces.encoded(request).encode()).hexdigest()
        added = [message for message in self._messages[self._told :] if message["role"] != "assistant"]
        self._told = len(self._messages)
        text = "\n".join(pieces.encoded(message) for message in added)
        if len(text) <= self._emitter.left(SENT_SHARE):
            self._emitter.emit("sent", step=self._totals.steps, sha256=digest, text=text)
        else:
            self._emitter.emit("sent", step=self._totals.steps, sha256=digest)

    def _warn(self, text: str) -> None:
        self._emitter.notice("warning", text)


def opening(spec: RunSpec, variation: VariationSpec, root: Path) -> list[Message]:
    """The messages that the work begins with: role, task, and what the repository tells agents."""
    system = spec.system.get(variation.role)
    task = "\n\n".join([variation.task or spec.task or spec.prompt, *_guides(root)])
    first: list[Message] = [{"role": "system", "content": system}] if system else []
    return [*first, {"role": "user", "content": task}]


def _guides(root: Path) -> list[str]:
    texts: dict[str, str] = {}  # text -> name; one is often a link to the other
    for name in GUIDES:
        try:
            text = files.read(root, name, GUIDE_BYTES).decode(errors="replace").strip()
        except FileRefused:
            continue
        if text:
            texts.setdefault(text[:GUIDE_SHOWN] + ("\n[cut]" if len(text) > GUIDE_SHOWN else ""), name)
    return [f"The repository's {name} says:\n\n{text}" for text, name in texts.items()]
