"""Offers the tools to clients of the Model Context Protocol: one that started this process, over stdin and stdout, and others over HTTP."""

import asyncio
import logging
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from importlib.metadata import version
from typing import Any, Final

import mcp_types as types
from mcp import MCPError
from mcp.server import Server, ServerRequestContext
from mcp.server.stdio import stdio_server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from pydantic import ValidationError
from starlette.types import ASGIApp

from aideator_cli.actions.here import Here
from aideator_cli.errors import AideatorError, written
from aideator_cli.server import offers, team_offers
from aideator_cli.server.core import Core
from aideator_cli.server.followers import Followers
from aideator_cli.server.followers.teams import TeamMovers
from aideator_cli.server.gate import LARGEST_BODY
from aideator_cli.server.problems import Problem
from aideator_cli.text.clean import clean

INSTRUCTIONS: Final = (
    "AIdeator gives one task to several coding agents and checks their patches. The usual order: run, wait until it has ended, "
    "compare, diff of the best, select. Tell the user why the best is the best, and the command that applies it. For what is too "
    "much for one agent: team, team_status until it is over, team_patch. " + offers.FOREIGN
)
PATCH: Final = re.compile(r"aideator://runs/([a-z][a-z0-9]{0,20})/variations/([0-9]{1,4})/patch")
TEAM_PATCH: Final = re.compile(r"aideator://teams/([a-z][a-z0-9]{0,20})/patch")
REPORT: Final = re.compile(r"aideator://runs/([a-z][a-z0-9]{0,20})/report")
NAMED: Final = 10  # mistakes in one call

_log: Final = logging.getLogger(__name__)
_TOOLS: Final = {tool.name: tool for tool in (*offers.TOOLS, *team_offers.TOOLS)}


def serve(here: Here, *, shell: bool) -> None:
    """Serves until stdin ends, or a signal ends the process. `shell`: whether tools may start what runs commands on this machine."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_DFL)  # the thread that reads stdin can't be interrupted
    asyncio.run(_serve(here, shell))


async def _serve(here: Here, shell: bool) -> None:
    core, followers = Core(here), Followers(here)
    movers = TeamMovers(here, followers.look)
    for part in (followers, movers):
        part.start()
    try:
        offered = server(offers.Work(core, followers, shell))
        async with stdio_server() as (incoming, outgoing):
            await offered.run(incoming, outgoing, offered.create_initialization_options())
    finally:
        for part in (movers, followers):
            await asyncio.to_thread(part.stop)
        core.close()


@asynccontextmanager
async def served(work: offers.Work) -> AsyncIterator[ASGIApp]:
    """Yields the application that speaks the protocol over HTTP. It keeps nothing between two requests, so any replica may answer.

    Each request's state has its `caller`.
    """
    manager = StreamableHTTPSessionManager(server(work), stateless=True, max_request_body_size=LARGEST_BODY)
    async with manager.run():
        yield manager.handle_request


def server(work: offers.Work) -> Server[Any]:
    async def call(context: ServerRequestContext[Any, Any], asked: types.CallToolRequestParams) -> types.CallToolResult:
        async def tell(ended: int, all_of_them: int, what: str) -> None:
            await context.session.report_progress(ended, all_of_them, f"{ended} of {all_of_them} {what} have ended")

        return await _called(_work_of(work, context), asked, tell)

    async def read(
        context: ServerRequestContext[Any, Any], asked: types.ReadResourceRequestParams
    ) -> types.ReadResourceResult:
        return await _read(_work_of(work, context), str(asked.uri))

    async def list_tools(context: ServerRequestContext[Any, Any], _asked: object) -> types.ListToolsResult:
        caller = _work_of(work, context).caller
        return types.ListToolsResult(
            tools=[_described(tool) for tool in _TOOLS.values() if tool.scope in caller.scopes]
        )

    return Server(
        "aideator",
        version=version("aideator"),
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call,
        on_list_resources=_list_resources,
        on_list_resource_templates=_list_templates,
        on_read_resource=read,
    )


def _work_of(work: offers.Work, context: ServerRequestContext[Any, Any]) -> offers.Work:
    """Returns the same for who has sent this request. Over stdin it is whoever started this process."""
    request: Any = context.request
    if request is None:
        return work
    return replace(work, caller=request.state.caller, check=request.state.check, noted=request.state.noted)


def _described(tool: offers.Tool) -> types.Tool:
    hints = types.ToolAnnotations(read_only_hint=tool.reads, destructive_hint=tool.stops, open_world_hint=tool.starts)
    return types.Tool(
        name=tool.name,
        description=tool.description,
        input_schema=tool.takes.model_json_schema(),
        output_schema={"type": "object"},
        annotations=hints,
    )


async def _list_resources(_context: object, _asked: object) -> types.ListResourcesResult:
    return types.ListResourcesResult(resources=[])


async def _list_templates(_context: object, _asked: object) -> types.ListResourceTemplatesResult:
    patch = types.ResourceTemplate(
        name="patch",
        uri_template=offers.patch_uri("{run}", "{variation}"),
        mime_type="text/x-patch",
        description="The whole patch of a variation.",
    )
    report = types.ResourceTemplate(
        name="report",
        uri_template="aideator://runs/{run}/report",
        mime_type="text/html",
        description="A run as one HTML page: comparison, patches, time lines, checks and costs.",
    )
    of_team = types.ResourceTemplate(
        name="team_patch",
        uri_template=team_offers.patch_uri("{team}"),
        mime_type="text/x-patch",
        description="The whole patch of a team's result.",
    )
    return types.ListResourceTemplatesResult(resource_templates=[patch, report, of_team])


async def _called(work: offers.Work, asked: types.CallToolRequestParams, tell: offers.Tell) -> types.CallToolResult:
    tool = _TOOLS.get(asked.name)
    if tool is None:
        raise MCPError(types.INVALID_PARAMS, f"there is no tool {clean(asked.name)[:80]}")
    if not tool.reads:
        work.noted["tool"] = tool.name
    if tool.scope not in work.caller.scopes:
        return _failed(f"this token may not do that: it needs the scope {tool.scope}")
    try:
        answer = await tool.act(work, tool.takes.model_validate(asked.arguments or {}), tell)
    except ValidationError as error:
        return _failed(_mistakes(error))
    except (AideatorError, Problem) as error:
        return _failed(_words(error))
    except Exception as error:
        _log.exception("the tool %s failed", tool.name)
        return _failed(f"AIdeator itself failed: {type(error).__name__}: {error}")
    says = clean(answer.says)
    text = "\n".join(filter(None, (offers.FOREIGN, says, clean(answer.more))))
    told = {
        "says": says,
        "foreign": offers.FOREIGN,
        **answer.data,
    }  # some programs give the model these alone, and no text
    return types.CallToolResult(content=[types.TextContent(text=text)], structured_content=told)


async def _read(work: offers.Work, uri: str) -> types.ReadResourceResult:
    try:
        if found := PATCH.fullmatch(uri):
            patch = await offers.patch(work, found[1], int(found[2]))
            return _contents(uri, patch.decode(errors="replace"), "text/x-patch")
        if found := TEAM_PATCH.fullmatch(uri):
            return _contents(
                uri, (await team_offers.patch_of_team(work, found[1])).decode(errors="replace"), "text/x-patch"
            )
        if found := REPORT.fullmatch(uri):
            return _contents(uri, await offers.report(work, found[1]), "text/html")
    except (AideatorError, Problem) as error:
        raise MCPError(types.INVALID_PARAMS, _words(error), {"uri": uri}) from error
    text = f"there is no resource {clean(uri)[:200]}\nhint: the resource templates say which there are"
    raise MCPError(types.INVALID_PARAMS, text, {"uri": uri})


def _contents(uri: str, text: str, kind: str) -> types.ReadResourceResult:
    return types.ReadResourceResult(contents=[types.TextResourceContents(uri=uri, text=text, mime_type=kind)])


def _words(error: AideatorError | Problem) -> str:
    message = error.message if isinstance(error, AideatorError) else error.detail
    hint = error.advice if isinstance(error, AideatorError) else error.hint
    return clean(message if hint is None else f"{message}\nhint: {written(hint)}")


def _mistakes(error: ValidationError) -> str:
    found = error.errors(include_input=False, include_url=False)
    told = [f"{'.'.join(map(str, each['loc'])) or 'the arguments'}: {each['msg']}" for each in found[:NAMED]]
    more = [f"and {len(found) - NAMED} more mistakes"] if len(found) > NAMED else []
    return clean("; ".join([*told, *more])) + "\nhint: the tool's input schema says what it takes"


def _failed(text: str) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(text=text)], is_error=True)
