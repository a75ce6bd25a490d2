"""Asks a server over HTTP. What it refuses becomes the error that the command line gives without a server."""

import http.client
import json
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import field
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from aideator_agent import __version__
from aideator_agent.values import frozen
from aideator_cli.backends.server.address import host_of, is_this_machine
from aideator_cli.errors import AideatorError, ExitCode, command, not_found, reason, refused, unavailable, usage

SECONDS: Final = 60.0  # for an answer; a stream says something every 15 s
ACT_SECONDS: Final = 600.0  # for what asks a repository, a backend or a model, and for an upload
MOST_BYTES: Final = 256 * 2**20  # of an answer
AGAIN_SECONDS: Final = 30.0  # how long a server that is busy is asked again
UNSURE_SECONDS: Final = 150.0  # the same after a lost connection: it knows by then what has become of the request
PAUSE_SECONDS: Final = 2.0
API: Final = "/api/v1"

_CODES: Final[Mapping[int, ExitCode]] = {
    HTTPStatus.BAD_REQUEST: ExitCode.USAGE,
    HTTPStatus.UNAUTHORIZED: ExitCode.REFUSED,
    HTTPStatus.FORBIDDEN: ExitCode.REFUSED,
    HTTPStatus.NOT_FOUND: ExitCode.NOT_FOUND,
    HTTPStatus.GONE: ExitCode.NOT_FOUND,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ExitCode.USAGE,
    HTTPStatus.UNPROCESSABLE_ENTITY: ExitCode.USAGE,
    HTTPStatus.TOO_MANY_REQUESTS: ExitCode.UNAVAILABLE,
    HTTPStatus.BAD_GATEWAY: ExitCode.UNAVAILABLE,
    HTTPStatus.SERVICE_UNAVAILABLE: ExitCode.UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT: ExitCode.TIMED_OUT,
}
_BUSY: Final = (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS)
_GATEWAY: Final = (HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT)
_NOT_SENT: Final = (ConnectionRefusedError, socket.gaierror, ssl.SSLCertVerificationError)


class Broken(Exception):
    """The connection broke, or there is none. Trying again may help."""


@frozen
class Client:
    """`token` goes to this server alone: no redirect is followed. Each request has a connection of its own, so threads may share it."""

    url: str
    token: str | None = field(default=None, repr=False)
    variable: str | None = None  # of the environment, from which the token is; None: a login has stored it
    ca: str | None = None  # PEM file: trusted besides the usual authorities

    @property
    def where(self) -> str:
        return host_of(self.url)

    def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | bytes | None = None,
        *,
        key: str | None = None,
        patient: bool = False,
        **query: Any,
    ) -> Any:
        """Returns the answer's JSON, or None if it has none. A question whose answer breaks off is asked once more. Raises `AideatorError`.

        `key`: makes it safe to send again, which is done until the server says what has become of it. `patient`: the same again
        does no harm, and is asked as long as that.
        """
        deadline: float | None = None
        lost = broke = False
        while True:
            try:
                connection, answer = self.send(method, path, body, key=key, query=query)
                with closing(connection):
                    data = answer.read(MOST_BYTES + 1)
                break
            except (OSError, http.client.HTTPException) as error:
                lost = lost or (key is not None and not isinstance(error, _NOT_SENT))
                told = self._unsure(error) if lost else self.silent(error)
                again = lost or patient or (method == "GET" and not broke and not isinstance(error, _NOT_SENT))
                broke = True
                cause: Exception = error
            except Broken as error:
                told = unavailable(f"{self.where} has no time: {error}", hint="try again in a few seconds")
                cause, again = error, lost or key is not None or method == "GET"
            deadline = deadline or time.monotonic() + (UNSURE_SECONDS if lost or patient else AGAIN_SECONDS)
            if not again or time.monotonic() > deadline:
                raise told from cause
            time.sleep(PAUSE_SECONDS)
        if len(data) > MOST_BYTES:
            raise unavailable(f"{self.where} answers with more than {MOST_BYTES // 2**20} MiB")
        return self._read(data)

    @contextmanager
    def understanding(self) -> Iterator[None]:
        """What is not as it should be in an answer is no mistake in this program: it is another server's."""
        try:
            yield
        except (LookupError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
            raise self._foreign(f"{type(error).__name__} {str(error)[:80]}".strip()) from error

    def send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | bytes | None = None,
        *,
        key: str | None = None,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        """Returns the answer as soon as its head is there.

        Raises `AideatorError` if it is a refusal, `Broken` for a server that is busy, and `OSError` or `HTTPException` if none came.
        """
        is_long = method in ("POST", "DELETE") or isinstance(body, bytes)
        connection = self._connection(ACT_SECONDS if is_long else SECONDS)
        sent = {"User-Agent": f"aideator/{__version__}", "Accept": "application/json, text/event-stream"}
        if self.token is not None:
            sent["Authorization"] = f"Bearer {self.token}"
        if key is not None:
            sent["Idempotency-Key"] = key
        data = None
        if isinstance(body, bytes):
            data, sent["Content-Type"] = body, "application/octet-stream"
        elif body is not None:
            data, sent["Content-Type"] = json.dumps(body).encode(), "application/json"
        asked = {name: value for name, value in (query or {}).items() if value not in (None, "", ())}
        target = f"{urlsplit(self.url).path}{quote(path)}{f'?{urlencode(asked, doseq=True)}' if asked else ''}"
        try:
            connection.request(method, target, data, {**sent, **(headers or {})})
            answer = connection.getresponse()
            self._check(answer, method, path)
        except BaseException:
            connection.close()
            raise
        return connection, answer

    def _check(self, answer: http.client.HTTPResponse, method: str, path: str) -> None:
        if answer.status >= HTTPStatus.MULTIPLE_CHOICES:
            raise self._refusal(answer, method, path)

    def silent(self, error: Exception) -> AideatorError:
        """Returns the error for a server that did not answer."""
        if isinstance(error, ssl.SSLCertVerificationError):
            return unavailable(
                f"the certificate of {self.where} is not trusted: {error.verify_message}",
                hint="SSL_CERT_FILE=FILE names its authority",
            )
        if isinstance(error, ssl.SSLError) and self.url.startswith("https:"):
            return unavailable(
                f"{self.where} can't be reached by TLS: {error.reason or error}",
                hint="does it speak plain http? Then its URL begins with http://",
            )
        if isinstance(error, TimeoutError):
            return unavailable(f"{self.where} does not answer in time")
        hint = command("serve") if is_this_machine(self.url) else "check the URL and the network"
        return unavailable(f"{self.where} does not answer: {error or type(error).__name__}", hint=hint)

    def _unsure(self, error: Exception) -> AideatorError:
        return unavailable(
            f"the connection to {self.where} was lost, and it may have done what it was asked: {error or type(error).__name__}",
            hint=(command("list", "--server", self.url), " shows it"),
        )

    def _connection(self, seconds: float) -> http.client.HTTPConnection:
        parts = urlsplit(self.url)
        assert parts.hostname is not None
        if parts.scheme == "http":
            return http.client.HTTPConnection(parts.hostname, parts.port, timeout=seconds)
        try:
            context = ssl.create_default_context()
            if self.ca is not None:
                context.load_verify_locations(cafile=self.ca)
        except OSError as error:
            raise usage(f"{self.ca} can't be read as certificates: {reason(error)}", hint="check --ca") from error
        return http.client.HTTPSConnection(parts.hostname, parts.port, timeout=seconds, context=context)

    def _read(self, data: bytes) -> Any:
        if not data.strip():
            return None
        try:
            return json.loads(data)
        except (ValueError, RecursionError) as error:
            raise self._foreign() from error

    def _refusal(self, answer: http.client.HTTPResponse, method: str, path: str) -> Exception:
        """Returns what the answer says went wrong."""
        status = answer.status
        if status < HTTPStatus.BAD_REQUEST:
            place = answer.headers.get("Location", "nowhere")
            return unavailable(
                f"{self.where} sends the request on to {place[:200]}, where it is not sent", hint="use the address that it has now"
            )  # fmt: skip
        try:
            told = json.loads(answer.read(2**20))
            detail, hint = str(told["detail"]), told.get("hint")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            text = f"{status} {answer.reason}"
            if status in _GATEWAY:
                return ConnectionError(text)
            return Broken(text) if status in _BUSY else self._foreign(text)
        if (status in _BUSY and "exit_code" not in told) or (
            status == HTTPStatus.CONFLICT and "Retry-After" in answer.headers
        ):
            return Broken(detail)
        if status == HTTPStatus.UNAUTHORIZED:
            known_bad = (
                None if self.variable is None else f"{self.variable} holds the token: give it another, or unset it"
            )
            return refused(f"{self.where}: {detail}", hint=known_bad or command("login", self.url))
        if told.get("missing") == "route" or detail == f"there is no {method} {path}":
            return self._foreign(detail)
        code = told.get("exit_code")
        known = ExitCode(code) if code in ExitCode._value2member_map_ else _CODES.get(status, ExitCode.FAILED)
        return AideatorError(detail, hint=None if hint is None else str(hint), code=known)

    def _foreign(self, told: str = "its answer is no JSON") -> AideatorError:
        """Returns the error for an answer that no server of this version gives. Asks the server for its version."""
        version = None
        if not told.startswith("its"):
            try:
                connection, answer = self.send("GET", "/healthz")
                with closing(connection):
                    version = json.loads(answer.read(65536)).get("version")
            except (AideatorError, Broken, OSError, http.client.HTTPException, ValueError, AttributeError):
                version = None
        if isinstance(version, str) and version != __version__:
            return unavailable(
                f"{self.where} has aideator {version[:40]}, this is {__version__}, and they don't understand each other: {told}",
                hint="use the server's version here",
            )
        return unavailable(f"{self.where} does not answer as an AIdeator server: {told}", hint="check the URL")

    def missing(self, run: str) -> AideatorError:
        return not_found(
            f"there is no run {run}, neither here nor on {self.where}", hint=command("list", "--server", self.url)
        )
