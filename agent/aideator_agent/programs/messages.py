"""JSON-RPC 2.0 with a program, one message a line. What comes from the program is hostile: any line may be too long, garbled or no JSON."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from aideator_agent import pieces
from aideator_agent.conversation import Conversation
from aideator_agent.emitter import Emitter
from aideator_agent.running import LOOK

LINE_BYTES: Final = 8 * 1024 * 1024  # of one message; a longer one is skipped
UNREAD_BYTES: Final = 8 * 1024 * 1024  # that the program leaves unread; answers beyond are not sent
TOLD: Final = 20  # notices about lines that are no messages
SHOWN: Final = 200  # characters of such a line
NO_SUCH_METHOD: Final = -32601
BAD_PARAMETERS: Final = -32602

Params = Mapping[str, Any]


class Refused(Exception):
    """A request was answered with an error: by the program, or by a `Handler`."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


class Silent(Exception):
    """The program did not answer in time."""


class Gone(Exception):
    """The program ended before it answered."""


class Handler(Protocol):
    def asked(self, method: str, params: Params) -> Mapping[str, Any]:
        """Answers a request of the program's. Raises `Refused`."""

    def told(self, method: str, params: Params) -> None: ...


@dataclass
class Lines:
    """Cuts bytes into lines of a bounded length."""

    skipped: int = 0  # bytes of lines that were too long
    _rest: bytearray = field(default_factory=bytearray)
    _skipping: bool = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        *lines, rest = data.split(b"\n")
        for line in lines:
            self._add(line)
            if not self._skipping:
                yield bytes(self._rest)
            self._rest.clear()
            self._skipping = False
        self._add(rest)

    def _add(self, piece: bytes) -> None:
        if self._skipping:
            self.skipped += len(piece)
        elif len(self._rest) + len(piece) > LINE_BYTES:
            self.skipped += len(self._rest) + len(piece)
            self._rest.clear()
            self._skipping = True
        else:
            self._rest += piece


class Peer:
    """The program at the other end. `beat` is called whenever something has come, and many times a second; it may raise `Ended`."""

    def __init__(
        self, conversation: Conversation, handler: Handler, emitter: Emitter, beat: Callable[[], None],
        who: str = "The agent",
    ) -> None:  # fmt: skip
        self.stray = ""  # the first line that was no message
        self._conversation = conversation
        self._handler = handler
        self._emitter = emitter
        self._beat = beat
        self._who = who
        self._lines = Lines()
        self._next = 0
        self._awaited: int | None = None
        self._answer: Params | None = None
        self._told = 0
        self._skipped = 0

    def ask(self, method: str, params: Params, seconds: float | None = None) -> Params:
        """Sends a request and returns its result. Raises `Refused`, `Silent` after so many seconds, `Gone`, or what `beat` raises."""
        self._awaited, self._answer = self._next, None
        self._next += 1
        self._send({"id": self._awaited, "method": method, "params": params})
        deadline = None if seconds is None else time.monotonic() + seconds
        while self._answer is None:
            self._beat()
            over = self._conversation.ended
            heard = self._conversation.hear(LOOK)
            self._take(heard)
            if self._answer is None and over and not heard:
                raise Gone
            if self._answer is None and deadline is not None and time.monotonic() >= deadline:
                raise Silent
        return result_of(self._answer)

    def settle(self, quiet: float, most: float) -> None:
        """Takes what comes until nothing has come for `quiet` seconds, or for `most` seconds. Raises `Gone`, or what `beat` raises."""
        now = time.monotonic()
        end, silent = now + most, now + quiet
        while (now := time.monotonic()) < min(end, silent):
            self._beat()
            if self._conversation.ended:
                raise Gone
            if heard := self._conversation.hear(LOOK):
                silent = now + LOOK + quiet
                self._take(heard)

    def tell(self, method: str, params: Params) -> None:
        self._send({"method": method, "params": params})

    def _send(self, message: Mapping[str, Any]) -> None:
        if self._conversation.waiting < UNREAD_BYTES:
            self._conversation.send(pieces.encoded(pieces.clean({"jsonrpc": "2.0", **message})).encode() + b"\n")

    def _take(self, heard: bytes) -> None:
        for line in self._lines.feed(heard):
            if line.strip():
                self._read(line)
        if self._lines.skipped > self._skipped and not self._skipped:
            self._emitter.notice(
                "warning", f"{self._who} sent a message of more than {LINE_BYTES:,} bytes. It is skipped."
            )
        self._skipped = self._lines.skipped

    def _read(self, line: bytes) -> None:
        try:
            message = json.loads(line.decode(errors="replace"))
        except (ValueError, RecursionError):
            message = None
        if not isinstance(message, dict):
            self._tell_stray(line)
            return
        method, params = message.get("method"), message.get("params")
        params = params if isinstance(params, dict) else {}
        if not isinstance(method, str):
            id_ = message.get("id")
            if type(id_) is int and id_ == self._awaited and ("result" in message or "error" in message):
                self._answer = message
        elif "id" in message:
            self._respond(message["id"], method, params)
        else:
            self._handler.told(method, params)

    def _respond(self, id_: Any, method: str, params: Params) -> None:
        try:
            self._send({"id": id_, "result": self._handler.asked(method, params)})
        except Refused as refused:
            self._send({"id": id_, "error": {"code": refused.code, "message": str(refused)}})

    def _tell_stray(self, line: bytes) -> None:
        text = " ".join(line[: 4 * SHOWN].decode(errors="replace").split())[:SHOWN]
        self.stray = self.stray or text
        self._told += 1
        if self._told <= TOLD:
            self._emitter.notice("debug", f"{self._who} wrote what is no message: {text}")


def result_of(answer: Params) -> Params:
    """Raises `Refused` for an answer that is an error."""
    error = answer.get("error")
    if error is not None:
        said = error.get("message") if isinstance(error, dict) else error
        code = error.get("code") if isinstance(error, dict) else None
        raise Refused(code if isinstance(code, int) else 0, " ".join(str(said).split())[:500])
    result = answer.get("result")
    return result if isinstance(result, dict) else {}
