"""What the model can do: run a command, read, write and change a file, and say that it is done."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from aideator_agent import files, pieces
from aideator_agent.emitter import Emitter
from aideator_agent.excerpt import Excerpt, excerpt
from aideator_agent.files import FileRefused
from aideator_agent.interrupts import Interrupts
from aideator_agent.models.base import Call
from aideator_agent.replacing import NoReplacement, replaced
from aideator_agent.shell import Finished, Shell
from aideator_agent.stream import SMALL_BYTES, STREAM_BYTES, WORDS_SHARE, Stream
from aideator_agent.verdict import failed

FILE_BYTES: Final = 10 * 1024 * 1024  # of a file that is read or changed
END_SHOWN: Final = 500  # characters of either end of an argument for which the log has no room
ID_SHOWN: Final = 80  # characters of a call's id in events
LOST: Final = 3  # commands in a row that the shell may lose

Arguments = Mapping[str, Any]


@dataclass(frozen=True)
class Answer:
    """What a call gives back: for the model, and for the record."""

    text: str
    exit_code: int | None = 0
    reason: str = "exited"


class BadArguments(Exception):
    """What is wrong with a call's arguments; for the model."""


class Tools:
    def __init__(
        self, root: Path, shell: Shell | None, emitter: Emitter, interrupts: Interrupts, command_seconds: float
    ) -> None:
        """Without a shell there is no `bash`."""
        self.commands = 0
        self._root = root
        self._shell = shell
        self._emitter = emitter
        self._interrupts = interrupts
        self._command_seconds = command_seconds
        self._lost = 0
        self._by_name: dict[str, Callable[[Arguments], Answer]] = {
            "read_file": self._read_file,
            "write_file": self._write_file,
            "str_replace": self._str_replace,
            "submit": lambda _: Answer(""),
        }

    def schemas(self) -> list[dict[str, Any]]:
        """As OpenAI's API takes them."""
        return [_schema(name, *SCHEMAS[name]) for name in self.names]

    @property
    def names(self) -> list[str]:
        return [*(["bash"] if self._shell else []), *self._by_name]

    def run(self, step: int, call: Call) -> str:
        """Does what the call asks, with its events; what the model is told of it. Raises `Ended` when the agent is to stop."""
        id_ = call.id[:ID_SHOWN]
        self._tell_call(step, id_, call)
        stream = Stream(self._emitter, "output", "the tool's output", step=step, id=id_)
        began = time.monotonic()
        try:
            answer = self._answer(call, stream)
        finally:
            missing = stream.close()
        self._emitter.emit(
            "done", step=step, id=id_, exit_code=answer.exit_code, seconds=round(time.monotonic() - began, 3),
            truncated=missing, **({} if answer.reason == "exited" else {"reason": answer.reason}),
        )  # fmt: skip
        if answer.reason == "stopped":
            self._interrupts.check()
        text: str = self._emitter.redacted(answer.text)
        return text

    def _tell_call(self, step: int, id_: str, call: Call) -> None:
        room = min(STREAM_BYTES, max(SMALL_BYTES, self._emitter.left(WORDS_SHARE)))
        arguments = call.arguments
        if len(pieces.encoded(arguments)) > room:
            arguments = {name: _ends(value) for name, value in list(arguments.items())[:10]}
            self._emitter.notice("info", "Most of this call's arguments is left out of the log here.")
        self._emitter.emit("call", step=step, id=id_, tool=call.tool, arguments=arguments)

    def _answer(self, call: Call, stream: Stream) -> Answer:
        try:
            _check(call, self.names)
            if call.tool == "bash" and self._shell:
                return self._bash(self._shell, call.arguments, stream)
            answer = self._by_name[call.tool](call.arguments)
        except (BadArguments, FileRefused, NoReplacement) as error:
            answer = Answer(str(error), 1)
        stream.feed(answer.text)
        return answer

    def _bash(self, shell: Shell, arguments: Arguments, stream: Stream) -> Answer:
        command = pieces.clean(arguments["command"])
        if "\0" in command:
            raise BadArguments("A command cannot hold a NUL character.")
        shown = Excerpt()
        self.commands += 1
        done = shell.run(
            command,
            seconds=self._command_seconds,
            write=lambda data: stream.feed(shown.take(data)),
            stop=self._interrupts.stop,
        )
        stream.feed(shown.finish())
        self._count_lost(done)
        output = shown.text()
        if output and not output.endswith("\n"):
            output += "\n"
        return Answer(output + self._ending(done), done.exit_code, done.reason)

    def _ending(self, done: Finished) -> str:
        if done.reason == "exited":
            return f"[exit code {done.exit_code}]"
        if done.reason == "timeout":
            return f"[ended after {self._command_seconds:g} seconds, the limit of a command, with all that it started]"
        return "[the shell was lost while the command ran; what became of it is unknown]"

    def _count_lost(self, done: Finished) -> None:
        self._lost = self._lost + 1 if done.reason == "lost" else 0
        if self._lost == LOST:
            raise failed("infrastructure", f"the shell for commands was lost {LOST} times in a row")

    def _read_file(self, arguments: Arguments) -> Answer:
        text = self._text(arguments["path"])
        first, last = arguments.get("first"), arguments.get("last")
        if first is None and last is None:
            return Answer(excerpt(text))
        lines = text.removesuffix("\n").split("\n")
        chosen = lines[max(0, (first or 1) - 1) : last]
        if not chosen:
            raise BadArguments(f"{arguments['path']} has {len(lines)} lines.")
        return Answer(excerpt("\n".join(chosen)))

    def _write_file(self, arguments: Arguments) -> Answer:
        data = _bytes(arguments["content"])
        files.write(self._root, arguments["path"], data)
        return Answer(f"Wrote {len(data):,} bytes to {arguments['path']}.")

    def _str_replace(self, arguments: Arguments) -> Answer:
        path = arguments["path"]
        text = self._text(path)
        files.write(self._root, path, _bytes(replaced(text, arguments["old"], arguments["new"])))
        return Answer(f"Changed {path}.")

    def _text(self, path: str) -> str:
        """Bytes that are no UTF-8 survive as surrogates."""
        return files.read(self._root, path, FILE_BYTES).decode(errors="surrogateescape")


SCHEMAS: Final[Mapping[str, tuple[str, dict[str, str], tuple[str, ...]]]] = {
    "bash": (
        "Runs a command in a shell at the repository's top; returns its output and exit code. Nothing is kept between"
        " commands but files. Standard input is empty.",
        {"command": "string"},
        ("command",),
    ),
    "read_file": (
        "Returns a file of the repository, or its lines from `first` to `last` (from 1). Of a long text the middle is"
        " left out: ask for lines then.",
        {"path": "string", "first": "integer", "last": "integer"},
        ("path",),
    ),
    "write_file": (
        "Writes a file of the repository, new or in place of the old one, with the missing folders.",
        {"path": "string", "content": "string"},
        ("path", "content"),
    ),
    "str_replace": (
        "Replaces `old`, which must stand exactly once in the file, by `new`.",
        {"path": "string", "old": "string", "new": "string"},
        ("path", "old", "new"),
    ),
    "submit": (
        "Ends your work on the task. `summary` says in a few sentences what you changed and why.",
        {"summary": "string"},
        ("summary",),
    ),
}
_TYPES: Final = {"string": str, "integer": int}


def _schema(name: str, description: str, types: Mapping[str, str], required: tuple[str, ...]) -> dict[str, Any]:
    properties = {argument: {"type": kind} for argument, kind in types.items()}
    parameters = {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


def _check(call: Call, names: list[str]) -> None:
    """Raises `BadArguments` for what the tool's schema does not have."""
    if call.tool not in names:
        raise BadArguments(f"There is no tool {call.tool!r}; there are {', '.join(names)}.")
    if call.tool == "submit":
        return
    _, types, required = SCHEMAS[call.tool]
    if missing := [name for name in required if name not in call.arguments]:
        raise BadArguments(f"{call.tool} needs {' and '.join(missing)}.")
    for name, value in call.arguments.items():
        if name not in types:
            raise BadArguments(f"{call.tool} has no argument {name!r}.")
        if type(value) is not _TYPES[types[name]]:
            raise BadArguments(f"{name} must be of type {types[name]}.")


def _ends(value: Any) -> str:
    """The beginning and the end of a long argument, and how much is missing between them."""
    text = value if isinstance(value, str) else pieces.encoded(value)
    missing = len(text) - 2 * END_SHOWN
    return text if missing <= 0 else f"{text[:END_SHOWN]}[… {missing:,} characters …]{text[-END_SHOWN:]}"


def _bytes(text: str) -> bytes:
    """What was read comes back as it was; a half surrogate pair of the model's becomes a question mark."""
    try:
        return text.encode(errors="surrogateescape")
    except UnicodeEncodeError:
        return text.encode(errors="replace")
