"""MCP servers with an address: the agent reaches them through the key proxy, which alone has the tokens in their headers."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from aideator_agent.mcp.server import McpServer
from aideator_agent.proxy import Beside
from aideator_agent.proxy.beside import LARGE, LARGE_AT_ONCE
from tests.agent.programs.conftest import FakeAgent
from tests.agent.proxy.conftest import KEY, Bench, Bencher
from tests.agent.running import Agent
from tests.fixtures.provider import Provider, Reply, document
from tests.fixtures.repositories import LocalRepository

SECRET = "mcp-0123456789abcdef"
GREETING = {"jsonrpc": "2.0", "id": 1, "method": "initialize"}


def reached(bench: Bencher, server: Provider) -> Bench:
    headers = {"Authorization": f"Bearer {SECRET}", "X-Team": "tools"}
    return bench(servers={"docs": Beside(f"{server.url}/mcp?team=1", headers)})


def test_a_server_gets_its_own_headers_and_neither_token_nor_key(bench: Bencher) -> None:
    with Provider(document({"result": {}}, **{"Mcp-Session-Id": "s-1"})) as server:
        at = reached(bench, server)
        with at.client() as client:
            answer = client.post(
                "/mcp/docs", json=GREETING, headers={"mcp-session-id": "s-0", "accept": "text/event-stream"}
            )
            assert client.get("/mcp/docs", headers={"last-event-id": "7"}).status_code == 200
            assert client.delete("/mcp/docs").status_code == 200
    assert (answer.json(), answer.headers["mcp-session-id"]) == ({"result": {}}, "s-1")
    first, second, third = server.asked
    assert [asked.method for asked in server.asked] == ["POST", "GET", "DELETE"]
    assert {asked.path for asked in server.asked} == {"/mcp?team=1"}
    assert {asked.headers["authorization"] for asked in server.asked} == {f"Bearer {SECRET}"}
    assert (first.json, first.headers["mcp-session-id"], first.headers["x-team"]) == (GREETING, "s-0", "tools")
    assert second.headers["last-event-id"] == "7"
    assert third.body == b""
    assert not any(word in str(server.asked) for word in (KEY, at.proxy.token))
    assert at.provider.asked == []
    assert at.totals.steps == 0


def test_only_the_runs_servers_are_reached_and_only_with_the_token(bench: Bencher) -> None:
    with Provider() as server:
        at = reached(bench, server)
        with at.client() as client:
            for path in ("/mcp/other", "/mcp/docs/admin", "/mcp/", "/mcp/docs%2fadmin"):
                assert client.post(path, json=GREETING).status_code == 404
            assert client.put("/mcp/docs", json=GREETING).status_code == 404
            assert client.post("/mcp/docs", json=GREETING, headers={"authorization": "Bearer guess"}).status_code == 401
        assert server.asked == []


@pytest.mark.parametrize(
    "reply",
    [
        document({"error": f"bad token Bearer {SECRET}"}, status=401),
        document({"echo": SECRET}),
        Reply(
            [SECRET[:9].encode(), SECRET[9:].encode()], headers={"Content-Type": "text/event-stream", "X-Echo": SECRET}
        ),
    ],
)
def test_a_server_that_quotes_its_token_does_not_give_it_away(bench: Bencher, reply: Reply) -> None:
    with Provider(reply) as server, reached(bench, server).client() as client:
        answer = client.post("/mcp/docs", json=GREETING)
    assert SECRET not in answer.text + str(answer.headers)
    assert "[redacted]" in answer.text


def test_a_redirect_is_not_followed_and_a_server_that_is_gone_is_told(bench: Bencher) -> None:
    with Provider() as other, Provider(Reply(status=307, headers={"Location": f"{other.url}/mcp"})) as server:
        at = reached(bench, server)
        with at.client() as client:
            assert client.post("/mcp/docs", json=GREETING).status_code == 502
        assert other.asked == []
    assert "the MCP server docs answered with status 307" in at.notices
    with Provider() as gone:
        pass
    at = reached(bench, gone)
    with at.client() as client:
        assert client.post("/mcp/docs", json=GREETING).status_code == 502
    assert "the MCP server docs can't be reached" in at.notices


def test_large_messages_wait_for_each_other_and_small_ones_for_none(bench: Bencher) -> None:
    goes_on = threading.Event()
    with Provider(Reply([goes_on, b"{}"])) as server, ThreadPoolExecutor(3 * LARGE_AT_ONCE) as pool:
        at = reached(bench, server)

        def post(size: int) -> int:
            with at.client() as client:
                return client.post("/mcp/docs", json={**GREETING, "params": "x" * size}).status_code

        large = [pool.submit(post, LARGE) for _ in range(2 * LARGE_AT_ONCE)]
        at.until(lambda: len(server.asked) == LARGE_AT_ONCE)
        small = pool.submit(post, 10)
        at.until(lambda: len(server.asked) == LARGE_AT_ONCE + 1)
        assert len(server.asked[-1].body) < LARGE
        goes_on.set()
        assert {each.result(60) for each in (*large, small)} == {200}
    assert (len(server.asked), server.most_flying) == (2 * LARGE_AT_ONCE + 1, LARGE_AT_ONCE + 1)


def test_an_agent_gets_an_address_of_the_proxys_for_a_server_with_a_token(
    agent: Agent, repository: LocalRepository, tmp_path: Path
) -> None:
    fake = FakeAgent(tmp_path, repository)
    with Provider(document({"echo": SECRET})) as server:
        mcp = (McpServer("docs", url=server.url, headers={"Authorization": "Bearer ${DOCS_TOKEN}"}),)
        able = {"protocolVersion": 1, "agentCapabilities": {"mcpCapabilities": {"http": True}}}
        program = fake.plays({"say": "Asked."}, initialize=able)
        record = agent.run(fake.spec(program, mcp=mcp), DOCS_TOKEN=SECRET)
    assert record.outcome[0] == "no_changes"
    (given,) = fake.notes("session")[0]["mcpServers"]
    assert (given["type"], given["name"]) == ("http", "docs")
    assert given["url"].startswith("http://127.0.0.1:")
    assert given["url"].endswith("/mcp/docs")
    assert [header["name"] for header in given["headers"]] == ["Authorization"]
    assert SECRET not in json.dumps(fake.notes("session")) + b"".join(record.lines).decode()
