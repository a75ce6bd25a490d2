"""`/mcp`: the tools of `aideator mcp` over HTTP, by the official client, for users with tokens."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client

from aideator_cli.actions import tokens
from aideator_cli.actions.here import Here
from aideator_cli.server import model_route, offers
from aideator_cli.server.streams.hub import Hub
from aideator_cli.store.serving import ServerStore
from tests.server.page.conftest import Site
from tests.server.page.stories import three
from tests.server.page.team_stories import TEAM, stored
from tests.server.page.waiting import until
from tests.server.test_accounts import token
from tests.server.test_mcp import said

RUN = "k3v9x2q"


@pytest.fixture
def site(home: Path) -> Iterator[Site]:
    """A server that wants tokens, with a run of ada's."""
    three(home)
    set_runs("owner = 'ada'")
    made = Site(None)
    yield made
    made.stop()


def set_runs(values: str) -> None:
    with Here().store.transaction("test") as connection:
        connection.execute(f"update runs set {values}")


def talk(site: Site, headers: dict[str, str], conversation: Callable[[Client], Awaitable[None]]) -> None:
    async def talked() -> None:
        async with (
            httpx2.AsyncClient(headers=headers, timeout=30) as http,
            Client(streamable_http_client(f"{site.address}/mcp", http_client=http)) as client,
        ):
            await conversation(client)

    asyncio.run(talked())


def test_a_token_that_a_model_has_used_writes_and_accepts_no_notes(site: Site) -> None:
    first, own = token("ada"), token("ada")
    note = {"repository": "https://git.example/todo.git", "text": "Blank lines matter."}
    made = {"name": "x"}
    assert httpx2.post(f"{site.address}/api/v1/memory", json=note, headers=first).status_code == 201

    async def lists(client: Client) -> None:
        assert (await client.list_tools()).tools

    talk(site, first, lists)
    after = httpx2.post(f"{site.address}/api/v1/auth/api-keys", json=made, headers=first).json()["api_key"]
    keep = {**note, "key": "f1690322", "sure": True}
    for headers in (first, {"X-API-Key": after}):
        for path, body in (("memory", note), ("memory/proposals/keep", keep)):
            answer = httpx2.post(f"{site.address}/api/v1/{path}", json=body, headers=headers)
            assert (answer.status_code, "only a person" in answer.json()["detail"]) == (403, True), answer.text
        assert len(httpx2.get(f"{site.address}/api/v1/memory", headers=headers).json()["notes"]) == 1
    assert httpx2.post(f"{site.address}/api/v1/memory", json=note, headers=own).status_code == 201


async def waiting(client: Client, seconds: float) -> "asyncio.Task[Any]":
    """Returns the call of the tool `wait`, which has begun to wait for the run."""
    begun = asyncio.Event()

    async def on_progress(*_: object) -> None:
        begun.set()

    asked = client.call_tool("wait", {"run": RUN, "timeout": seconds}, progress_callback=on_progress)
    task = asyncio.create_task(asked)
    await begun.wait()
    return task


def test_a_user_works_with_runs_of_their_own(site: Site) -> None:
    async def conversation(client: Client) -> None:
        assert [tool.name for tool in (await client.list_tools()).tools][:3] == ["run", "status", "wait"]
        newest = await client.call_tool("status")
        assert [each["run"] for each in newest.structured_content["runs"]] == [RUN]
        compared = await client.call_tool("compare", {"run": RUN})
        assert compared.structured_content["kind"] == "comparison"
        assert said(compared).startswith(offers.FOREIGN)
        selected = await client.call_tool("select", {"run": RUN, "variation": 2})
        assert selected.structured_content["variation"] == 2
        page = await client.read_resource(f"aideator://runs/{RUN}/report")
        assert page.contents[0].text.startswith("<!DOCTYPE html>")  # type: ignore[union-attr]

    talk(site, token("ada"), conversation)
    deeds = [(deed.who, deed.action, deed.target) for deed in ServerStore.of(Here().store).deeds()]
    assert deeds[0] == ("ada", "POST /mcp select", RUN)
    assert len([deed for deed in deeds if "/mcp" in deed[1]]) == 1, "what only reads is not noted"


def test_nobody_works_with_runs_of_others(site: Site) -> None:
    async def conversation(client: Client) -> None:
        nothing = (await client.call_tool("status")).structured_content
        assert (nothing["runs"], nothing["says"]) == ([], "There are no runs yet.")
        for tool, more in (
            ("status", {}),
            ("wait", {}),
            ("compare", {}),
            ("diff", {"variation": 1}),
            ("select", {"variation": 1}),
            ("cancel", {}),
        ):
            answer = await client.call_tool(tool, {"run": RUN, **more})
            assert answer.is_error, tool
            assert f"there is no run {RUN}" in said(answer)
        for uri in (f"aideator://runs/{RUN}/report", f"aideator://runs/{RUN}/variations/1/patch"):
            with pytest.raises(MCPError, match="there is no run"):
                await client.read_resource(uri)
        wrong: list[tuple[dict[str, Any], str]] = [
            ({"repository": "/etc", "prompt": "x", "models": ["gpt-5"]}, "needs the scope admin: a repository on the server's machine"),
            ({"repository": "https://git.example/x.git", "prompt": "x", "backend": "local"}, "backend and allow_local_shell"),
            ({"repository": "https://git.example/x.git", "prompt": "x", "secret": "aideator-keys"}, "Extra inputs are not permitted"),
            ({"repository": "https://git.example/x.git", "prompt": "x", "api_base": "https://evil.example"}, "may not set api_base"),
            ({"repository": "https://git.example/x.git", "prompt": "x", "models": ["scripted/x.yaml"]}, "run commands on this machine"),
            ({"repository": "https://git.example/x.git", "prompt": "x", "roles": ["x.md:2"]}, "run commands on this machine"),
            ({"repository": "https://git.example/x.git", "prompt": "x", "matrix": {"roles": ["./x.md"]}}, "run commands on this machine"),
            ({"repository": "https://git.example/x.git", "prompt": "x", "many": True}, "more than 20 agents"),
            ({"repository": "https://git.example/x.git"}, "Field required"),
        ]  # fmt: skip
        for asked, text in wrong:
            answer = await client.call_tool("run", asked)
            assert answer.is_error
            assert text in said(answer)

    talk(site, token("bob"), conversation)


def test_teams_are_those_of_the_tokens_user(site: Site, home: Path) -> None:
    stored(home, over=True, prompt="Export the list.", owner="ada")
    tools = ("team_status", "team_patch", "team_cancel")

    async def of_ada(client: Client) -> None:
        newest = await client.call_tool("team_status")
        assert [each["team"] for each in newest.structured_content["teams"]] == [TEAM]
        shown = await client.call_tool("team_status", {"team": TEAM, "timeout": 60})
        assert (shown.structured_content["state"], said(shown).startswith(offers.FOREIGN)) == ("failed", True)
        nothing = await client.call_tool("team_patch", {"team": TEAM})
        assert f"team {TEAM} has no result" in said(nothing)
        file = await client.call_tool(
            "team", {"repository": "https://git.example/x.git", "prompt": "x", "team": "/srv/a.yaml"}
        )
        assert "may not name the file of a team" in said(file)

    async def of_bob(client: Client) -> None:
        assert said(await client.call_tool("team_status")).endswith("There are no teams yet.")
        for tool in tools:
            answer = await client.call_tool(tool, {"team": TEAM})
            assert (answer.is_error, f"there is no team {TEAM}" in said(answer)) == (True, True), tool
        with pytest.raises(MCPError, match="there is no team"):
            await client.read_resource(f"aideator://teams/{TEAM}/patch")

    talk(site, token("ada"), of_ada)
    talk(site, token("bob"), of_bob)


def test_a_token_that_only_reads_has_only_tools_that_read(site: Site) -> None:
    async def conversation(client: Client) -> None:
        assert [tool.name for tool in (await client.list_tools()).tools] == [
            "status", "wait", "compare", "diff", "team_status", "team_patch",
        ]  # fmt: skip
        answer = await client.call_tool("select", {"run": RUN, "variation": 1})
        assert answer.is_error
        assert "this token may not do that: it needs the scope run" in said(answer)

    talk(site, token("ada", "read"), conversation)
    assert Here().store.selection(RUN) is None


def test_without_a_token_nothing_is_told(site: Site) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    accept = {"Accept": "application/json, text/event-stream"}
    for headers in ({}, {"Authorization": "Bearer aid_wrong"}, {"Cookie": "aideator_session=aid_x"}):
        answer = httpx2.post(f"{site.address}/mcp", json=body, headers={**accept, **headers})
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


def test_a_call_that_waits_ends_when_its_token_is_revoked(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offers, "CHECK_SECONDS", 0.1)
    set_runs("state = 'submitting', ended = null, host = 'another'")
    made, secret = tokens.create(Here(), tokens.Order("x", "ada"))

    async def conversation(client: Client) -> None:
        asked = await waiting(client, 60)
        tokens.revoke(Here(), made.id)
        answer = await asked
        assert answer.is_error
        assert "this token does not count" in said(answer)

    talk(site, {"Authorization": f"Bearer {secret}"}, conversation)


def test_a_call_that_waits_counts_as_a_stream(site: Site) -> None:
    set_runs("state = 'submitting', ended = null, host = 'another'")
    headers = token("ada")
    hub: Hub = site._server.config.app.state.hub  # type: ignore[union-attr]
    hub._of_one = 1
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    accept = {"Accept": "application/json, text/event-stream"}

    async def conversation(client: Client) -> None:
        asked = await waiting(client, 600)
        async with httpx2.AsyncClient() as other:
            second = await other.post(f"{site.address}/mcp", json=body, headers={**accept, **headers})
        assert second.status_code == 429
        assert second.json()["detail"] == "you have as many streams open as this server allows one user: 1"
        asked.cancel()

    talk(site, headers, conversation)
    until(lambda: hub.open == 0)


def test_a_server_loads_the_protocol_only_when_it_is_called() -> None:
    asked = "import sys, aideator_cli.server.serving; print([name for name in sys.modules if name.startswith('mcp')])"
    said = subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True)
    assert said.stdout == "[]\n"


def test_who_calls_first_may_go_and_who_calls_meanwhile_is_answered(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    loading, gone = threading.Event(), threading.Event()
    load = model_route._load

    def slow(work: offers.Work) -> Any:
        loading.set()
        assert gone.wait(30)
        return load(work)

    monkeypatch.setattr(model_route, "_load", slow)
    headers = token("ada")

    async def first() -> None:
        async with httpx2.AsyncClient(headers=headers, timeout=30) as http:
            call = asyncio.create_task(http.post(f"{site.address}/mcp", json={}))
            assert await asyncio.to_thread(loading.wait, 30)
            call.cancel()
            await asyncio.wait([call])

    async def lists(client: Client) -> None:
        assert (await client.list_tools()).tools

    asyncio.run(first())
    with ThreadPoolExecutor() as others:
        calls = [others.submit(talk, site, headers, lists) for _ in range(2)]
        gone.set()
        for call in calls:
            call.result()


def test_a_server_that_can_not_load_the_protocol_says_so_to_each_caller_until_it_can(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = token("ada")
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "mcp", None)
        without.delitem(sys.modules, "aideator_cli.server.model_context", raising=False)
        for _ in range(2):
            assert httpx2.post(f"{site.address}/mcp", json={}, headers=headers).status_code == 500
        assert httpx2.get(f"{site.address}/api/v1/runs", headers=headers).status_code == 200

    async def lists(client: Client) -> None:
        assert (await client.list_tools()).tools

    talk(site, headers, lists)


def test_no_stream_is_opened_in_which_nothing_would_come(site: Site) -> None:
    answer = httpx2.get(f"{site.address}/mcp", headers={"Accept": "text/event-stream", **token("ada")})
    assert answer.status_code == 405
