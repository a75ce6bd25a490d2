"""`/metrics`: what the official parser reads of it, who may, and that hostile names don't make it grow."""

from collections.abc import Mapping
from typing import Any

from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from aideator_cli.actions import tokens
from aideator_cli.actions.here import Here
from aideator_cli.server.app import application
from aideator_cli.server.metrics import MOST_MODELS, Metrics
from aideator_cli.store.tallies import Tried
from tests.server.conftest import API


def parsed(text: str) -> Mapping[tuple[str, ...], float]:
    """Returns each sample by its name and its labels' values, in the order of their names."""
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def tried(model: str, **more: Any) -> Tried:
    figures = {"outcome": "succeeded", "cost": 0.5, "spent": 0.5, "input_tokens": 7, "output_tokens": 3, **more}
    return Tried(
        run=more.pop("run", "k3v9x2q"), model=model, agent=None, role="", temperature=None, prompt="", repository="", fault=None,
        seconds=1.0, succeeded=True, selected=None, **{name: figures[name] for name in figures if name != "run"},
    )  # fmt: skip


def test_a_run_is_in_it(client: TestClient, finished: str) -> None:
    client.get(f"{API}/runs/{finished}")
    client.get("/nothing/like/this")
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    found = parsed(answer.text)
    assert found["aideator_runs", "ended"] == 1
    assert found["aideator_runs", "running"] == 0
    ended = [value for name, value in found.items() if name[0] == "aideator_variations"]
    assert sum(ended) == 2
    assert found["aideator_http_requests_total", "GET", f"{API}/runs/{{run}}", "200"] == 1
    assert found["aideator_http_requests_total", "GET", "other", "404"] == 1
    assert found["aideator_startup_seconds_count",] == 2
    assert found["aideator_stream_lag_seconds_count",] >= 1
    assert found["aideator_streams",] == 0
    assert ("aideator_followers",) in found


def test_away_from_loopback_it_needs_the_scope_admin(home: object) -> None:  # noqa: ARG001 -- the data folder
    with TestClient(application(Here(), None), base_url="http://aideator.example") as client:
        assert client.get("/metrics").status_code == 401
        for scope, status in (("read", 403), ("run", 403), ("admin", 200)):
            _, secret = tokens.create(Here(), tokens.Order(scope, "ada", scopes=(scope,)))
            assert client.get("/metrics", headers={"Authorization": f"Bearer {secret}"}).status_code == status


def test_hostile_models_and_requests_add_few_series() -> None:
    metrics = Metrics()
    metrics.take([tried(f"evil\n\x1b[2J{number}" + "x" * 500) for number in range(1000)] + [tried("gpt-5")] * 3)
    text = generate_latest(metrics.registry).decode()
    found = parsed(text)
    models = {name[1] for name in found if name[0] == "aideator_cost_dollars"}
    assert len(models) <= MOST_MODELS + 1
    assert {"gpt-5", "other"} <= models
    assert max(map(len, models)) <= 80
    assert "\x1b" not in text
    assert sum(value for name, value in found.items() if name[0] == "aideator_variations") == 1003
