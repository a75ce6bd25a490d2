"""`/metrics` for Prometheus: what this process does, and what is stored of all runs."""

import asyncio
import time
from collections import Counter as Counts
from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from aideator_cli.actions.here import Here
from aideator_cli.domain.events import Closed, Event, Item, Opened
from aideator_cli.server.access import Caller, caller_with
from aideator_cli.server.answered import Answered
from aideator_cli.server.core import Core
from aideator_cli.store.tallies import Tried
from aideator_cli.system import clock
from aideator_cli.text.clean import clean

MOST_MODELS: Final = 50  # that have series of their own: anyone who starts a run can name as many as they like
LONGEST_MODEL: Final = 80  # characters
OTHER: Final = "other"
FRESH_SECONDS: Final = 15.0  # for which what was read of the store counts
METHODS: Final = ("GET", "POST", "DELETE", "HEAD", "OPTIONS", "PUT", "PATCH")
STARTUP: Final = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600)
LAG: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60)

router = APIRouter(include_in_schema=False)


class Metrics:
    """Belongs to one application. `told` is called by followers' threads, everything else by the event loop."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        self.requests = Counter("aideator_http_requests", "Requests", ("method", "route", "status"), registry=registry)
        self.startup = Histogram(
            "aideator_startup_seconds",
            "From an attempt's creation to its first event",
            buckets=STARTUP,
            registry=registry,
        )
        self.lag = Histogram(
            "aideator_stream_lag_seconds",
            "From the last event of a batch to when it was stored",
            buckets=LAG,
            registry=registry,
        )
        self.streams = Gauge("aideator_streams", "Open streams", registry=registry)
        self.followers = Gauge("aideator_followers", "Runs that this process follows", registry=registry)
        self.runs = Gauge("aideator_runs", "Stored runs", ("state",), registry=registry)
        self.variations = Gauge("aideator_variations", "Stored variations", ("outcome", "model"), registry=registry)
        self.tokens = Gauge(
            "aideator_tokens", "Tokens of all attempts, as far as known", ("kind", "model"), registry=registry
        )
        self.cost = Gauge(
            "aideator_cost_dollars", "Cost of all attempts, as far as known", ("model",), registry=registry
        )
        self.read = -FRESH_SECONDS
        self.reading = asyncio.Lock()
        self._opened: dict[str, str] = {}  # when an attempt without events was created

    def told(self, _run: str, items: list[Item]) -> None:
        """Counts what a follower has stored. What an agent calls a time is its own word, so no figure is below 0."""
        latest = None
        for item in items:
            if isinstance(item, Opened):
                self._opened[item.attempt.id] = item.attempt.created
            elif isinstance(item, Closed):
                self._opened.pop(item.attempt.id, None)
            elif isinstance(item, Event) and item.seq is not None:
                latest = item.time
                created = self._opened.pop(item.attempt, None)
                if created is not None and item.type == "start":
                    self.startup.observe(_between(created, item.time))
        if latest is not None:
            self.lag.observe(_between(latest, clock.now()))

    def take(self, tried: Sequence[Tried]) -> None:
        """Makes the stored variations the figures of runs."""
        for gauge in (self.runs, self.variations, self.tokens, self.cost):
            gauge.clear()
        named = dict(Counts(each.model for each in tried).most_common(MOST_MODELS))
        at_work = {each.run for each in tried if each.outcome == "running"}
        self.runs.labels("running").set(len(at_work))
        self.runs.labels("ended").set(len({each.run for each in tried} - at_work))
        for each in tried:
            model = clean(each.model)[:LONGEST_MODEL] if each.model in named else OTHER
            self.variations.labels(each.outcome, model).inc()
            self.tokens.labels("input", model).inc(each.input_tokens or 0)
            self.tokens.labels("output", model).inc(each.output_tokens or 0)
            self.cost.labels(model).inc(each.spent or 0.0)


class Counted:
    """Counts each request when it has been answered, by its route: a path may be anything."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answered = Answered(send)
        try:
            await self._app(scope, receive, answered)
        finally:
            method = scope["method"] if scope["method"] in METHODS else OTHER
            route = getattr(scope.get("route"), "path", OTHER)
            self._metrics.requests.labels(method, route, answered.status).inc()


@router.get("/metrics")
async def metrics(request: Request, _caller: Annotated[Caller, Depends(caller_with("admin"))]) -> Response:
    state = request.app.state
    found: Metrics = state.metrics
    core: Core = state.core
    async with found.reading:
        if time.monotonic() - found.read >= FRESH_SECONDS:
            found.take(await core.read(_tried))
            found.read = time.monotonic()
    found.streams.set(state.hub.open)
    found.followers.set(len(state.followers.runs))
    return Response(generate_latest(found.registry), media_type=CONTENT_TYPE_LATEST)


def _tried(here: Here) -> list[Tried]:
    return [each for answers in (False, True) for each in here.store.tried(answers=answers)]


def _between(start: str, end: str) -> float:
    try:
        return max(0.0, clock.seconds_between(start, end))
    except ValueError:
        return 0.0
