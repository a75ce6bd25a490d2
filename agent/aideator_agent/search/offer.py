"""The tool as a model sees it, and its calls as the Model Context Protocol has them."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from aideator_agent import __version__, pieces
from aideator_agent.excerpt import excerpt
from aideator_agent.spec import SEARCH

SERVER: Final = "repository"  # as agents that are programs call it
DESCRIPTION: Final = (
    "Finds code by words or identifiers: ranks the repository's files by their text, names and definitions, and shows the best lines with"
    " their numbers. Words in double quotes must stand in the file as they are. `path`: a folder or file to search. Without `query`: a map"
    " of the repository."
)
TYPES: Final = {"query": "string", "path": "string"}
VERSIONS: Final = ("2025-06-18", "2025-03-26", "2024-11-05")
NOT_A_REQUEST: Final = -32600
NO_SUCH_METHOD: Final = -32601
BAD_PARAMETERS: Final = -32602
LONGEST: Final = 2000  # characters of a query or a path


class Wrong(Exception):
    """The question can't be answered as it is. The text tells the model why."""


Answering = Callable[[str, str], str]  # query and path; raises `Wrong`


def answered(message: Any, answer: Answering) -> dict[str, Any] | None:
    """Returns the answer to a message of JSON-RPC. None for one that wants none. Raises what `answer` raises but `Wrong`."""
    if not isinstance(message, dict) or not isinstance(message.get("method"), str):
        return (
            None if isinstance(message, dict) and "id" in message else _error(None, NOT_A_REQUEST, "this is no request")
        )
    if "id" not in message:
        return None
    id_, method = message["id"], message["method"]
    given = message.get("params")
    parameters: Mapping[str, Any] = given if isinstance(given, dict) else {}
    if method == "initialize":
        wanted = parameters.get("protocolVersion")
        info = {"name": "aideator-search", "version": __version__}
        return _result(id_, {
            "protocolVersion": wanted if wanted in VERSIONS else VERSIONS[0], "capabilities": {"tools": {}}, "serverInfo": info,
        })  # fmt: skip
    if method == "ping":
        return _result(id_, {})
    if method == "tools/list":
        return _result(id_, {"tools": [_described()]})
    if method != "tools/call":
        return _error(id_, NO_SUCH_METHOD, f"{method[:100]} is not offered")
    arguments = parameters.get("arguments") or {}
    if parameters.get("name") != SEARCH or not isinstance(arguments, dict):
        return _error(id_, BAD_PARAMETERS, f"there is one tool: {SEARCH}")
    try:
        text, failed = excerpt(answer(_text(arguments, "query"), _text(arguments, "path"))), False
    except Wrong as wrong:
        text, failed = str(wrong), True
    return _result(id_, {"content": [{"type": "text", "text": pieces.clean(text)}], "isError": failed})


def _described() -> dict[str, Any]:
    properties = {name: {"type": kind} for name, kind in TYPES.items()}
    schema = {"type": "object", "properties": properties}
    return {"name": SEARCH, "description": DESCRIPTION, "inputSchema": schema, "annotations": {"readOnlyHint": True}}


def _text(arguments: Mapping[str, Any], name: str) -> str:
    value = arguments.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > LONGEST or "\0" in value:
        raise Wrong(f"{name} must be a text of at most {LONGEST:,} characters.")
    return value


def _result(id_: Any, result: Mapping[str, Any]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": id_, "result": result}


def _error(id_: Any, code: int, message: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": id_, "error": {"code": code, "message": message}}
