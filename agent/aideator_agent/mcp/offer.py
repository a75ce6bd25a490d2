"""A tool that AIdeator offers to other programs: what the Model Context Protocol (MCP) has a server with this one tool say."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from aideator_agent import __version__, pieces
from aideator_agent.excerpt import excerpt
from aideator_agent.values import frozen

VERSIONS: Final = ("2025-06-18", "2025-03-26", "2024-11-05")
NOT_A_REQUEST: Final = -32600
NO_SUCH_METHOD: Final = -32601
BAD_PARAMETERS: Final = -32602

Message = dict[str, Any]
Arguments = Mapping[str, str]


class Wrong(Exception):
    """The tool has no answer to this call. The text tells the model why."""


@frozen
class Called:
    """A call of the tool, which is to be answered with `result`."""

    id: Any
    arguments: Arguments  # all of the tool's; those that the call leaves out are empty


@frozen
class Offer:
    """A tool that changes nothing. Every argument is a text of at most `longest` characters."""

    program: str  # what the server calls itself
    tool: str
    description: str
    arguments: tuple[str, ...]
    required: tuple[str, ...] = ()
    longest: int = 2000

    def answered(self, message: Any, answer: Callable[[Arguments], str]) -> Message | None:
        """Returns the answer to a message of JSON-RPC. None for one that wants none. Raises what `answer` raises but `Wrong`."""
        try:
            heard = self.heard(message)
            return self.result(heard.id, answer(heard.arguments)) if isinstance(heard, Called) else heard
        except Wrong as wrong:
            return self.result(message["id"], str(wrong), failed=True)

    def heard(self, message: Any) -> Called | Message | None:
        """Returns the call that the message is, else what it is answered with. Raises `Wrong` for a call with arguments that can't be."""
        if not isinstance(message, dict) or not isinstance(message.get("method"), str):
            is_answer = isinstance(message, dict) and "id" in message
            return None if is_answer else _error(None, NOT_A_REQUEST, "this is no request")
        if "id" not in message:
            return None
        id_, method, given = message["id"], message["method"], message.get("params")
        if isinstance(id_, dict | list):
            return _error(None, NOT_A_REQUEST, "the id is neither a text nor a number")
        parameters: Mapping[str, Any] = given if isinstance(given, dict) else {}
        match method:
            case "initialize":
                return _result(id_, self._greeting(parameters.get("protocolVersion")))
            case "ping":
                return _result(id_, {})
            case "tools/list":
                return _result(id_, {"tools": [self._described()]})
            case "tools/call":
                return self._called(id_, parameters)
        return _error(id_, NO_SUCH_METHOD, f"{method[:100]} is not offered")

    def result(self, id_: Any, text: str, *, failed: bool = False) -> Message:
        text = pieces.clean(text if failed else excerpt(text))
        return _result(id_, {"content": [{"type": "text", "text": text}], "isError": failed})

    def _greeting(self, wanted: Any) -> Message:
        info = {"name": self.program, "version": __version__}
        version = wanted if wanted in VERSIONS else VERSIONS[0]
        return {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": info}

    def _described(self) -> Message:
        properties = {name: {"type": "string"} for name in self.arguments}
        schema = {
            "type": "object",
            "properties": properties,
            **({"required": list(self.required)} if self.required else {}),
        }
        hints = {"readOnlyHint": True}
        return {"name": self.tool, "description": self.description, "inputSchema": schema, "annotations": hints}

    def _called(self, id_: Any, parameters: Mapping[str, Any]) -> Called | Message:
        arguments = parameters.get("arguments") or {}
        if parameters.get("name") != self.tool or not isinstance(arguments, dict):
            return _error(id_, BAD_PARAMETERS, f"there is one tool: {self.tool}")
        if missing := [name for name in self.required if arguments.get(name) is None]:
            raise Wrong(f"{self.tool} needs {' and '.join(missing)}.")
        return Called(id_, {name: self._text(arguments, name) for name in self.arguments})

    def _text(self, arguments: Mapping[str, Any], name: str) -> str:
        value = arguments.get(name)
        if value is None:
            return ""
        if not isinstance(value, str) or len(value) > self.longest or "\0" in value:
            raise Wrong(f"{name} must be a text of at most {self.longest:,} characters.")
        return value


def _result(id_: Any, result: Mapping[str, Any]) -> Message:
    return {"jsonrpc": "2.0", "id": id_, "result": result}


def _error(id_: Any, code: int, message: str) -> Message:
    return {"jsonrpc": "2.0", "id": id_, "error": {"code": code, "message": message}}
