"""Who has the search, and how its calls go: the tool of our own loop, and an MCP server for agents that are programs."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from aideator_agent.checkout import Checkout
from aideator_agent.search.searcher import Searcher
from aideator_agent.spec import Repository, VariationSpec
from tests.agent.programs.conftest import FakeAgent, fake
from tests.agent.proxy.conftest import Bencher, bench
from tests.agent.running import Agent, bash, call, spec_of, submit
from tests.agent.shell.containers import until
from tests.fixtures.repositories import LocalRepository

__all__ = ["bench", "fake"]
FIND = {"calls": [call("search_code", query="changing x")]}
HTTP = {"protocolVersion": 1, "agentCapabilities": {"mcpCapabilities": {"http": True}}}
CHANGE = {"write": ["b.py", "y = 2\n"]}


@pytest.fixture
def searcher(shop: LocalRepository) -> Iterator[Searcher]:
    found = Searcher(Checkout(shop.path, shop.path / ".git", "HEAD"), Repository(""), lambda: False)
    yield found
    found.close()


def test_the_model_finds_what_is_there_and_what_it_has_just_written(agent: Agent, repository: LocalRepository) -> None:
    turns = [
        bash("mkdir new && echo 'def changing_x(): ...' > new/made.py"), FIND, {"calls": [call("search")]},
        {"calls": [call("search_code", query="x", path="..")]}, submit(),
    ]  # fmt: skip
    record = agent.run(spec_of(str(repository.path), turns))
    assert "new/made.py:1\n     1: def changing_x(): ..." in record.text("output")
    assert "3 files: py 2, txt 1" in record.text("output")
    assert [event["exit_code"] for event in record.of("done")] == [0, 0, 0, 1, 0]
    assert record.outcome[0] == "succeeded"


@pytest.mark.parametrize(
    ("search", "tools", "has"),
    [
        ("own", None, True),
        ("own", ("read_file",), False),
        ("own", ("search_code",), True),
        ("none", ("search_code",), False),
    ],
)
def test_the_run_and_the_role_say_whether_there_is_a_search(
    agent: Agent, repository: LocalRepository, search: Any, tools: tuple[str, ...] | None, has: bool
) -> None:
    role = VariationSpec(1, "scripted/turns.yaml", role="reader", tools=tools)
    record = agent.run(spec_of(str(repository.path), [FIND, submit()], variations=(role,), search=search))
    assert record.of("done")[0]["exit_code"] == (0 if has else 1)
    assert ("There is no tool 'search_code'" in record.text("output")) != has


def test_submodules_are_searched_too(agent: Agent, repository: LocalRepository, tmp_path: Path) -> None:
    inner = LocalRepository(tmp_path / "inner")
    inner.commit({"lib.py": "def changing_x(): ...\n"})
    repository.git("-c", "protocol.file.allow=always", "submodule", "add", "--quiet", str(inner.path), "parts/inner")
    repository.commit({})
    record = agent.run(spec_of(str(repository.path), [FIND, submit()]))
    assert "parts/inner/lib.py:1" in record.text("output")


def test_an_agent_that_is_a_program_gets_it_when_the_run_gives_it_to_all(agent: Agent, fake: FakeAgent) -> None:
    agent.run(fake.spec(fake.plays(CHANGE, initialize=HTTP)))
    assert fake.notes("session")[-1]["mcpServers"] == []
    agent.run(fake.spec(fake.plays(CHANGE, initialize=HTTP), search="all"))
    (server,) = fake.notes("session")[-1]["mcpServers"]
    assert (server["type"], server["name"]) == ("http", "repository")
    assert server["url"].startswith("http://127.0.0.1:")


def test_programs_ask_it_through_the_key_proxy_and_only_with_their_token(bench: Bencher, searcher: Searcher) -> None:
    at = bench(search=("repository", searcher))
    with at.client() as client:
        begun = client.post("/mcp/repository", json=_message("initialize", protocolVersion="2025-03-26"))
        assert begun.json()["result"]["protocolVersion"] == "2025-03-26"
        noted = client.post("/mcp/repository", json={"jsonrpc": "2.0", "method": "notifications/initialized"})
        assert (noted.status_code, noted.content) == (202, b"")
        (tool,) = client.post("/mcp/repository", json=_message("tools/list")).json()["result"]["tools"]
        assert tool["name"] == "search_code"
        found = client.post("/mcp/repository", json=_calling(query="deleteUser")).json()["result"]
        assert found["content"][0]["text"].startswith("web/deleteUser.ts:1")
        wrong = client.post("/mcp/repository", json=_calling(query="x", path="../..")).json()["result"]
        assert wrong["isError"]
        assert client.get("/mcp/repository").status_code == 405
        assert client.post("/mcp/repository", content=b"{").status_code == 400
    refused = httpx.post(f"{at.proxy.url}/mcp/repository", json=_message("tools/list"), trust_env=False)
    assert refused.status_code == 401


def test_a_search_that_dies_is_begun_again_once(searcher: Searcher) -> None:
    for _ in range(2):
        assert searcher.search("deleteUser").text.startswith("web/deleteUser.ts:1")
        assert searcher._process is not None
        os.killpg(searcher._process.pid, signal.SIGKILL)
        searcher._process.wait()
        assert "it ended unexpectedly. Search with the other tools" in searcher.search("deleteUser").text
    assert "it failed before" in searcher.search("deleteUser").text


def test_an_answer_that_takes_too_long_ends_the_search(searcher: Searcher) -> None:
    found = searcher.search("deleteUser", seconds=0.0)
    assert (found.failed, "it took too long" in found.text) == (True, True)
    assert searcher._process is None


def test_its_git_ends_with_it(shop: LocalRepository, searcher: Searcher) -> None:
    os.mkfifo(shop.path / ".gitignore")  # git waits there for ever
    asking = threading.Thread(target=searcher.search, args=("deleteUser",))
    asking.start()
    git = until(lambda: searcher._process and _child(searcher._process.pid))
    searcher.close()
    asking.join()
    until(lambda: not Path(f"/proc/{git}").exists())


def test_it_ends_with_the_attempt(searcher: Searcher) -> None:
    searcher.search("deleteUser")
    process = searcher._process
    assert process is not None
    searcher.close()
    assert process.poll() is not None
    assert searcher.search("deleteUser").failed


def test_it_is_a_server_for_any_program_that_speaks_mcp(shop: LocalRepository) -> None:
    asked = [_message("initialize"), {"jsonrpc": "2.0", "method": "notifications/initialized"}, _calling(query="Basket"),
             _message("resources/list"), _calling(query=7), []]  # fmt: skip
    given = "\n".join(["{", *map(json.dumps, asked)]) + "\n"
    command = [sys.executable, "-m", "aideator_agent.search", str(shop.path)]
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=True)
    bad, begun, found, unknown, wrong, none = map(json.loads, done.stdout.splitlines())
    assert begun["result"]["serverInfo"]["name"] == "aideator-search"
    assert found["result"]["content"][0]["text"].startswith("shop/basket.py:1")
    assert unknown["error"]["code"] == -32601
    assert wrong["result"]["isError"]
    assert bad["error"]["code"] == none["error"]["code"] == -32600


def _child(pid: int) -> str:
    """The process that another one has started."""
    try:
        return Path(f"/proc/{pid}/task/{pid}/children").read_text().strip()
    except FileNotFoundError:
        return ""


def _message(method: str, **parameters: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}


def _calling(**arguments: Any) -> dict[str, Any]:
    return _message("tools/call", name="search_code", arguments=arguments)
