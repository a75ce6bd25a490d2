"""The proxy's server: a thread of its own, on 127.0.0.1."""

import asyncio
import logging
import os
import ssl
import threading
import urllib.request
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from aideator_agent import surroundings
from aideator_agent.proxy.answers import CONNECT_SECONDS, READ_SECONDS
from aideator_agent.proxy.door import Door

HOST: Final = "127.0.0.1"
CONNECTIONS: Final = 64  # from then on, idle ones are closed for a new one
MOST_CONNECTIONS: Final = 512
LINGERING_SECONDS: Final = 2.0  # in which the rest of a refused request is taken, so that the refusal is read
IDLE_SECONDS: Final = 120.0
CLOSING_SECONDS: Final = 1.0
_SILENT: Final = logging.getLogger("aideator_agent.proxy")
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False


def _protocol(server: web.Server) -> asyncio.Protocol:
    """Returns what serves a new connection. If there are many, those that ask for nothing are closed: nobody can take all the places."""
    if len(server.connections) >= CONNECTIONS:
        for connection in server.connections:
            connection.close()
    return _Full() if len(server.connections) >= MOST_CONNECTIONS else server()


class _Full(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()


class Server:
    """The thread that serves until it is closed."""

    def __init__(self, upstream: str, open_door: Callable[[aiohttp.ClientSession], Door]) -> None:
        self.port = 0
        self._upstream = upstream
        self._open_door = open_door
        self._started: Future[int] = Future()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="key proxy", daemon=True)

    def start(self) -> None:
        """Raises what keeps it from serving."""
        self._thread.start()
        self.port = self._started.result()

    def close(self) -> None:
        """Ends at once what is still in flight."""
        if self._loop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception as error:
            if self._started.done():
                raise
            self._started.set_exception(error)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        async with _client(self._upstream) as session:
            door = self._open_door(session)
            server = web.Server(
                door.answer,
                access_log=None,
                logger=_SILENT,
                lingering_time=LINGERING_SECONDS,
                keepalive_timeout=IDLE_SECONDS,
            )
            listening = await self._loop.create_server(lambda: _protocol(server), HOST, 0, backlog=MOST_CONNECTIONS)
            port = listening.sockets[0].getsockname()[1]
            door.hosts = (f"{HOST}:{port}", f"localhost:{port}")
            self._started.set_result(port)
            await self._closing.wait()
            listening.close()
            await door.close()
            await server.shutdown(CLOSING_SECONDS)


def _client(upstream: str) -> aiohttp.ClientSession:
    """Returns a client that keeps no cookies and reads no netrc, with the proxy and the authorities of the agent's environment."""
    authorities = surroundings.with_usual_authorities("", os.environ).decode("ascii", "ignore").strip()
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=ssl.create_default_context(cadata=authorities or None), limit=0),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=READ_SECONDS),
        skip_auto_headers=("User-Agent",),
        proxy=_proxy(upstream),
    )


def _proxy(upstream: str) -> str | None:
    parts, proxies = urlsplit(upstream), urllib.request.getproxies_environment()
    if urllib.request.proxy_bypass(parts.netloc):
        return None
    return proxies.get(parts.scheme) or proxies.get("all")
