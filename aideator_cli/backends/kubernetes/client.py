"""HTTP to the API server: JSON as dicts, bounded retries, and streams that another thread can close.

It uses urllib3 and not the `kubernetes` package, whose import alone takes longer than a whole submission.
"""

import json
import random
import re
import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from threading import Lock
from typing import Any, Final
from urllib.parse import quote, urlencode

import urllib3
from urllib3.util import Timeout

from aideator_agent.values import frozen
from aideator_cli import __version__
from aideator_cli.backends.kubernetes.body import pieces
from aideator_cli.backends.kubernetes.connection import Address, Proxy, open_pool
from aideator_cli.backends.kubernetes.credentials import Credentials, Identity
from aideator_cli.errors import AideatorError

JSON: Final = "application/json"
MERGE_PATCH: Final = "application/merge-patch+json"
STRATEGIC_PATCH: Final = "application/strategic-merge-patch+json"
METADATA: Final = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
METADATA_LIST: Final = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
_AGENT: Final = f"aideator/{__version__}"
_CONNECT_SECONDS: Final = 10.0
_ANSWER_SECONDS: Final = 30.0
_PAUSES_SECONDS: Final = 20.0  # all pauses of one call together
# After which a call is not tried again: a request that no answer came to was sent twice by then
_CALL_SECONDS: Final = 60.0
# What TLS says of what stays so. All else may be a connection that broke, or a server that is not ready
_REFUSED: Final = re.compile(
    r"certificate|unknown ca|access denied|handshake failure|version|unsupported protocol|unrecognized name|insufficient|http request",
    re.IGNORECASE,
)
_BY_PROXY: Final = (
    urllib3.exceptions.ProxyError,
    urllib3.exceptions.ProxySchemeUnknown,
    urllib3.exceptions.LocationParseError,
)
_RETRIED: Final = frozenset({429, 500, 502, 503, 504})
UNCOUNTED_QUOTA: Final = "status unknown for quota"  # in a refusal: a quota was just made, and is counted in a moment


class ApiError(Exception):
    """The API server answered with a Status that is not a success."""

    may_be_done = False  # whether the server may have carried out what was asked, in this try or in one before it

    def __init__(
        self, status: int, data: Mapping[str, Any], *, method: str, path: str, retry_after: float | None
    ) -> None:
        self.status = status
        self.reason = str(data.get("reason") or "")
        self.message = _printable(str(data.get("message") or f"HTTP {status}"))
        details = data.get("details")
        self.details: Mapping[str, Any] = details if isinstance(details, dict) else {}
        self.method = method
        self.path = path
        self.retry_after = retry_after
        super().__init__(self.message)


class ConnectionFailed(Exception):
    """No answer from an API server.

    `established`: the connection existed before it failed. `tls`: TLS was refused. `stranger`: something other than an API server answers.
    `proxy`: the proxy that could not be used. `credentials`: why there were none, although there were before.
    """

    may_be_done = False  # as in `ApiError`

    def __init__(
        self,
        text: str,
        *,
        established: bool = False,
        tls: bool = False,
        stranger: bool = False,
        proxy: Proxy | None = None,
        credentials: AideatorError | None = None,
    ) -> None:
        super().__init__(text)
        self.established = established
        self.tls = tls
        self.stranger = stranger
        self.proxy = proxy
        self.credentials = credentials


@frozen
class _Request:
    method: str
    target: str  # path and query
    wait: float  # seconds without receiving a byte
    data: bytes | None = None
    content: str = JSON
    accept: str = JSON
    streaming: bool = False


class Client:
    """Safe to use from many threads."""

    def __init__(self, address: Address, credentials: Credentials, *, connections: int = 64) -> None:
        self.address = address
        self._credentials = credentials
        self._connections = connections
        self._lock = Lock()
        self._pools: dict[tuple[bytes | None, bytes | None], Any] = {}
        self._streams: set[Stream] = set()
        self._reached = False
        self._quiet_until = 0.0  # monotonic: the server asked for no requests before this time
        self.ahead = 0.0  # seconds by which this machine's clock is ahead of the server's

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: object = None,
        content: str = JSON,
        accept: str = JSON,
        retry: bool = True,
    ) -> Any:
        """Returns the parsed answer. Raises `ApiError` or `ConnectionFailed` when retries are exhausted."""
        begun, paused = time.monotonic(), 0.0
        data = None if body is None else json.dumps(body, separators=(",", ":")).encode()
        request = _Request(method, _with_query(path, query), _ANSWER_SECONDS, data, content, accept)
        attempt = 0
        may_be_done = False
        while True:
            try:
                return _parsed(self._send(request).data)
            except (ApiError, ConnectionFailed) as error:
                error.may_be_done = may_be_done = may_be_done or _is_unclear(error)
                pause = _pause(error, attempt)
                paused += pause
                is_late = paused > _PAUSES_SECONDS or time.monotonic() - begun > _CALL_SECONDS
                if not retry or is_late or not self.may_pass(error):
                    raise
            attempt += 1
            time.sleep(pause)

    def may_pass(self, error: ApiError | ConnectionFailed) -> bool:
        """Returns whether the server may answer the same request later."""
        if isinstance(error, ConnectionFailed):
            return not (error.tls or error.stranger) and (error.established or self._reached)
        return error.status in _RETRIED or UNCOUNTED_QUOTA in error.message

    def stream(self, path: str, *, query: Mapping[str, str] | None = None, silence: float) -> "Stream":
        """Opens a streaming answer. Reading fails after `silence` seconds without a byte."""
        request = _Request("GET", _with_query(path, query), silence, accept="*/*", streaming=True)
        stream = Stream(self._send(request), self)
        with self._lock:
            self._streams.add(stream)
        return stream

    def identity(self, refused: Identity | None = None) -> Identity:
        """Returns who this client is, also for a connection of another kind. `refused` is not valid any more.

        Once the server has answered, credentials that can't be renewed are a broken connection: who gives them may be away, too.
        """
        try:
            return self._credentials.get(refused=refused)
        except AideatorError as error:
            if not self._reached or self._credentials.asks:
                raise
            raise ConnectionFailed(error.message, credentials=error) from error

    @property
    def may_ask_a_person(self) -> bool:
        """Returns whether a request may have to ask a person for credentials first."""
        return self._credentials.asks

    def close(self) -> None:
        """Closes every open stream, in whatever thread it is read."""
        with self._lock:
            streams, self._streams = self._streams, set()
        for stream in streams:
            stream.close()

    def forget(self, stream: "Stream") -> None:
        with self._lock:
            self._streams.discard(stream)

    def _send(self, request: "_Request") -> Any:
        if (quiet := self._quiet_until - time.monotonic()) > 0:
            time.sleep(quiet)
        identity = self.identity()
        response = self._once(request, identity)
        if response.status == 401 and self._credentials.renewable:
            response.drain_conn()
            response = self._once(request, self.identity(refused=identity))
        self._reached = True
        self.ahead = _ahead(response) or self.ahead
        if 200 <= response.status < 300:
            return response
        error = _api_error(response, request)
        if error.status == 429 and error.retry_after is not None:
            self._quiet_until = time.monotonic() + min(error.retry_after, _PAUSES_SECONDS)
        raise error

    def _once(self, request: "_Request", identity: Identity) -> Any:
        headers = urllib3.HTTPHeaderDict({"Accept": request.accept, "User-Agent": _AGENT})
        if request.data is not None:
            headers["Content-Type"] = request.content
        for name, value in identity.headers:
            headers.add(name, value)
        try:
            return self._pool(identity).urlopen(
                request.method,
                self.address.server + request.target,
                body=request.data,
                headers=headers,
                timeout=Timeout(connect=_CONNECT_SECONDS, read=request.wait),
                retries=False,
                redirect=False,
                preload_content=not request.streaming,
            )
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise _connection_failed(error, self.address.way) from error

    def _pool(self, identity: Identity) -> Any:
        key = (identity.certificate, identity.key)
        with self._lock:
            if key not in self._pools:
                self._pools[key] = open_pool(self.address, identity, self._connections)
            return self._pools[key]


@dataclass(eq=False)
class Stream:
    """The body of an answer as it arrives. Closing it from another thread ends the read."""

    response: Any
    client: Client
    status: int = field(init=False)

    def __post_init__(self) -> None:
        self.status = self.response.status

    def chunks(self) -> Iterator[bytes]:
        """Yields bytes as soon as they arrive. Raises `ConnectionFailed` if the body breaks off or falls silent."""
        try:
            yield from pieces(self.response)
        except (urllib3.exceptions.HTTPError, OSError, ValueError, AttributeError) as error:
            # a response closed by another thread raises ValueError or AttributeError
            raise _connection_failed(error) from error
        finally:
            self._release()

    def close(self) -> None:
        try:
            self.response.shutdown()
        except (OSError, ValueError, RuntimeError, AttributeError):  # it has already ended
            return

    def _release(self) -> None:
        self.client.forget(self)
        self.response.close()


def _pause(error: ApiError | ConnectionFailed, attempt: int) -> float:
    """Returns the seconds until the next try."""
    backoff: float = min(5.0, 0.2 * 2**attempt) * random.uniform(0.7, 1.3)
    wanted = error.retry_after if isinstance(error, ApiError) else None
    return max(wanted or 0.0, backoff)


def _is_unclear(error: ApiError | ConnectionFailed) -> bool:
    """Whether the error does not tell if the server has carried out the request."""
    return error.established or error.stranger if isinstance(error, ConnectionFailed) else error.status >= 500


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)


def _with_query(path: str, query: Mapping[str, str] | None) -> str:
    return f"{path}?{urlencode(query, quote_via=quote)}" if query else path


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(data) if data else None
    except ValueError as error:
        start = data[:80].decode(errors="replace")
        raise ConnectionFailed(
            f"the server is not a Kubernetes API server: it answered {start!r}", stranger=True
        ) from error


def _api_error(response: Any, request: _Request) -> ApiError:
    try:
        body = bytes(response.data or b"")
    except (urllib3.exceptions.HTTPError, OSError):  # it broke off; the status says enough
        body = b""
    try:
        data = json.loads(body)
    except ValueError:
        data = {"message": body.decode(errors="replace").strip()[:500]}
    after = response.headers.get("Retry-After", "")
    seconds = float(after) if after.isdigit() else None
    known = data if isinstance(data, dict) else {}
    path = request.target.partition("?")[0]
    return ApiError(response.status, known, method=request.method, path=path, retry_after=seconds)


def _ahead(response: Any) -> float | None:
    """Returns how many seconds this machine's clock is ahead of the answer's time stamp."""
    try:
        return time.time() - parsedate_to_datetime(response.headers.get("Date", "")).timestamp()
    except ValueError:
        return None


def _connection_failed(error: Exception, way: Proxy | None = None) -> ConnectionFailed:
    cause = getattr(error, "reason", None) or error
    tls = isinstance(cause, (urllib3.exceptions.SSLError, ssl.SSLError)) and _REFUSED.search(str(cause)) is not None
    new = isinstance(cause, (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError))
    proxy = way if isinstance(cause, _BY_PROXY) else None
    if isinstance(cause, urllib3.exceptions.ProxyError) and cause.original_error is not None:
        cause = cause.original_error
    text = re.sub(r"<urllib3[^>]*>: |^HTTPS?Connection\([^)]*\): ", "", str(cause)) or type(cause).__name__
    return ConnectionFailed(text, established=not (tls or new or proxy), tls=tls, proxy=proxy)
