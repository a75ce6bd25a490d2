"""`aideator mcp` as a process, used by the official client as an agent would use it."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, MCPError, StdioServerParameters
from mcp_types import CallToolResult

from aideator_cli.api import Aideator
from aideator_cli.server import offers
from aideator_cli.system.installation import adding
from tests.actions.teams.conftest import World
from tests.cli.conftest import Shell, aideator
from tests.server.conftest import Body
from tests.server.teams.conftest import Asked, asked, world

__all__ = ["aideator", "asked", "world"]


def talk(home: Path, conversation: Callable[[Client], Awaitable[None]], *words: str) -> None:
    program = StdioServerParameters(
        command=sys.executable,
        args=["-m", "aideator_cli", "mcp", *words],
        env={**os.environ, "AIDEATOR_HOME": str(home)},
    )

    async def talked() -> None:
        async with Client(program) as client:
            await conversation(client)

    asyncio.run(talked())


def said(result: CallToolResult) -> str:
    return "".join(getattr(each, "text", "") for each in result.content)


def test_an_agent_asks_for_two_attempts_and_takes_the_best(home: Path, body: Body) -> None:
    progress: list[tuple[float, float | None]] = []

    async def on_progress(done: float, total: float | None, _message: str | None) -> None:
        progress.append((done, total))

    async def conversation(client: Client) -> None:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert list(tools) == [
            "run", "status", "wait", "compare", "diff", "select", "cancel", "team", "team_status", "team_patch", "team_cancel",
        ]  # fmt: skip
        assert all(tool.description and tool.input_schema["type"] == "object" for tool in tools.values())

        started = await client.call_tool("run", body())
        assert not started.is_error, said(started)
        run = started.structured_content["run"]
        waited = await client.call_tool("wait", {"run": run, "timeout": 120}, progress_callback=on_progress)
        assert waited.structured_content["state"] == "ended"
        assert said(waited).endswith("Call compare.")
        assert waited.structured_content["says"].endswith("Call compare."), "some programs show no text"
        assert waited.structured_content["foreign"] == offers.FOREIGN
        assert progress[-1] == (2, 2)
        assert progress == sorted(set(progress))

        compared = await client.call_tool("compare", {"run": run})
        assert (compared.structured_content["kind"], compared.structured_content["choice"]) == ("comparison", 1)
        assert "best first: 1, 2. The best is 1." in said(compared)
        assert said(compared).startswith(offers.FOREIGN)

        patch = await client.call_tool("diff", {"run": run, "variation": 1})
        assert patch.structured_content["patch"].startswith("diff --git ")
        assert (patch.structured_content["cut"], patch.structured_content["bytes"] > 0) == (False, True)
        selected = await client.call_tool("select", {"run": run, "best": True})
        assert selected.structured_content["variation"] == 1
        assert f"aideator apply {run}" in said(selected)

        templates = (await client.list_resource_templates()).resource_templates
        assert [each.name for each in templates] == ["patch", "report", "team_patch"]
        whole = await client.read_resource(f"aideator://runs/{run}/variations/1/patch")
        assert whole.contents[0].text == patch.structured_content["patch"]  # type: ignore[union-attr]
        page = await client.read_resource(f"aideator://runs/{run}/report")
        assert page.contents[0].text.startswith("<!DOCTYPE html>")  # type: ignore[union-attr]
        assert (await client.call_tool("status")).structured_content["runs"][0]["selected"] == 1

    talk(home, conversation, "--allow-local-shell")


def test_an_agent_stops_what_it_has_started(home: Path, body: Body, tmp_path: Path) -> None:
    script = tmp_path / "long.yaml"
    script.write_text("- say: Waiting.\n  calls: [{tool: bash, arguments: {command: sleep 600}}]\n")
    runs = []

    async def conversation(client: Client) -> None:
        started = await client.call_tool("run", body(models=[f"scripted/{script}"], n=1, verify=[]))
        run = started.structured_content["run"]
        runs.append(run)
        still = await client.call_tool("wait", {"run": run, "timeout": 0.1})
        assert said(still).endswith("It has not ended yet: call wait again.")
        assert not (await client.call_tool("cancel", {"run": run})).is_error
        ended = await client.call_tool("wait", {"run": run, "timeout": 120})
        assert ended.structured_content["state"] == "ended"
        assert f"Run {run} (ended): 1 cancelled" in said(ended)

    talk(home, conversation, "--allow-local-shell")
    assert [result.outcome for result in Aideator(home).run(runs[0]).results()] == ["cancelled"]


def test_an_agent_gives_a_task_to_a_team_and_reads_its_patch(home: Path, asked: Asked) -> None:
    progress: list[str] = []

    async def on_progress(_done: float, _total: float | None, message: str | None) -> None:
        progress.append(message or "")

    async def conversation(client: Client) -> None:
        started = await client.call_tool("team", asked(allow_local_shell=True))
        assert not started.is_error, said(started)
        team = started.structured_content["team"]
        early = await client.call_tool("team_patch", {"team": team})
        assert (early.is_error, f"team {team} is still at work" in said(early)) == (True, True)
        over = await client.call_tool("team_status", {"team": team, "timeout": 300}, progress_callback=on_progress)
        assert (over.structured_content["state"], over.structured_content["reason"]) == ("succeeded", "")
        assert [task["id"] for task in over.structured_content["plan"]["tasks"]] == ["a", "b"]
        assert said(over).endswith(f"The user applies it with: aideator apply {team}")
        assert progress[0].endswith("steps have ended")
        patch = await client.call_tool("team_patch", {"team": team})
        assert "+A = 1" in patch.structured_content["patch"]
        whole = await client.read_resource(f"aideator://teams/{team}/patch")
        assert whole.contents[0].text == patch.structured_content["patch"]  # type: ignore[union-attr]
        newest = await client.call_tool("team_status")
        assert [each["team"] for each in newest.structured_content["teams"]] == [team]
        step = over.structured_content["steps"][0]["run"]
        assert (await client.call_tool("status", {"run": step})).structured_content["state"] == "ended"

    talk(home, conversation, "--allow-local-shell")


def test_an_agent_ends_the_team_that_it_has_started(home: Path, asked: Asked, world: World) -> None:
    world.script("plan", {"calls": [{"tool": "bash", "arguments": {"command": "sleep 600"}}]})

    async def conversation(client: Client) -> None:
        team = (await client.call_tool("team", asked(allow_local_shell=True))).structured_content["team"]
        still = await client.call_tool("team_status", {"team": team, "timeout": 0.1})
        assert said(still).endswith("It is not over yet: call team_status again.")
        ended = await client.call_tool("team_cancel", {"team": team})
        assert (ended.structured_content["state"], "It has no result." in said(ended)) == ("cancelled", True)

    talk(home, conversation, "--allow-local-shell")


def test_what_goes_wrong_is_a_tool_error_with_a_hint(home: Path, body: Body, asked: Asked) -> None:
    wrong: list[tuple[str, dict[str, Any], str, str]] = [
        ("status", {"run": "zzzzzzz"}, "there is no run zzzzzzz", "call status without run: it lists the newest"),
        ("run", {"repository": "."}, "prompt: Field required", "the tool's input schema says what it takes"),
        ("run", body(n=21), "n: Input should be less than or equal to 20", "the tool's input schema says"),
        ("run", body(shell="rm"), "shell: Extra inputs are not permitted", "the tool's input schema says"),
        ("wait", {"run": "zzzzzzz", "timeout": 1e9}, "timeout: Input should be less than or equal to 3600", "schema"),
        ("run", body(api_base="https://evil.example"), "may not set api_base", "aideator config set api_base URL"),
        ("run", body(models=[], agents=["/srv/a.yaml"]), "or name a script, or the file of an agent", "the user allows it"),
        ("run", body(), "may not run commands on this machine", "the user allows it with aideator mcp --allow-local-shell"),
        ("team", asked(), "may not name the file of a team", "the user allows it with aideator mcp --allow-local-shell"),
        ("team", asked(team="feature", api_base="https://evil.example"), "may not set api_base", "aideator config set"),
        ("team", asked(team="feature", allow_local_shell=True), "may not run commands on this machine", "the user allows it"),
        ("team", asked(team="mine", stages="stages: {a: {model: scripted/a.yaml}}"), "names the file 'scripted/a.yaml'", "name roles"),
        ("team_status", {"team": "zzzzzzz"}, "there is no team zzzzzzz", "call team_status without team: it lists the newest"),
    ]  # fmt: skip

    async def conversation(client: Client) -> None:
        for tool, given, text, hint in wrong:
            answer = await client.call_tool(tool, given)
            assert answer.is_error, tool
            message, _, advice = said(answer).partition("\nhint: ")
            assert text in message
            assert hint in advice
        for uri in ("aideator://runs/zzzzzzz/report", "aideator://teams/zzzzzzz/patch", "file:///etc/passwd"):
            with pytest.raises(MCPError, match="there is no "):
                await client.read_resource(uri)

    talk(home, conversation)


def test_a_long_patch_is_cut_and_says_so(home: Path, monkeypatch: Any) -> None:  # noqa: ARG001 -- the data folder
    class Core:
        async def read(self, *_: object) -> None: ...

        async def act(self, *_: object) -> bytes:
            return b"+" * (offers.LARGEST_PATCH + 1)

    async def tell(*_: object) -> None: ...

    work = offers.Work(Core(), None, shell=False)  # type: ignore[arg-type]
    diff = next(tool for tool in offers.TOOLS if tool.name == "diff")
    answer = asyncio.run(diff.act(work, diff.takes(run="k3v9x2q", variation=1), tell))  # type: ignore[call-arg]
    assert (answer.data["cut"], len(answer.data["patch"])) == (True, offers.LARGEST_PATCH)
    assert "cut after 49152. Whole: the resource aideator://runs/k3v9x2q/variations/1/patch" in answer.says


def test_it_ends_when_its_client_has_gone(home: Path) -> None:
    words = [sys.executable, "-m", "aideator_cli", "mcp"]
    ended = subprocess.run(
        words,
        check=False,
        input="",
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "AIDEATOR_HOME": str(home)},
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_without_the_sdk_it_says_what_to_install(aideator: Shell, monkeypatch: Any) -> None:
    monkeypatch.setitem(sys.modules, "mcp", None)
    monkeypatch.delitem(sys.modules, "aideator_cli.server.model_context", raising=False)
    missing = aideator("mcp")
    assert missing.code == 2
    assert "aideator mcp needs mcp, which is not installed" in missing.err
    assert f"hint: {adding('server')}" in missing.err
