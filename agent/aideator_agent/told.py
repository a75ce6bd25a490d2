"""Messages from a person to an agent at work. They wait here until the agent's next turn.

Each comes as a line `tell ID BASE64 CRC32`: in a pod on standard input, else in a file that the command-line tool appends to.
A line that is not whole is skipped, and a message that comes twice is taken once. Each is recorded as it arrives, which tells
the sender that it has arrived.
"""

import binascii
import os
import stat
import threading
from contextlib import suppress
from typing import Final

from aideator_agent import pieces
from aideator_agent.emitter import Emitter
from aideator_agent.settings import Settings

CHARACTERS: Final = 8000  # of a message
MOST: Final = 50  # messages that an attempt takes: they need room in its log
LINE: Final = 64 * 1024  # bytes; a longer one is skipped
LOOK: Final = 0.2  # seconds between two looks for more
REFUSED: Final = "refused"  # field of a notice: the id of a message that the agent will not get
_WORD: Final = b"tell"
_ID: Final = 64  # characters


def line(id_: str, text: str) -> bytes:
    """Returns the line that carries a message. `id_` is a word in ASCII."""
    data = text.encode(errors="replace")
    return b"%s %s %s %08x\n" % (_WORD, id_.encode("ascii"), binascii.b2a_base64(data, newline=False), _sum(id_, data))


def parsed(text: bytes) -> tuple[str, str] | None:
    """Returns id and text. None if the line is none of these, or not whole."""
    words = text.split(b" ")
    if len(words) != 4 or words[0] != _WORD or len(words[1]) > _ID:
        return None
    try:
        id_, data = words[1].decode("ascii"), binascii.a2b_base64(words[2], strict_mode=True)
        return (id_, data.decode()) if int(words[3], 16) == _sum(id_, data) else None
    except ValueError:
        return None


def source(settings: Settings) -> int | None:
    """Returns the descriptor from which messages come. None: none can come."""
    try:
        if settings.told is not None:
            return os.open(settings.told, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        if settings.channel is not None and stat.S_ISFIFO(os.fstat(0).st_mode):
            return 0
    except OSError:
        return None
    return None


class Told:
    """Belongs to one attempt. Any thread may call it."""

    def __init__(self, emitter: Emitter) -> None:
        self._emitter = emitter
        self._lock = threading.Lock()
        self._waiting: list[str] = []
        self._seen: set[str] = set()
        self._held = b""
        self._open = True

    def listen(self, fd: int | None, begun: bytes = b"") -> None:
        """Takes what comes on the descriptor, in a thread of its own. `begun`: the beginning of a line that was read already."""
        self._held = begun
        if fd is not None:
            threading.Thread(target=self._listen, args=(fd,), name="told", daemon=True).start()

    @property
    def waits(self) -> bool:
        """Whether the agent has not got a message yet."""
        return bool(self._waiting)

    def take(self) -> list[str]:
        """Returns what came since the last time, oldest first."""
        with self._lock:
            taken, self._waiting = self._waiting, []
        return taken

    def line(self, text: bytes) -> None:
        """Takes a line, if it is a message. Raises `OSError` if events can't be written."""
        found = parsed(text)
        if found is None or found[0] in self._seen:
            return
        id_, said = found
        self._seen.add(id_)
        with self._lock:
            if self._open and len(self._seen) <= MOST and said.strip() and len(said) <= CHARACTERS:
                self._emitter.emit("told", id=id_, text=said)
                self._waiting.append(pieces.clean(said))
                return
        why = "the agent has done its work" if not self._open else f"it is empty or too long, or the agent got {MOST}"
        self._emitter.emit(
            "notice", level="warning", text=f"A message is not given to the agent: {why}.", **{REFUSED: id_}
        )

    def close(self) -> None:
        """Ends the taking, because the agent has no turn any more. Says how many messages it did not get."""
        with self._lock:
            self._open, left = False, len(self._waiting)
        if left:
            what = "a message" if left == 1 else f"{left} messages"
            self._emitter.notice("warning", f"The agent ended before it got {what} from the user.")

    def _listen(self, fd: int) -> None:
        pause = threading.Event()
        with suppress(OSError):  # the descriptor is lost, or the log
            while len(self._seen) <= MOST:
                data = os.read(fd, LINE)
                if not data:  # the end of a file that may grow, or of a connection
                    pause.wait(LOOK)
                    continue
                *lines, self._held = (self._held + data).split(b"\n")
                for each in lines:
                    self.line(each)
                if len(self._held) > LINE:
                    self._held = b"?"  # never a whole line


def _sum(id_: str, data: bytes) -> int:
    return binascii.crc32(data, binascii.crc32(id_.encode("ascii")))
