"""Listens, and serves until it is told to stop."""

import asyncio
import ipaddress
import socket
from collections.abc import Callable
from contextlib import nullcontext, suppress
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI

from aideator_cli.actions import tokens
from aideator_cli.actions.here import Here
from aideator_cli.errors import command, usage
from aideator_cli.server.app import application
from aideator_cli.server.gate import LOOPBACK
from aideator_cli.server.logs import Write, line, warnings_to
from aideator_cli.server.patience import Patient
from aideator_cli.server.streams.hub import MOST_STREAMS, Hub

MOST_FILES = 65_536  # that it asks the machine for
GRACE_SECONDS = 10  # for requests that are being answered when the server stops


def serve(
    here: Here,
    host: str,
    port: int,
    said: Callable[[str], None],
    log: Write | None = None,
    *,
    no_token: bool = False,
    streams: int = MOST_STREAMS,
) -> None:
    """Serves until SIGINT or SIGTERM. `said` gets the address once it listens. `log` gets what happens as lines of JSON; without it,
    warnings are text. `no_token`: also where nobody could use it yet. Raises `AideatorError` if it can't serve."""
    if not is_loopback(host) and not no_token:
        _check_usable(here, host)
    listening = _listening(host, port)
    _allow_connections()
    with listening:
        app = application(here, LOOPBACK if is_loopback(host) else None, streams, log)
        plain = uvicorn.config.LOGGING_CONFIG if log is None else None
        config = uvicorn.Config(
            app, http=Patient, log_level="warning", log_config=plain, access_log=False, server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS, lifespan="on", ws="none",
        )  # fmt: skip
        address = here.settings.defaults.public_url or f"http://{_reached(host)}:{listening.getsockname()[1]}"
        if log is not None:
            log(line("info", "serving", url=address))
        server = _Server(config, app, lambda: said(address))
        with warnings_to(log) if log is not None else nullcontext():
            server.run(sockets=[listening])
        if server.failed is not None:
            raise server.failed


def _check_usable(here: Here, host: str) -> None:
    if here.settings.defaults.oidc_issuer is not None:
        return
    if not any(token.revoked is None for token in tokens.listed(here, None)):
        raise usage(
            f"nobody has a token, so aideator serve does not listen on {host}: nobody could use it",
            hint=(command("token", "create", "NAME"), ", or listen on 127.0.0.1 and reach it by ssh -L"),
        )


class _Server(uvicorn.Server):
    """Ends the streams as soon as it is told to stop: they would hold it up, and whoever reads them comes back."""

    def __init__(self, config: uvicorn.Config, app: FastAPI, said: Callable[[], None]) -> None:
        """`said` is called when it answers, and can be told to stop: a signal that comes sooner might be lost."""
        super().__init__(config)
        self._app = app
        self._said = said
        self.failed: Exception | None = None  # what `said` raised

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self.started:
            return
        try:
            await asyncio.to_thread(self._said)
        except Exception as error:
            self.failed, self.should_exit = error, True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        hub: Hub | None = getattr(self._app.state, "hub", None)
        if hub is not None:
            hub.close_soon()


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _reached(host: str) -> str:
    """Returns the host of an address that a browser can open. A server that listens on all addresses is told by one of them."""
    try:
        given = ipaddress.ip_address(host)
    except ValueError:
        return host
    if given.is_unspecified:
        with socket.socket(socket.AF_INET6 if given.version == 6 else socket.AF_INET, socket.SOCK_DGRAM) as asked:
            try:
                asked.connect(("2001:db8::1" if given.version == 6 else "192.0.2.1", 9))  # sends nothing
                host = asked.getsockname()[0]
            except OSError:  # no network: this machine alone
                return "localhost"
    return f"[{host}]" if ":" in host else host


def _allow_connections() -> None:
    """Takes the files that it may: a shell gives 1024 at first, fewer than the streams that may be open."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _listening(host: str, port: int) -> socket.socket:
    family: Any = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        reason = str(error.strerror or error).partition(" (while")[0]  # Python adds the address once more
        raise usage(f"can't listen on {host}, port {port}: {reason}", hint="choose another one with --port") from error
