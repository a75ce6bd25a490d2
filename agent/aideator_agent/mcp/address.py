"""An MCP server behind an address: "streamable HTTP". The agent speaks to it, so what opens it stays where no command runs."""

import http.client
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Final, NoReturn

from aideator_agent import __version__, pieces
from aideator_agent.mcp.link import MOST_BYTES, Failed, Nothing, Result
from aideator_agent.mcp.server import McpServer
from aideator_agent.programs.messages import Gone, Params, Refused, Silent, result_of
from aideator_agent.running import LOOK

SESSION: Final = "Mcp-Session-Id"
LEAVE_SECONDS: Final = 1.0  # for the server to hear that its session is over
SHOWN: Final = 200  # characters of a server's error
SESSION_CHARACTERS: Final = 1000
Answer = Mapping[str, Any]


class AddressLink:
    """See `Link`. Each request has a thread of its own, which is left alone once nobody waits for it any more."""

    def __init__(self, server: McpServer, headers: Mapping[str, str], check: Callable[[], None]) -> None:
        self._url = server.url or ""
        self._check = check
        self._own = {
            **headers,
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            "User-Agent": f"aideator/{__version__}",
        }
        self._session: str | None = None
        self._version: str | None = None
        self._next = 0
        self._opener = urllib.request.build_opener(_NoRedirect)

    def ask(self, method: str, params: Params, seconds: float) -> Result:
        id_, self._next = self._next, self._next + 1
        message = {"jsonrpc": "2.0", "id": id_, "method": method, "params": params}
        answer = self._in_time(lambda: self._exchange(message, id_, seconds), seconds)
        if answer is None:
            raise Failed("it closed the connection before it answered")
        return result_of(answer)

    def tell(self, method: str, params: Params) -> None:
        message = {"jsonrpc": "2.0", "method": method, "params": params}
        threading.Thread(
            target=_quietly, args=(lambda: self._exchange(message, None, LEAVE_SECONDS),), daemon=True
        ).start()

    def agreed(self, version: str) -> None:
        self._version = version

    def complaint(self) -> str:
        return ""

    def close(self) -> None:
        if self._session is None:
            return
        request = urllib.request.Request(self._url, method="DELETE", headers=self._headers())
        leaving = threading.Thread(
            target=_quietly, args=(lambda: self._opener.open(request, timeout=LEAVE_SECONDS).close(),), daemon=True
        )
        leaving.start()
        leaving.join(LEAVE_SECONDS)

    def _in_time(self, act: Callable[[], Answer | None], seconds: float) -> Answer | None:
        """Returns what `act` returns. Meanwhile the attempt can end. Raises what `act` raises, `Silent`, or `Ended`."""
        errand = _Errand(act)
        deadline = time.monotonic() + seconds
        while not errand.done.wait(LOOK):
            self._check()
            if time.monotonic() >= deadline:
                raise Silent
        if errand.error is not None:
            raise errand.error
        return errand.answer

    def _exchange(self, message: Mapping[str, Any], id_: int | None, seconds: float) -> Answer | None:
        data = pieces.encoded(pieces.clean(message)).encode()
        request = urllib.request.Request(self._url, data, self._headers(), method="POST")
        try:
            with self._opener.open(request, timeout=seconds) as response:
                self._keep_session(response.headers.get(SESSION))
                if id_ is None:
                    return None
                return self._read(response, id_)
        except urllib.error.HTTPError as error:
            self._refuse(error)
        except TimeoutError as error:
            raise Silent from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = error.reason if isinstance(error, urllib.error.URLError) else error
            if isinstance(reason, TimeoutError):
                raise Silent from error
            raise Failed(f"{_place(self._url)} can't be reached: {str(reason)[:SHOWN]}") from error

    def _read(self, response: Any, id_: int) -> Answer | None:
        kind = response.headers.get_content_type()
        messages = _events(response) if kind == "text/event-stream" else _whole(response, kind)
        for message in messages:
            if message.get("id") == id_ and "method" not in message:
                return message
            if "id" in message and isinstance(message.get("method"), str):
                self._respond(message)
        return None

    def _respond(self, message: Answer) -> None:
        """Answers what the server asks in the middle of a call."""
        try:
            answer: dict[str, Any] = {"result": Nothing().asked(message["method"], {})}
        except Refused as refused:
            answer = {"error": {"code": refused.code, "message": str(refused)}}
        self._exchange({"jsonrpc": "2.0", "id": message["id"], **answer}, None, LEAVE_SECONDS)

    def _headers(self) -> dict[str, str]:
        session = {SESSION: self._session} if self._session else {}
        version = {"MCP-Protocol-Version": self._version} if self._version else {}
        return {**self._own, **session, **version}

    def _keep_session(self, session: str | None) -> None:
        if session and self._session is None and session.isascii() and session.isprintable():
            self._session = session[:SESSION_CHARACTERS]

    def _refuse(self, error: urllib.error.HTTPError) -> NoReturn:
        with error:
            if error.code == 404 and self._session:
                raise Gone
            said = pieces.clean(" ".join(error.read(4 * SHOWN).decode(errors="replace").split())[:SHOWN])
        place = _place(self._url)
        if error.code in (401, 403):
            raise Failed(f"{place} refused it ({error.code}); check the key in its headers")
        if 300 <= error.code < 400:
            raise Failed(f"{place} leads to another address ({error.code}); write the final one into the file")
        raise Failed(f"{place} answered {error.code}{f': {said}' if said else ''}")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would send the headers, and with them a key, to an address that nobody named."""

    def redirect_request(self, *_: object) -> None:
        return None


class _Errand:
    """A function that runs in a thread."""

    def __init__(self, act: Callable[[], Answer | None]) -> None:
        self.answer: Answer | None = None
        self.error: BaseException | None = None
        self.done = threading.Event()
        threading.Thread(target=self._run, args=(act,), daemon=True).start()

    def _run(self, act: Callable[[], Answer | None]) -> None:
        try:
            self.answer = act()
        except BaseException as error:
            self.error = error
        finally:
            self.done.set()


def _quietly(act: Callable[[], object]) -> None:
    with suppress(Failed, Gone, Silent, OSError, http.client.HTTPException):  # nobody waits for an answer
        act()


def _whole(response: Any, kind: str) -> Iterator[Answer]:
    data = response.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise Failed(f"it answered more than {MOST_BYTES:,} bytes")
    message = _message(data)
    if message is None:
        raise Failed(f"it answered what is no message of MCP ({kind}); check its address")
    yield message


def _events(response: Any) -> Iterator[Answer]:
    """Reads the messages of an event stream (its `data` lines), at most `MOST_BYTES` in all."""
    left, data = MOST_BYTES, b""
    while line := response.readline(left + 1):
        left -= len(line)
        if left < 0:
            raise Failed(f"it answered more than {MOST_BYTES:,} bytes")
        line = line.rstrip(b"\r\n")
        if line.startswith(b"data:"):
            data += line[5:] + b"\n"
        elif not line:
            message, data = _message(data), b""
            if message is not None:
                yield message


def _message(data: bytes) -> Answer | None:
    try:
        message = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) else None


def _place(url: str) -> str:
    """Returns the address without what may hold a key."""
    return url.partition("?")[0][:SHOWN]
