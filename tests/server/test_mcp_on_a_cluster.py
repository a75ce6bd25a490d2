"""On a real cluster: an agent asks for three attempts and takes the best, over `/mcp` with a user's token, and over stdin and stdout."""

import asyncio
import os
import sys
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from aideator_cli.actions.demo_material import CHECK, demo_files
from tests.agents.demo_task import MEND, PROMPT
from tests.agents.test_claude_code_asks import ask
from tests.fixtures.agents import Agents
from tests.fixtures.cluster import Secret
from tests.server.on_a_cluster import OnACluster, on_a_cluster
from tests.server.page.conftest import Site
from tests.server.test_accounts import token
from tests.server.test_mcp import said

__all__ = ["on_a_cluster"]

GOOD = [{"calls": [{"tool": "bash", "arguments": {"command": f'python3 -c "{MEND}"'}}]}, {"say": "Done.", "calls": []}]
POOR = [
    {"calls": [{"tool": "bash", "arguments": {"command": "echo '# comments' >> todo.py"}}]},
    {"say": "Done.", "calls": []},
]


@pytest.fixture
def asked(on_a_cluster: OnACluster) -> dict[str, Any]:
    """Three attempts at the demo's task by real agents in pods, of which the second is right."""
    on_a_cluster.git.add("todo", {name: content.decode() for name, content in demo_files().items()})
    on_a_cluster.provide({"good": GOOD, "poor": POOR})
    models = ["openai/poor", "openai/good", "openai/poor"]
    return {
        "repository": on_a_cluster.git.url("todo"),
        "prompt": PROMPT,
        "models": models,
        "verify": [CHECK],
        "max_steps": 6,
    }


@pytest.fixture
def site(asked: dict[str, Any], secret: Secret) -> Iterator[tuple[str, dict[str, str]]]:  # noqa: ARG001 -- the server's settings
    """The address of a server that wants tokens, and what ada shows: her key is stored there."""
    made, by = Site(None), token("ada")
    kept = httpx2.put(f"{made.address}/api/v1/keys/OPENAI_API_KEY", json={"value": secret.key}, headers=by, timeout=60)
    assert kept.status_code == 200, kept.text
    yield made.address, by
    for run in httpx2.get(f"{made.address}/api/v1/runs", headers=by).json()["runs"]:
        httpx2.delete(f"{made.address}/api/v1/runs/{run['run']}?force=true", headers=by, timeout=120)
    made.stop()


async def takes_the_best(client: Client, asked: dict[str, Any]) -> None:
    progress: list[float] = []

    async def on_progress(done: float, *_: object) -> None:
        progress.append(done)

    started = await client.call_tool("run", asked)
    assert not started.is_error, said(started)
    run = started.structured_content["run"]
    assert started.structured_content["backend"] == "kubernetes"
    waited = await client.call_tool("wait", {"run": run, "timeout": 240}, progress_callback=on_progress)
    assert (waited.structured_content["state"], progress[-1]) == ("ended", 3), said(waited)
    compared = await client.call_tool("compare", {"run": run})
    assert compared.structured_content["choice"] == 2, said(compared)
    patch = await client.call_tool("diff", {"run": run, "variation": 2})
    assert "startswith(chr(35))" in patch.structured_content["patch"]
    selected = await client.call_tool("select", {"run": run, "best": True})
    assert selected.structured_content["variation"] == 2


def test_over_http_with_a_user_s_token(site: tuple[str, dict[str, str]], asked: dict[str, Any]) -> None:
    address, by = site

    async def talked() -> None:
        async with (
            httpx2.AsyncClient(headers=by, timeout=300) as http,
            Client(streamable_http_client(f"{address}/mcp", http_client=http)) as client,
        ):
            await takes_the_best(client, asked)

    asyncio.run(talked())


def test_over_stdin_and_stdout(asked: dict[str, Any]) -> None:
    program = StdioServerParameters(command=sys.executable, args=["-m", "aideator_cli", "mcp"], env=dict(os.environ))

    async def talked() -> None:
        async with Client(program) as client:
            await takes_the_best(client, asked)

    asyncio.run(talked())


def test_claude_code_over_http(
    site: tuple[str, dict[str, str]], asked: dict[str, Any], real_agents: Agents, tmp_path: Any
) -> None:
    address, by = site
    best = {**asked, "models": ["openai/good", "openai/poor", "openai/poor"]}
    says = ask(real_agents, tmp_path, {"type": "http", "url": f"{address}/mcp", "headers": by}, best)
    assert says.startswith("Attempt 1 is the best.")
    (run,) = httpx2.get(f"{address}/api/v1/runs", headers=by).json()["runs"]
    assert (run["selected"], run["backend"], says.split()[-1]) == (1, "kubernetes", run["run"])
