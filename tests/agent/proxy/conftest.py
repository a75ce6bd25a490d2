import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from aideator_agent.emitter import Emitter
from aideator_agent.keys import Redactor
from aideator_agent.program import Wire
from aideator_agent.proxy import KeyProxy
from aideator_agent.spec import Limits, Price
from aideator_agent.team_tool import TeamTool
from aideator_agent.totals import Totals
from tests.fixtures.provider import Provider, Reply

KEY = "sk-real-0123456789abcdef"
MODEL = "anthropic/claude-test"
PRICE = Price(input=3e-6, output=15e-6, cached=3e-7)
NO_LIMITS = Limits()
PATHS = {
    "anthropic": "/v1/messages",
    "openai": "/v1/chat/completions",
    "responses": "/v1/responses",
    "gemini": "/v1beta/models/claude-test:streamGenerateContent",
}


@dataclass
class Bench:
    """A proxy in front of a provider, and what it told."""

    proxy: KeyProxy
    provider: Provider
    totals: Totals
    log: Path
    fd: int  # of the log
    wire: Wire

    def ask(self, path: str | None = None, *, timeout: float = 60, **body: Any) -> httpx.Response:
        """What an agent asks of its model."""
        with self.client(timeout) as client:
            return client.post(path or PATHS[self.wire], json={"model": "claude-test", **body})

    def client(self, timeout: float = 60) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.proxy.token}"}
        return httpx.Client(base_url=self.proxy.url, headers=headers, timeout=timeout, trust_env=False)

    def until(self, wanted: Callable[[], bool]) -> None:
        """Waits for what another thread brings about."""
        deadline = time.monotonic() + 60
        while not wanted():
            assert time.monotonic() < deadline
            time.sleep(0.005)

    @property
    def port(self) -> int:
        return int(self.proxy.url.rpartition(":")[2])

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_bytes().splitlines()]

    def of(self, type_: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["type"] == type_]

    @property
    def notices(self) -> str:
        return "\n".join(event["text"] for event in self.of("notice"))


Bencher = Callable[..., Bench]


def _close(emitter: Emitter) -> None:
    with suppress(OSError):  # a test may have taken its log away
        emitter.end()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bencher]:
    with ExitStack() as stack:

        def make(
            *replies: Reply, wire: Wire = "anthropic", path: str = "", upstream: str | None = None, key: str | None = KEY,
            price: Price | None = PRICE, limits: Limits = NO_LIMITS, team: Callable[[Emitter, Totals], TeamTool] | None = None, **more: Any,
        ) -> Bench:  # fmt: skip
            provider = stack.enter_context(Provider(*replies))
            log = tmp_path / "events"
            fd = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            stack.callback(os.close, fd)
            totals, emitter = Totals(), Emitter(fd, Redactor([key or ""]))
            stack.callback(_close, emitter)
            more |= {"team": team(emitter, totals)} if team else {}
            proxy = KeyProxy(wire, upstream or provider.url + path, key, MODEL, price, limits, totals, emitter, **more)
            return Bench(stack.enter_context(proxy), provider, totals, log, fd, wire)

        yield make
