"""One MCP server from its greeting to its end: which tools it has, and what they answer."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from aideator_agent import __version__, pieces
from aideator_agent.mcp.link import Failed, Link
from aideator_agent.programs.messages import Gone, Refused, Silent
from aideator_agent.values import frozen

VERSION: Final = "2025-06-18"
VERSIONS: Final = ("2024-11-05", "2025-03-26", VERSION, "2025-11-25")  # which differ in nothing that is used here
PAGES: Final = 20  # of the list of tools
BEGIN_SECONDS: Final = 60.0  # for each of the first answers: npx may have to fetch the server


@frozen
class Called:
    """What a tool answered."""

    text: str
    failed: bool = False
    reason: str = "exited"  # as of a command: exited, timeout or lost


class Client:
    def __init__(self, name: str, connect: Callable[[], Link], seconds: float = BEGIN_SECONDS) -> None:
        self.name = name
        self._connect = connect
        self._seconds = seconds
        self._link: Link | None = None

    def begin(self) -> None:
        """Greets the server. Raises `Failed`, or `Ended`."""
        self._link = link = self._connect()
        mine = {"name": "aideator", "version": __version__}
        answer = self._first(link, "initialize", {"protocolVersion": VERSION, "capabilities": {}, "clientInfo": mine})
        version = answer.get("protocolVersion")
        if version not in VERSIONS:
            raise Failed(
                f"it speaks version {str(version)[:20]} of MCP, and AIdeator speaks {', '.join(VERSIONS)}; use another version of it"
            )
        link.agreed(version)
        link.tell("notifications/initialized", {})

    def listed(self) -> Iterator[object]:
        """Yields the tools as the server describes them. Raises `Failed`, or `Ended`."""
        assert self._link is not None
        cursor = None
        for _ in range(PAGES):
            answer = self._first(self._link, "tools/list", {} if cursor is None else {"cursor": cursor})
            tools = answer.get("tools")
            yield from tools if isinstance(tools, list) else ()
            cursor = answer.get("nextCursor")
            if not isinstance(cursor, str) or not cursor:
                return

    def call(self, tool: str, arguments: Mapping[str, Any], seconds: float) -> Called:
        """A server that has gone is started again, once for each call. Raises `Ended`."""
        try:
            if self._link is None:
                self.begin()
            assert self._link is not None
            return _called(self._link.ask("tools/call", {"name": tool, "arguments": arguments}, seconds))
        except Refused as refused:
            return Called(f"[{self.name} refused the call: {refused}]", failed=True)
        except Silent:
            self.close()
            return Called(f"[{self.name} did not answer within {seconds:g} seconds]", failed=True, reason="timeout")
        except Gone:
            told = self._link.complaint() if self._link else ""
            self.close()
            return Called(
                f"[{self.name} ended during the call{told}; the next call starts it again]", failed=True, reason="lost"
            )
        except Failed as failed:
            self.close()
            return Called(f"[{self.name} can't be used: {failed}]", failed=True, reason="lost")

    def close(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None

    def _first(self, link: Link, method: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            return link.ask(method, params, self._seconds)
        except Silent:
            raise Failed(f"it did not answer `{method}` within {self._seconds:g} seconds{link.complaint()}") from None
        except Gone:
            raise Failed(f"it ended before it answered `{method}`{link.complaint()}") from None
        except Refused as refused:
            raise Failed(f"it refused `{method}`: {refused}") from None


def _called(answer: Mapping[str, Any]) -> Called:
    content = answer.get("content")
    parts = [_part(part) for part in content] if isinstance(content, list) else []
    if not any(parts) and "structuredContent" in answer:
        parts = [pieces.encoded(pieces.clean(answer["structuredContent"]))]
    return Called("\n".join(part for part in parts if part), failed=answer.get("isError") is True)


def _part(part: object) -> str:
    """Returns a part of an answer as text. What is no text is named."""
    if not isinstance(part, dict):
        return ""
    kind, resource = part.get("type"), part.get("resource")
    if kind == "text" and isinstance(part.get("text"), str):
        return str(part["text"])
    if kind == "resource" and isinstance(resource, dict) and isinstance(resource.get("text"), str):
        return str(resource["text"])
    if kind == "resource_link":
        return f"[{str(part.get('name'))[:100]}: {str(part.get('uri'))[:500]}]"
    return f"[{str(kind)[:40]} of type {str(part.get('mimeType'))[:60]}, which is not shown]"
