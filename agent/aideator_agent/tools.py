"""The model's tools: run a command; read, write and change a file; submit."""

import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aideator_agent import answer, files, pieces
from aideator_agent.colleague import ARGUMENTS, ASK
from aideator_agent.emitter import Emitter
from aideator_agent.excerpt import Excerpt, excerpt
from aideator_agent.files import FileRefused
from aideator_agent.interrupts import Interrupts
from aideator_agent.lenient import meant, tool_named
from aideator_agent.models.base import Call
from aideator_agent.replacing import NoReplacement, replaced
from aideator_agent.search import offer
from aideator_agent.shell import Finished, Shell
from aideator_agent.spec import SEARCH, RunSpec
from aideator_agent.stream import SMALL_BYTES, STREAM_BYTES, WORDS_SHARE, Stream
from aideator_agent.values import frozen
from aideator_agent.verdict import failed

if TYPE_CHECKING:  # read only where there are servers
    from aideator_agent.colleagues import Asking
    from aideator_agent.mcp.tools import McpTools
    from aideator_agent.search.searcher import Searcher

FILE_BYTES: Final = 10 * 1024 * 1024  # of a file that is read or changed
END_SHOWN: Final = 500  # characters of either end of an argument for which the log has no room
ID_SHOWN: Final = 80  # characters of a call's id in events
NAME_SHOWN: Final = 40  # characters of an argument's name that is ignored
IGNORED_SHOWN: Final = 5  # of them
WAITED: Final = (
    "[ended, because for {seconds:g} seconds it wrote nothing and used no CPU: it seems to wait for input, which nobody can give."
    " There is no terminal, and standard input is empty. Use options that ask nothing (-y, --no-edit, -m TEXT), and no editor, pager"
    " or prompt. Start a server in the background, with its output in a file.]"
)
LOST: Final = 3  # commands in a row that the shell may lose

Arguments = Mapping[str, Any]


@frozen
class Answer:
    """The result of a call: for the model, and for the record."""

    text: str
    exit_code: int | None = 0
    reason: str = "exited"
    by: str = ""  # who has given it, if somebody was asked


@frozen
class Ran:
    """A call that has run."""

    call: Call  # as it was meant
    text: str  # for the model
    failing: bool


class BadArguments(Exception):
    """A call has wrong arguments. The message tells the model what is wrong."""


class Tools:
    def __init__(
        self, root: Path, spec: RunSpec, shell: Shell | None, emitter: Emitter, interrupts: Interrupts,
        allowed: Collection[str] | None = None, mcp: "McpTools | None" = None, searcher: "Searcher | None" = None,
    ) -> None:  # fmt: skip
        """Without a shell there is no `bash`, and without a searcher no `search_code`. `allowed`: the tools besides `submit` that the
        model's role has; None: all."""
        self._mcp = mcp
        self._searcher = searcher
        self.commands = 0
        self.said = ""  # by the model, at last: its answer, if submit brings none
        self._root = root
        self._shell = shell
        self._emitter = emitter
        self._interrupts = interrupts
        self._command_seconds = spec.limits.command_seconds
        self._idle_seconds = spec.limits.idle_seconds
        self._repository = spec.repository
        self._lost = 0
        self._asking: Asking | None = None
        self._by_name: dict[str, Callable[[Arguments], Answer]] = {
            **({SEARCH: self._search} if searcher else {}),
            "read_file": self._read_file,
            "write_file": self._write_file,
            "str_replace": self._str_replace,
            **({ASK: self._ask} if spec.colleagues else {}),
            "submit": self._submit,
        }
        self._answers = spec.answer
        self._schema_of = SCHEMAS | ({"submit": ANSWERING} if spec.answer else {})
        if spec.colleagues is not None:
            self._schema_of |= {ASK: (spec.colleagues.description, *SCHEMAS[ASK][1:])}
        if allowed is not None:
            self._by_name = {name: tool for name, tool in self._by_name.items() if name in {*allowed, ASK, "submit"}}

    def connect(self, asking: "Asking") -> None:
        """Says who answers the questions to other roles."""
        self._asking = asking

    def schemas(self) -> list[dict[str, Any]]:
        """Returns the tools' schemas in the form of OpenAI's API."""
        schemas = [_schema(name, *self._schema_of[name]) for name in self._own]
        if self._repository.subdir and self._shell:
            schemas[0]["function"]["description"] = SCHEMAS["bash"][0].replace(TOP, f"in {self._repository.subdir}")
        return [*schemas, *(self._mcp.schemas() if self._mcp else ())]

    @property
    def names(self) -> list[str]:
        return [*self._own, *(self._mcp.names if self._mcp else ())]

    @property
    def _own(self) -> list[str]:
        return [*(["bash"] if self._shell else []), *self._by_name]

    def _of_mcp(self, name: str) -> "McpTools | None":
        """Returns who has the tool of this name. None: it is one of AIdeator's own, or of nobody."""
        return self._mcp if self._mcp and name in self._mcp.names else None

    def run(self, step: int, call: Call) -> Ran:
        """Runs the call as it is meant (see `lenient`) and emits its events. Raises `Ended` when the agent must stop."""
        call, ignored = self._meant(call)
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
            **({"by": answer.by} if answer.by else {}),
        )  # fmt: skip
        if answer.reason == "stopped":
            self._interrupts.check()
        return Ran(call, self._emitter.redacted(answer.text + ignored), failing=answer.exit_code != 0)

    def _meant(self, call: Call) -> tuple[Call, str]:
        """Returns the call with the names and values that the tool has, and what to tell the model about the rest."""
        tool = None if self._of_mcp(call.tool) else tool_named(call.tool, self._own)
        if tool is None:
            return call, ""
        _, types, required = self._schema_of[tool]
        understood = meant(call.arguments, types, required)
        if understood.weighty:
            return Call(call.id, tool, call.arguments), ""  # for `_check` to refuse
        names = ", ".join(name[:NAME_SHOWN] for name in understood.unknown[:IGNORED_SHOWN])
        told = f"\n[{tool} has no such argument, so this was ignored: {names}]" if names else ""
        return Call(call.id, tool, understood.arguments), told

    def _tell_call(self, step: int, id_: str, call: Call) -> None:
        room = min(STREAM_BYTES, max(SMALL_BYTES, self._emitter.left(WORDS_SHARE)))
        arguments = call.arguments
        if len(pieces.encoded(arguments)) > room:
            arguments = {name: _ends(value) for name, value in list(arguments.items())[:10]}
            self._emitter.notice("info", "Most of this call's arguments is left out of the log here.")
        self._emitter.emit("call", step=step, id=id_, tool=call.tool, arguments=arguments)

    def _answer(self, call: Call, stream: Stream) -> Answer:
        try:
            if mcp := self._of_mcp(call.tool):
                return self._called(mcp, call, stream)
            _check(call, self.names)
            if call.tool == "bash" and self._shell:
                return self._bash(self._shell, call.arguments, stream)
            answer = self._by_name[call.tool](call.arguments)
        except (BadArguments, FileRefused, NoReplacement) as error:
            answer = Answer(str(error), 1)
        stream.feed(answer.text)
        return answer

    def _called(self, mcp: "McpTools", call: Call, stream: Stream) -> Answer:
        called = mcp.call(call.tool, call.arguments)
        stream.feed(called.text)
        code = None if called.reason != "exited" else int(called.failed)
        return Answer(excerpt(called.text) or "(no output)", code, called.reason)

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
            idle=self._idle_seconds,
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
        if done.reason == "waiting":
            return WAITED.format(seconds=self._idle_seconds)
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

    def _search(self, arguments: Arguments) -> Answer:
        assert self._searcher is not None
        found = self._searcher.search(arguments.get("query") or "", arguments.get("path") or "")
        if found.stopped:
            return Answer("", None, "stopped")
        return Answer(excerpt(found.text), int(found.failed))

    def _ask(self, arguments: Arguments) -> Answer:
        if self._asking is None:
            return Answer("Nobody can be asked now.", 1)
        said = self._asking.ask(arguments["role"], arguments["question"])
        return Answer(said.text, 0 if said.by else 1, by=said.by)

    def _submit(self, arguments: Arguments) -> Answer:
        """Asks again for an answer where one is due and there is none."""
        return Answer(answer.WANTED if self._answers and not answer.submitted(arguments, self.said) else "")

    def _write_file(self, arguments: Arguments) -> Answer:
        data = _bytes(arguments["content"])
        files.write(self._root, self._repository.from_top(arguments["path"]), data)
        return Answer(f"Wrote {len(data):,} bytes to {arguments['path']}.")

    def _str_replace(self, arguments: Arguments) -> Answer:
        path = arguments["path"]
        text = self._text(path)
        files.write(
            self._root, self._repository.from_top(path), _bytes(replaced(text, arguments["old"], arguments["new"]))
        )
        return Answer(f"Changed {path}.")

    def _text(self, path: str) -> str:
        """Returns the file's text. Bytes that are not UTF-8 become surrogates."""
        return files.read(self._root, self._repository.from_top(path), FILE_BYTES).decode(errors="surrogateescape")


TOP: Final = "at the repository's top"
SCHEMAS: Final[dict[str, tuple[str, dict[str, str], tuple[str, ...]]]] = {
    "bash": (
        f"Runs a command in a shell {TOP}; returns its output and exit code. Nothing is kept between"
        " commands but files. Standard input is empty.",
        {"command": "string"},
        ("command",),
    ),
    SEARCH: (offer.DESCRIPTION, offer.TYPES, ()),
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
    ASK: ("", dict.fromkeys(ARGUMENTS, "string"), ARGUMENTS),
    "submit": (
        "Ends your work on the task. `summary` says in a few sentences what you changed and why.",
        {"summary": "string"},
        ("summary",),
    ),
}
ANSWERING: Final = (
    "Ends your work and hands over your answer. `answer` is the whole of it, in Markdown; nobody reads anything else.",
    {"answer": "string"},
    ("answer",),
)
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
    """Raises `BadArguments` for arguments that the tool's schema does not have."""
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
    """Returns the beginning and the end of a long argument, and how much is missing between them."""
    text = value if isinstance(value, str) else pieces.encoded(value)
    missing = len(text) - 2 * END_SHOWN
    return text if missing <= 0 else f"{text[:END_SHOWN]}[… {missing:,} characters …]{text[-END_SHOWN:]}"


def _bytes(text: str) -> bytes:
    """Encodes text so that bytes read from a file return unchanged. Half a surrogate pair from the model becomes a question mark."""
    try:
        return text.encode(errors="surrogateescape")
    except UnicodeEncodeError:
        return text.encode(errors="replace")
