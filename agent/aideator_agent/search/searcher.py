"""Who asks for an attempt: starts the search as a process of its own on the first question, and ends it."""

import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from aideator_agent import pieces
from aideator_agent.checkout import Checkout
from aideator_agent.interrupts import LOOK
from aideator_agent.mcp.offer import Wrong
from aideator_agent.search.offer import LONGEST
from aideator_agent.spec import SEARCH, Repository
from aideator_agent.values import frozen

SECONDS: Final = 90.0  # for one answer, the building of the index included
ENDING_SECONDS: Final = 1.0
ANSWER_BYTES: Final = 1024 * 1024
TRIES: Final = 2
TOO_LONG: Final = LONGEST + 1
KEPT: Final = ("PATH", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH", "PYTHONHOME")
UNAVAILABLE: Final = "The search is not available: {}. Search with the other tools."


@frozen
class Found:
    text: str
    failed: bool = False
    stopped: bool = False


class Searcher:
    """Threads may share it: one asks after the other. `stop` says that the attempt is over."""

    def __init__(self, checkout: Checkout, repository: Repository, stop: Callable[[], bool]) -> None:
        gits = [f"={checkout.git_dir}", *(f"{each.path}={each.git_dir}" for each in checkout.submodules)]
        options = [word for git in gits for word in ("--git", git)]
        self._words = [
            sys.executable,
            "-P",
            "-m",
            "aideator_agent.search",
            *options,
            "--start",
            repository.subdir or "",
            "--",
            str(checkout.folder),
        ]
        self._home = checkout.git_dir.parent
        self._stop = stop
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False
        self._lost = 0
        self._asked = 0

    def search(self, query: str, path: str = "", seconds: float = SECONDS) -> Found:
        """Returns the answer in words for a model, whatever happens."""
        with self._lock:
            if self._closed:
                return Found(UNAVAILABLE.format("the work has ended"), failed=True)
            if self._lost >= TRIES:
                return Found(UNAVAILABLE.format("it failed before"), failed=True)
            try:
                return self._told(self._answer({"query": query[:TOO_LONG], "path": path[:TOO_LONG]}, seconds))
            except _Stopped:
                self._end()
                return Found("", stopped=True)
            except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
                self._lost += 1
                self._end()
                why = "it took too long" if isinstance(error, TimeoutError) else "it ended unexpectedly"
                return Found(UNAVAILABLE.format(why), failed=True)

    def answer(self, query: str, path: str) -> str:
        """Returns the answer. Raises `Wrong` if there is none."""
        found = self.search(query, path)
        if found.failed or found.stopped:
            raise Wrong(found.text or UNAVAILABLE.format("the work has ended"))
        return found.text

    def close(self) -> None:
        """Ends the process. A question that is under way is answered at once."""
        self._closed = True
        self._kill()
        with self._lock:
            self._end()

    def _answer(self, arguments: dict[str, str], seconds: float) -> Any:
        process = self._started()
        self._asked += 1
        request = {
            "jsonrpc": "2.0",
            "id": self._asked,
            "method": "tools/call",
            "params": {"name": SEARCH, "arguments": arguments},
        }
        assert process.stdin is not None
        process.stdin.write(f"{pieces.encoded(request)}\n".encode())
        return json.loads(self._line(process, time.monotonic() + seconds))["result"]

    def _line(self, process: "subprocess.Popen[bytes]", deadline: float) -> bytes:
        assert process.stdout is not None
        taken = bytearray()
        while not taken.endswith(b"\n"):
            if self._stop() or self._closed:
                raise _Stopped
            if time.monotonic() >= deadline:
                raise TimeoutError
            if select.select([process.stdout], [], [], LOOK)[0]:
                piece = os.read(process.stdout.fileno(), 65536)
                taken += piece
                if not piece or len(taken) > ANSWER_BYTES:
                    raise OSError("no whole answer")
        return bytes(taken)

    def _started(self) -> "subprocess.Popen[bytes]":
        if self._process is None:
            environment = {name: os.environ[name] for name in KEPT if name in os.environ}
            self._process = subprocess.Popen(
                self._words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, cwd=self._home,
                start_new_session=True, bufsize=0,
            )  # fmt: skip
        return self._process

    @staticmethod
    def _told(result: Any) -> Found:
        return Found(str(result["content"][0]["text"]), failed=bool(result["isError"]))

    def _kill(self, number: signal.Signals = signal.SIGTERM) -> None:
        if (process := self._process) is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, number)

    def _end(self) -> None:
        """Ends the process, and git, which it runs, with it."""
        self._kill()
        if self._process is not None:
            with self._process as process:
                try:
                    process.wait(ENDING_SECONDS)
                except subprocess.TimeoutExpired:
                    self._kill(signal.SIGKILL)
            self._process = None


class _Stopped(Exception):
    pass
