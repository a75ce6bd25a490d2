"""The n8n workflow of the docs, walked node by node against the server: each request is one that the server answers, and it ends.

Its expressions are evaluated by Node, as n8n does. tests/server/n8n runs it in n8n itself, which takes 3 GB.
"""

import json
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient

from tests.server.conftest import Body

WORKFLOW = Path(__file__).parents[2] / "docs" / "n8n-workflow.json"
MOST = 5000  # nodes
NODE = """
const {text, json, results, execution} = JSON.parse(require("fs").readFileSync(0));
const $json = json, $execution = {id: execution}, $ = name => ({item: {json: results[name]}});
process.stdout.write(text.replace(/\\{\\{(.*?)\\}\\}/gs, (_, code) => eval(code)));
"""


class Walk:
    """What n8n does with these nodes."""

    def __init__(self, client: TestClient, task: dict[str, Any]) -> None:
        self._client = client
        self._task = task
        self._results: dict[str, Any] = {}
        self._json: Any = {}
        document = json.loads(WORKFLOW.read_text())
        self._nodes = {node["name"]: node for node in document["nodes"]}
        self._connections = document["connections"]
        self.walked: list[str] = []

    def from_the_trigger(self) -> Any:
        """Returns what the last node gives."""
        name = next(each for each, node in self._nodes.items() if node["type"].endswith("Trigger"))
        for _ in range(MOST):
            self.walked.append(name)
            output = self._done(self._nodes[name])
            self._results[name] = self._json
            ways = self._connections.get(name, {"main": []})["main"]
            if not ways:
                return self._json
            name = ways[output][0]["node"]
        raise AssertionError("it does not end")

    def _done(self, node: dict[str, Any]) -> int:
        """Does a node's work, and returns the output that it goes on by."""
        kind, given = node["type"].rpartition(".")[2], node["parameters"]
        if kind == "set":
            self._json = {each["name"]: self._value(each) for each in given["assignments"]["assignments"]} | self._task
        elif kind == "httpRequest":
            self._json = self._answer(given)
        elif kind == "wait":
            assert (given["amount"], given["unit"]) == (20, "seconds")
            time.sleep(0.05)
        elif kind == "if":
            (condition,) = given["conditions"]["conditions"]
            return 0 if self._written(condition["leftValue"]) == condition["rightValue"] else 1
        return 0

    def _value(self, each: dict[str, Any]) -> Any:
        return json.loads(each["value"]) if each["type"] == "array" else each["value"]

    def _answer(self, given: dict[str, Any]) -> Any:
        url = self._written(given["url"])
        assert given["genericAuthType"] == "httpHeaderAuth"
        headers = {
            each["name"]: self._written(each["value"])
            for each in given.get("headerParameters", {}).get("parameters", ())
        }
        body = self._written(given["jsonBody"]).encode() if given.get("sendBody") else None
        headers |= {"Content-Type": "application/json"} if body else {}
        answer = self._client.request(given.get("method", "GET"), urlsplit(url).path, content=body, headers=headers)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def _written(self, text: str) -> str:
        if not text.startswith("="):
            return text
        given = {"text": text[1:], "json": self._json, "results": self._results, "execution": "17"}
        done = subprocess.run(["node", "-e", NODE], input=json.dumps(given), capture_output=True, text=True, check=True)
        return done.stdout


def test_it_starts_a_run_waits_for_its_end_and_compares(client: TestClient, body: Body) -> None:
    if shutil.which("node") is None:
        pytest.skip("there is no node, which evaluates the workflow's expressions")
    asked = body()
    walk = Walk(client, {name: asked[name] for name in ("repository", "prompt", "models", "verify")})
    compared = walk.from_the_trigger()
    assert (compared["kind"], compared["choice"]) == ("comparison", 1)
    assert walk.walked[:4] == ["When clicking Execute", "The task", "Start the run", "Wait"]
    assert walk.walked.count("How it stands") > 1
    assert len(client.get("/api/v1/runs").json()["runs"]) == 1
