"""Sends one message: signed as Standard Webhooks say, to an address that was checked, and nowhere else."""

import base64
import hashlib
import hmac
import http.client
import random
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from aideator_agent import __version__
from aideator_agent.values import frozen
from aideator_cli.actions.webhooks.addresses import resolved
from aideator_cli.actions.webhooks.book import SECRET
from aideator_cli.domain.delivery import Delivery, Webhook
from aideator_cli.errors import AideatorError, ExitCode

SECONDS: Final = 15.0  # for each step of an answer
IN_ALL: Final = 30.0  # a receiver that sends its answer byte by byte would hold up others
MEDIA_TYPE: Final = "application/cloudevents+json; charset=utf-8"
# Seconds after each failed attempt; after the last one the message is given up
PAUSES: Final = (5, 60, 300, 1800, 7200, 18000, 36000, 50400, 72000)
LONGEST_AFTER: Final = 86400.0  # of a Retry-After that is honoured
_BUSY: Final = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


@frozen
class Outcome:
    """`again`: seconds until the next attempt; None: it was accepted, or is given up."""

    accepted: bool
    error: str | None = None
    again: float | None = None


def send(hook: Webhook, message: Delivery) -> Outcome:
    """Returns what became of it. Never raises for what the receiver, or the way to it, does."""
    try:
        status, reason, after = _post(hook, message)
    except AideatorError as error:
        return _failed(message, error.message, hopeless=error.code == ExitCode.REFUSED)
    except (OSError, http.client.HTTPException, UnicodeError) as error:
        hopeless = isinstance(error, http.client.InvalidURL | UnicodeError)
        return _failed(message, f"{type(error).__name__}: {error}"[:200], hopeless=hopeless)
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Outcome(accepted=True)
    told = f"{status} {reason}"[:200]
    if status < HTTPStatus.BAD_REQUEST:
        told = f"{told}: redirects are not followed"
    return _failed(message, told, hopeless=status == HTTPStatus.GONE, after=after if status in _BUSY else None)


def signatures(hook: Webhook, id_: str, at: int, body: bytes) -> str:
    """Returns the header `webhook-signature`: a receiver looks for one that its secret makes."""
    return " ".join(signature(secret, id_, at, body) for secret in (hook.secret, hook.former) if secret is not None)


def signature(secret: str, id_: str, at: int, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(SECRET))
    signed = hmac.new(key, f"{id_}.{at}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"


def _post(hook: Webhook, message: Delivery) -> tuple[int, str, float | None]:
    parts = urlsplit(hook.url)
    assert parts.hostname is not None
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    addresses = resolved(parts.hostname, port, private=hook.private)
    connection = _Pinned(parts.hostname, port, addresses, secure=secure)
    body, at = message.body.encode(), int(time.time())
    headers = {
        "Content-Type": MEDIA_TYPE, "User-Agent": f"aideator/{__version__}", "webhook-id": message.id,
        "webhook-timestamp": str(at), "webhook-signature": signatures(hook, message.id, at, body),
    }  # fmt: skip
    target = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
    with connection.within(IN_ALL):
        connection.request("POST", target, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.reason, _after(answer.headers.get("Retry-After"))


def _failed(message: Delivery, error: str, *, hopeless: bool = False, after: float | None = None) -> Outcome:
    if hopeless or message.attempts >= len(PAUSES):
        return Outcome(accepted=False, error=error)
    pause = PAUSES[message.attempts] * random.uniform(1.0, 1.2)
    return Outcome(accepted=False, error=error, again=max(pause, after or 0.0))


def _after(text: str | None) -> float | None:
    """Returns seconds: the header has them, or a date."""
    if text is None:
        return None
    try:
        seconds = float(text) if text.strip().isdecimal() else parsedate_to_datetime(text).timestamp() - time.time()
    except (ValueError, OverflowError):
        return None
    return min(LONGEST_AFTER, max(0.0, seconds))


class _Pinned(http.client.HTTPConnection):
    """Connects to the addresses that were checked. The name could have others by now."""

    def __init__(self, host: str, port: int, addresses: list[str], *, secure: bool) -> None:
        super().__init__(host, port, timeout=SECONDS)
        self._addresses = addresses
        self._context = ssl.create_default_context() if secure else None
        self._over = False
        if secure:
            self.default_port = 443

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Closes the connection at the end. Raises `TimeoutError` for what takes longer."""
        timer = threading.Timer(seconds, self._end)
        timer.daemon = True
        timer.start()
        try:
            yield
            if self._over:
                raise TimeoutError
        except (OSError, http.client.HTTPException) as error:
            if self._over:
                raise TimeoutError(f"no whole answer within {seconds:.0f} s") from error
            raise
        finally:
            timer.cancel()
            self.close()

    def connect(self) -> None:
        for at, address in enumerate(self._addresses):
            try:
                self.sock = socket.create_connection((address, self.port), SECONDS)
            except OSError:
                if self._over or at == len(self._addresses) - 1:
                    raise
                continue
            secure = None
            if self._context is not None:
                secure = self.sock = self._context.wrap_socket(
                    self.sock, server_hostname=self.host, do_handshake_on_connect=False
                )
            if self._over:  # while there was nothing to end
                raise TimeoutError
            if secure is not None:
                secure.do_handshake()
            return

    def _end(self) -> None:
        self._over = True
        if self.sock is not None:
            with suppress(OSError):  # not TLS's own: it would take its state from under a reader
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)
