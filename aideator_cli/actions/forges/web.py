"""Asks a forge's API over https, with a token or as nobody. A proxy in the environment applies."""

import http.client
import json
import os
import socket
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import field
from email.message import Message
from typing import IO, Any, Final
from urllib.parse import urljoin, urlsplit

from aideator_agent import __version__
from aideator_agent.surroundings import with_usual_authorities
from aideator_agent.values import frozen
from aideator_cli.actions.forges.base import Answer
from aideator_cli.errors import AideatorError, reason, unavailable

SECONDS: Final = 30.0  # for an answer to begin, or to go on
WHOLE_SECONDS: Final = 120.0
MOST_BYTES: Final = 16 * 2**20  # of an answer
_MOST_HOPS: Final = 5
_MOVED: Final = frozenset({301, 302, 303, 307, 308})


@frozen
class Web:
    """`root` is the API's URL. The token goes to its host alone."""

    root: str
    login: str | None = None
    token: str | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    scheme: str = "Bearer"
    ca: str | None = None  # PEM: trusted besides the usual authorities
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        opener = urllib.request.build_opener(
            _Still, urllib.request.HTTPSHandler(context=_context(self.ca, self.environment))
        )
        url = f"{self.root}/{path}"
        for _ in range(_MOST_HOPS):
            status, headers, data = self._answer(opener, method, url, body)
            if status not in _MOVED:
                return _read(status, headers, data, url)
            url = self._next(method, url, headers.get("Location", ""))
        raise unavailable(f"{_host(self.root)} sends the question round in circles")

    def _answer(
        self, opener: urllib.request.OpenerDirector, method: str, url: str, body: Mapping[str, Any] | None
    ) -> tuple[int, Message, bytes]:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            url, data, {"User-Agent": f"aideator/{__version__}", **self.headers}, method=method
        )
        if data is not None:
            request.add_header("Content-Type", "application/json")
        if self.token is not None and _host(url) == _host(self.root):
            request.add_unredirected_header("Authorization", f"{self.scheme} {self.token}")
        try:
            with opener.open(request, timeout=SECONDS) as answer:
                return answer.status, answer.headers, _whole(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, _whole(error)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise _silent(_host(url), error) from error

    def _next(self, method: str, url: str, location: str) -> str:
        """Returns where an answer is to be had instead. Only a question may be asked elsewhere, and only over https."""
        found = urljoin(url, location)
        if method != "GET" or urlsplit(found).scheme != "https":
            raise unavailable(
                f"{_host(url)} sends the request to {found[:200] if location else 'nowhere'}, where it is not sent",
                hint="use the address that the repository has now",
            )
        return found


class _Still(urllib.request.HTTPRedirectHandler):
    """Follows nothing: urllib would give another host the token."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _whole(answer: IO[bytes]) -> bytes:
    """Returns one byte more than an answer may have, at most. Raises `TimeoutError` for one that does not end."""
    until, data = time.monotonic() + WHOLE_SECONDS, b""
    while len(data) <= MOST_BYTES and (more := answer.read(65536)):
        data += more
        if time.monotonic() > until:
            raise TimeoutError
    return data


def _read(status: int, headers: Message, data: bytes, url: str) -> Answer:
    limited = status == 403 and (headers.get("X-RateLimit-Remaining") == "0" or "Retry-After" in headers)
    if len(data) > MOST_BYTES:
        raise unavailable(f"{_host(url)} answers with more than {MOST_BYTES // 2**20} MiB")
    try:
        return Answer(status, json.loads(data) if data.strip() else None, limited=limited)
    except (ValueError, RecursionError):
        return Answer(status, None, readable=False, limited=limited)


def _context(ca: str | None, environment: Mapping[str, str]) -> ssl.SSLContext:
    """Trusts whom git trusts: GIT_SSL_CAINFO comes before the system's authorities, and `ca` (PEM) is trusted, too."""
    named = environment.get("GIT_SSL_CAINFO")
    try:
        context = ssl.create_default_context(cafile=named or None)
        if ca is not None:
            context.load_verify_locations(cadata=with_usual_authorities(ca, environment).decode("ascii", "ignore"))
    except (OSError, ValueError) as error:
        raise unavailable(
            f"the certificate authorities can't be read: {reason(error)}", hint="check --ca and GIT_SSL_CAINFO"
        ) from error
    return context


def _silent(host: str, error: Exception) -> AideatorError:
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return unavailable(
            f"the certificate of {host} is not trusted: {cause.verify_message}",
            hint="--ca FILE or GIT_SSL_CAINFO=FILE names its authority",
        )
    if isinstance(cause, TimeoutError):
        return unavailable(f"{host} does not answer within {SECONDS:.0f} s")
    if isinstance(cause, socket.gaierror):
        text = f"the host {host} is not found: {cause.strerror or cause}"
        return unavailable(text, hint="check the network, and the host's name; no request was sent")
    return unavailable(
        f"{host} does not answer: {reason(cause) if isinstance(cause, OSError) else cause or type(error).__name__}",
        hint="check the network, and HTTPS_PROXY if you need a proxy",
    )


def _host(url: str) -> str:
    return urlsplit(url).netloc
