"""OpenTelemetry traces of runs, by the conventions for generative AI, where OTEL_EXPORTER_OTLP_ENDPOINT names a collector.

A run's trace is made of its stored events when the run has ended: the run, its attempts, the model's turns, the commands. It says what was
done and what it cost, and holds no prompt, no command and no output. The official SDK sends it, with all of its OTEL_… variables.
"""

import hashlib
import logging
import queue
import threading
from collections.abc import Iterator, Mapping
from datetime import datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from aideator_cli import __version__
from aideator_cli.actions.here import Here
from aideator_cli.domain.events import Event, Item
from aideator_cli.domain.result import OWN, Result
from aideator_cli.domain.runs import StoredAttempt, StoredRun
from aideator_cli.errors import usage
from aideator_cli.stream.recording import last_result
from aideator_cli.system.installation import adding

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
TYPES: Final = ("start", "sent", "usage", "call", "done", "end")
WAITING: Final = 1000  # runs whose traces are yet to be made; more are left out
Attributes = dict[str, str | int | float | bool]

_log = logging.getLogger(__name__)


class Span(NamedTuple):
    """Times are RFC 3339, UTC. `key` tells it from others of the run; `parent` is another's."""

    key: str
    parent: str | None
    name: str
    begin: str
    end: str
    attributes: Attributes
    error: str | None = None
    asks: bool = False  # whether it waits for another service


class Traces:
    """`told` is called by followers' threads."""

    @classmethod
    def wanted(cls, here: Here) -> "Traces | None":
        """Returns None if no collector is named. Raises `AideatorError` (usage) if the SDK is not installed."""
        environment = here.settings.environment
        named = next((name for name in ENDPOINTS if environment.get(name, "").strip()), None)
        if named is None or environment.get("OTEL_SDK_DISABLED", "").lower() == "true":
            return None
        if find_spec("opentelemetry.sdk") is None or find_spec("opentelemetry.exporter.otlp.proto.http") is None:
            raise usage(
                f"{named} is set, and the OpenTelemetry SDK is not installed",
                hint=f"{adding('otel')}, or unset {named}",
            )
        return cls(here)

    def __init__(self, here: Here) -> None:
        self._given = here
        self._runs: queue.Queue[str | None] = queue.Queue(WAITING)
        self._thread = threading.Thread(target=self._send, name="traces", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Sends what has been told, if that is soon done."""
        try:
            self._runs.put_nowait(None)
        except queue.Full:  # the collector takes nothing: it would not be soon done
            _log.warning("the last %s runs get no trace", WAITING)
            return
        self._thread.join(5.0)

    def told(self, run: str, items: list[Item]) -> None:
        if not items:  # it is followed no longer
            try:
                self._runs.put_nowait(run)
            except queue.Full:
                _log.warning("run %s gets no trace: %s others wait for theirs", run, WAITING)

    def _send(self) -> None:
        provider, ids = _provider()
        while (run := self._runs.get()) is not None:
            try:
                here = self._given.again()
                known = here.store.run(run)
                if known is not None and known.state == "ended":
                    ids.run = f"{run}/{known.ended}"
                    _record(provider, spans(here, known))
            except Exception:
                _log.exception("run %s gets no trace", run)
        provider.shutdown()


def spans(here: Here, run: StoredRun) -> Iterator[Span]:
    """Yields the run's spans, each after its parent."""
    attempts = here.store.attempts(run.spec.id)
    read = [(known, list(here.store.events(known.attempt, TYPES))) for known in attempts]
    times = [event.time for _, events in read for event in events if event.time]
    ended = max([run.spec.created, *times])
    spec = run.spec
    yield Span("run", None, f"invoke_workflow {spec.id}", spec.created, ended, {
        "gen_ai.operation.name": "invoke_workflow", "gen_ai.workflow.name": "aideator run", "aideator.run": spec.id,
        "aideator.variations": len(spec.variations), "aideator.backend": run.place.backend,
    })  # fmt: skip
    for known, events in read:
        yield from _of_attempt(here, run, known, events)


def _of_attempt(here: Here, run: StoredRun, known: StoredAttempt, events: list[Event]) -> Iterator[Span]:
    attempt = known.attempt
    name = f"{run.spec.id}/{attempt.variation}"
    asked = run.spec.variation(attempt.variation)
    result = last_result(here.store, run.spec, attempt.variation, attempt.id)
    times = [event.time for event in events if event.time] or [attempt.created]
    model = asked.model
    attributes: Attributes = {
        "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": asked.agent_name or OWN, "gen_ai.agent.id": name,
        "gen_ai.request.model": model, "aideator.run": run.spec.id, "aideator.variation": attempt.variation,
        "aideator.attempt": known.number, **_provider_of(model), **_outcome(result),
    }  # fmt: skip
    failed = None if result.outcome in ("succeeded", "no_changes") else result.fault or result.outcome
    yield Span(attempt.id, "run", f"invoke_agent {asked.agent_name or OWN}", min(times), max(times), attributes, failed)
    begun: dict[tuple[str, Any], Event] = {}
    for event in events:
        data = event.data
        if event.type in ("sent", "call"):
            begun.setdefault((event.type, data.get("id") if event.type == "call" else data.get("step")), event)
        elif event.type == "usage" and (sent := begun.pop(("sent", data.get("step")), None)):
            yield _turn(attempt.id, model, sent, event)
        elif event.type == "done" and (call := begun.pop(("call", data.get("id")), None)):
            yield _tool(attempt.id, call, event)


def _turn(attempt: str, model: str, sent: Event, usage_: Event) -> Span:
    data = usage_.data
    counts = {"gen_ai.usage.input_tokens": data.get("input"), "gen_ai.usage.output_tokens": data.get("output")}
    host = sent.data.get("host")
    attributes: Attributes = {
        "gen_ai.operation.name": "chat", "gen_ai.request.model": model, "aideator.step": _whole(data.get("step")),
        **_provider_of(model), **{name: count for name, count in counts.items() if isinstance(count, int)},
        **({"server.address": host} if isinstance(host, str) else {}),
    }  # fmt: skip
    cost = data.get("cost")
    if isinstance(cost, int | float):
        attributes["aideator.cost"] = float(cost)
    return Span(
        f"{attempt}/turn/{data.get('step')}", attempt, f"chat {model}", sent.time, usage_.time, attributes, asks=True
    )


def _tool(attempt: str, call: Event, done: Event) -> Span:
    tool, code = str(call.data.get("tool", "?"))[:100], done.data.get("exit_code")
    attributes: Attributes = {
        "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": tool, "gen_ai.tool.call.id": str(call.data.get("id"))[:200],
        "aideator.step": _whole(call.data.get("step")), **({"aideator.exit_code": code} if isinstance(code, int) else {}),
    }  # fmt: skip
    why = done.data.get("reason") or (f"exit_code {code}" if code else None)
    return Span(
        f"{attempt}/tool/{call.seq}",
        attempt,
        f"execute_tool {tool}",
        call.time,
        done.time,
        attributes,
        None if why is None else str(why)[:100],
    )


def _outcome(result: Result) -> Attributes:
    known = {
        "gen_ai.usage.input_tokens": result.input_tokens, "gen_ai.usage.output_tokens": result.output_tokens,
        "aideator.cost": result.cost, "aideator.outcome": result.outcome, "aideator.succeeded": result.succeeded,
    }  # fmt: skip
    return {name: value for name, value in known.items() if value is not None}


def _provider_of(model: str) -> Mapping[str, str]:
    provider, slash, _ = model.partition("/")
    return {"gen_ai.provider.name": provider} if slash else {}


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0


def _nanoseconds(time: str) -> int:
    moment = datetime.fromisoformat(time)
    return int(moment.timestamp()) * 10**9 + moment.microsecond * 1000


def _record(provider: "TracerProvider", made: Iterator[Span]) -> None:
    from opentelemetry.trace import SpanKind, Status, StatusCode, set_span_in_context

    tracer = provider.get_tracer("aideator", __version__)
    contexts: dict[str | None, Any] = {}
    begun = []
    for span in made:
        try:
            start, end = _nanoseconds(span.begin), _nanoseconds(span.end)
        except ValueError:
            continue  # what an agent calls a time is its own word
        kind = SpanKind.CLIENT if span.asks else SpanKind.INTERNAL
        opened = tracer.start_span(span.name, contexts.get(span.parent), kind, span.attributes, start_time=start)
        if span.error is not None:
            opened.set_status(Status(StatusCode.ERROR, span.error))
            opened.set_attribute("error.type", span.error)
        contexts[span.key] = set_span_in_context(opened)
        begun.append((opened, max(start, end)))
    for opened, end in begun:
        opened.end(end)
    provider.force_flush()


def _provider() -> "tuple[TracerProvider, _Ids]":
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.id_generator import IdGenerator

    class Generator(_Ids, IdGenerator):
        """The SDK's interface."""

    ids = Generator()
    resource = Resource.create({"service.name": "aideator", "service.version": __version__})
    provider = TracerProvider(resource=resource, id_generator=ids, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(), max_queue_size=65536))
    return provider, ids


class _Ids:
    """The same run has the same ids whoever sends them."""

    def __init__(self) -> None:
        self._run, self._count = "", 0

    @property
    def run(self) -> str:
        return self._run

    @run.setter
    def run(self, run: str) -> None:
        self._run, self._count = run, 0

    def generate_trace_id(self) -> int:
        return int.from_bytes(hashlib.sha256(self._run.encode()).digest()[:16]) or 1

    def generate_span_id(self) -> int:
        self._count += 1
        return int.from_bytes(hashlib.sha256(f"{self._run}/{self._count}".encode()).digest()[:8]) or 1
