"""MCP servers as ACP describes them to an agent, which starts or reaches them by itself."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from aideator_agent.mcp.server import McpServer, filled
from aideator_agent.verdict import failed

if TYPE_CHECKING:  # needs aiohttp
    from aideator_agent.proxy import KeyProxy


def described(servers: Sequence[McpServer], values: Mapping[str, str], proxy: "KeyProxy") -> list[dict[str, Any]]:
    """Returns MCP servers as ACP describes them. Those with an address are reached through the key proxy, which has their headers.

    Raises `Ended` if a variable has no value.
    """
    try:
        return [_server(server, values, proxy) for server in servers]
    except KeyError as error:
        raise failed("infrastructure", f"an MCP server needs {error.args[0]}, which has no value") from error


def by_proxy(name: str, proxy: "KeyProxy") -> dict[str, Any]:
    """Returns a server as ACP describes it that the key proxy serves, or reaches."""
    shown = _pairs({"Authorization": f"Bearer {proxy.token}"})
    return {"type": "http", "name": name, "url": proxy.server_url(name), "headers": shown}


def by_http(server: Mapping[str, Any]) -> bool:
    return "url" in server


def _server(server: McpServer, values: Mapping[str, str], proxy: "KeyProxy") -> dict[str, Any]:
    if server.command is None:
        return by_proxy(server.name, proxy)
    env = _pairs(filled(server.env, values))
    return {"name": server.name, "command": server.command, "args": list(server.args), "env": env}


def _pairs(texts: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in texts.items()]
