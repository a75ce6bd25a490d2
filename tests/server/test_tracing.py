"""Traces of runs arrive at a collector, whose protocol is read by the official protobufs."""

import os
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from starlette.testclient import TestClient

from aideator_cli.actions.here import Here
from aideator_cli.errors import AideatorError
from aideator_cli.server import tracing
from aideator_cli.server.app import application
from aideator_cli.server.gate import LOOPBACK
from aideator_cli.server.tracing import Traces
from tests.server.conftest import API, Body


@pytest.fixture
def collected(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[ExportTraceServiceRequest]]:
    """What a collector has got."""
    got: list[ExportTraceServiceRequest] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Content-Encoding"] in (None, "identity")
            got.append(ExportTraceServiceRequest.FromString(body))
            self.send_response(200 if self.path == "/v1/traces" else 404)
            self.send_header("Content-Type", "application/x-protobuf")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{server.server_address[1]}")
        yield got
        server.shutdown()


def test_a_run_is_a_trace_of_its_attempts_turns_and_commands(
    home: Path,  # noqa: ARG001 -- the data folder
    body: Body,
    collected: list[ExportTraceServiceRequest],
) -> None:
    with TestClient(application(Here(), LOOPBACK), base_url="http://localhost") as client:
        run = client.post(f"{API}/runs", json=body()).json()["run"]
        with client.stream("GET", f"{API}/runs/{run}/events") as answer:
            answer.read()
        shown = client.get(f"{API}/runs/{run}").json()
    # it is sent at the latest when the server ends
    resources = [each for request in collected for each in request.resource_spans]
    assert {"service.name": "aideator"}.items() <= _attributes(resources[0].resource).items()
    spans = [span for each in resources for scope in each.scope_spans for span in scope.spans]
    assert len({span.trace_id for span in spans}) == 1
    (root,) = [span for span in spans if not span.parent_span_id]
    assert root.name == f"invoke_workflow {run}"
    agents = {_attributes(span)["gen_ai.agent.id"]: span for span in spans if span.parent_span_id == root.span_id}
    assert agents.keys() == {f"{run}/1", f"{run}/2"}
    for result in shown["variations"]:
        agent = agents[f"{run}/{result['variation']}"]
        told = _attributes(agent)
        assert (told["gen_ai.usage.input_tokens"], told["aideator.outcome"]) == (result["input_tokens"], "succeeded")
        below = [span for span in spans if span.parent_span_id == agent.span_id]
        turns = [_attributes(span) for span in below if span.name.startswith("chat ")]
        assert len(turns) == result["steps"]
        assert sum(turn["gen_ai.usage.output_tokens"] for turn in turns) == result["output_tokens"]
        tools = [span for span in below if span.name == "execute_tool bash"]
        assert tools
        assert all(agent.start_time_unix_nano <= span.start_time_unix_nano <= span.end_time_unix_nano for span in below)
    assert b"unittest" not in b"".join(request.SerializeToString() for request in collected), "no command is in it"


def test_without_a_collector_there_are_none_and_without_the_sdk_a_named_one_stops_the_server(
    home: Path,  # noqa: ARG001 -- the data folder
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert not any(name in os.environ for name in tracing.ENDPOINTS)
    assert Traces.wanted(Here()) is None
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
    monkeypatch.setattr(tracing, "find_spec", lambda _: None)
    with pytest.raises(AideatorError, match="is not installed"):
        application(Here(), LOOPBACK)


def test_a_collector_that_takes_nothing_does_not_hold_up_the_end(
    home: Path,  # noqa: ARG001 -- the data folder
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stuck = Event()
    monkeypatch.setattr(tracing, "WAITING", 1)
    provider = tracing._provider()
    monkeypatch.setattr(tracing, "_provider", lambda: (stuck.wait(30.0), provider)[1])
    traces = Traces(Here())
    traces.start()
    for run in ("k000001", "k000002"):
        traces.told(run, [])
    ending = Thread(target=traces.stop, daemon=True)
    ending.start()
    ending.join(4.0)
    assert not ending.is_alive()
    stuck.set()


def _attributes(of: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in of.attributes}
