"""The page as a browser gets it: the server in a thread of this process, with a data folder of its own."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn

from aideator_cli.actions.here import Here
from aideator_cli.server.app import application
from aideator_cli.server.gate import LOOPBACK
from bench.made_up import add_run
from tests.cli.conftest import home
from tests.server.page.waiting import until, until_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["home"]

CHECKOUT = Path(__file__).parents[3]
Opened = Callable[..., "Page"]


class Site:
    """The server at an address, which can stop and come back."""

    def __init__(self, hosts: tuple[str, ...] | None = LOOPBACK) -> None:
        self._hosts = hosts
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self._start()

    def _start(self) -> None:
        app = application(Here(), self._hosts)
        config = uvicorn.Config(app, log_level="critical", access_log=False, timeout_graceful_shutdown=1, ws="none")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._listening]}, daemon=True)
        self._thread.start()
        until(lambda: self._server.started)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(30)
        self._listening.close()

    def come_back(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", self.port))
        self._start()


@pytest.fixture
def site(home: Path) -> Iterator[Site]:  # noqa: ARG001 -- the data folder
    made = Site()
    yield made
    made.stop()


@pytest.fixture
def opened(browser: "Browser", site: Site) -> Iterator[Opened]:
    """Opens a path of the page. What goes wrong in a page fails the test."""
    wrong: list[str] = []
    contexts: list[Any] = []

    def open_(path: str = "/", *, width: int = 1440, height: int = 900, **options: Any) -> "Page":
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        context.set_default_timeout(30_000)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None)
        page.goto(site.address + path)
        if options.get("java_script_enabled", True):
            until_page(page, "document.documentElement.classList.contains('scripted')")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert wrong == []


class AtWork(str):
    """The id of a run whose agents write events."""

    writer: int

    def rest(self) -> None:
        os.kill(self.writer, signal.SIGSTOP)

    def go_on(self) -> None:
        os.kill(self.writer, signal.SIGCONT)


@contextmanager
def working(home: Path, variations: int, events: int, rate: float = 0) -> Iterator[AtWork]:
    """A run whose agents write so many events each, `rate` a second together."""
    spec = add_run(home, variations)
    words = [sys.executable, "-m", "bench.made_up", str(home), spec.id, str(events), str(rate)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=CHECKOUT) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.stdin.write("\n")
        process.stdin.flush()
        try:
            run = AtWork(spec.id)
            run.writer = process.pid
            yield run
        finally:
            process.kill()
