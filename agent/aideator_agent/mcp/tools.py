"""The tools of all MCP servers of an attempt, as the loop offers and calls them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any, Final

from aideator_agent import pieces
from aideator_agent.emitter import Emitter
from aideator_agent.interrupts import Interrupts
from aideator_agent.mcp.address import AddressLink
from aideator_agent.mcp.client import BEGIN_SECONDS, Called, Client
from aideator_agent.mcp.link import Failed, Link
from aideator_agent.mcp.program import ProgramLink
from aideator_agent.mcp.server import McpServer, filled
from aideator_agent.mcp.tool import Tool, tool
from aideator_agent.shell import Shell
from aideator_agent.verdict import failed

MOST: Final = 100  # tools of all servers together: providers take 128
SCHEMAS_BYTES: Final = 128 * 1024  # of all of them, which every request to the model carries
TOLD: Final = 5  # tools that are left out, each named


class McpTools:
    def __init__(
        self, servers: Sequence[McpServer], values: Mapping[str, str], shell: Callable[[], Shell], emitter: Emitter,
        interrupts: Interrupts, seconds: float, allowed: Collection[str] | None = None, patience: float = BEGIN_SECONDS,
    ) -> None:  # fmt: skip
        """`values`: what the servers' variables stand for. `shell`: opens the place where programs run. `seconds`: of one call.
        `allowed`: names of servers and of tools that the model's role has; None: all."""
        self._values = values
        self._shell = shell
        self._emitter = emitter
        self._interrupts = interrupts
        self._seconds = seconds
        self._allowed = allowed
        self._tools: dict[str, Tool] = {}
        self._bytes = 0
        self._left_out: list[str] = []
        self._clients = {
            server.name: Client(server.name, partial(self._link, server), patience)
            for server in servers
            if self._wants(server.name)
        }

    def begin(self) -> None:
        """Starts the servers and lists their tools. Raises `Ended` (failed/infrastructure) if one can't be used."""
        for client in self._clients.values():
            try:
                client.begin()
                for listed in client.listed():
                    self._take(client.name, listed)
            except Failed as error:
                reason = f"MCP server {client.name}: {error}"
                raise failed("infrastructure", reason) from error
        self._tell()

    @property
    def names(self) -> list[str]:
        return list(self._tools)

    def schemas(self) -> list[dict[str, Any]]:
        return [each.schema() for each in self._tools.values()]

    def call(self, name: str, arguments: Mapping[str, Any]) -> Called:
        """Raises `Ended` when the attempt is over."""
        found = self._tools[name]
        called = self._clients[found.server].call(found.name, arguments, self._seconds)
        if called.reason != "exited":
            self._emitter.notice("warning", f"MCP server {found.server}: {called.text[1:-1]}")
        return called

    def close(self) -> None:
        for client in self._clients.values():
            client.close()

    def _link(self, server: McpServer) -> Link:
        try:
            if server.command is None:
                return AddressLink(server, filled(server.headers, self._values), self._interrupts.check)
            env = filled(server.env, self._values)
        except KeyError as error:
            raise Failed(
                f"it needs {error.args[0]}, which has no value; store it with `aideator secret set`"
            ) from error
        return ProgramLink(server, env, self._shell(), self._emitter, self._interrupts.check, self._interrupts.stop)

    def _wants(self, server: str) -> bool:
        """Whether the role has any tool of this server."""
        return self._allowed is None or any(name.partition("__")[0] == server for name in self._allowed)

    def _take(self, server: str, listed: object) -> None:
        found = tool(server, listed, self._tools)
        if isinstance(found, str):
            self._left_out.append(found)
            return
        if self._allowed is not None and not {server, found.shown} & {*self._allowed}:
            return
        size = len(pieces.encoded(found.schema()))
        if found.shown in self._tools or len(self._tools) >= MOST or self._bytes + size > SCHEMAS_BYTES:
            self._left_out.append(found.shown)
            return
        self._bytes += size
        self._tools[found.shown] = found

    def _tell(self) -> None:
        for client in self._clients:
            count = sum(each.server == client for each in self._tools.values())
            self._emitter.notice("info", f"MCP server {client} offers {count} {'tool' if count == 1 else 'tools'}.")
        if self._left_out:
            named = "; ".join(self._left_out[:TOLD])
            more = f"; and {len(self._left_out) - TOLD} more" if len(self._left_out) > TOLD else ""
            self._emitter.notice(
                "warning", f"Some tools of MCP servers are not offered: {named}{more}. There can be {MOST} in all."
            )
