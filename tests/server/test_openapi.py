"""The OpenAPI document is valid, names every route, and what it says of answers is true; /docs shows it."""

import re
from typing import Any

import pytest
from fastapi.routing import APIRoute
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from starlette.testclient import TestClient

from tests.server.conftest import API


@pytest.fixture
def document(client: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/openapi.json").json()
    return found


def test_it_is_valid_and_names_every_route(client: TestClient, document: dict[str, Any]) -> None:
    validate(document)
    assert document["openapi"].startswith("3.1")
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert ("GET", f"{API}/runs/{{run}}/events") in described
    assert ("POST", f"{API}/auth/api-keys") in described
    for methods in document["paths"].values():
        for operation in methods.values():
            assert operation["summary"]
            assert "422" not in operation["responses"]
            assert operation["responses"]["default"]["content"]["application/problem+json"]
    routes = {route.path for route in client.app.routes if isinstance(route, APIRoute) and route.include_in_schema}  # type: ignore[attr-defined]
    assert routes <= set(document["paths"])


def test_what_it_says_of_answers_is_true(client: TestClient, document: dict[str, Any], finished: str) -> None:
    client.post(f"{API}/runs/{finished}/select", json={"best": True})
    for path in (
        "/runs",
        "/runs/{run}",
        "/runs/{run}/results",
        "/runs/{run}/compare",
        "/runs/{run}/status",
        "/tasks/{task}",
        "/health",
    ):
        schema = document["paths"][f"{API}{path}"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        assert schema, path
        answer = client.get(f"{API}{path}".replace("{run}", finished).replace("{task}", finished))
        Draft202012Validator({**schema, "components": document["components"]}).validate(answer.json())
    problem = client.get(f"{API}/runs/nosuchrun").json()
    Draft202012Validator(document["components"]["schemas"]["Problem"]).validate(problem)


def test_the_page_shows_it_and_loads_nothing(client: TestClient, document: dict[str, Any]) -> None:
    answer = client.get("/docs")
    assert answer.headers["content-type"].startswith("text/html")
    for path in document["paths"]:
        assert f"<code>{path}</code>" in answer.text
    for field in ("verify_timeout", "Idempotency-Key", "winning_variation_id"):
        assert field in answer.text
    assert not re.search(r"<script|<link|<img|src=|https?://(?!www\.w3\.org)", answer.text)
    assert "style-src 'sha256-" in answer.text
