"""A tool of an MCP server, made safe to offer to a model: its name, its description and its schema are foreign and bounded."""

import hashlib
import re
from collections.abc import Collection, Mapping
from typing import Any, Final

from aideator_agent import pieces
from aideator_agent.values import frozen

LONGEST_NAME: Final = 64  # characters; what providers take
LONGEST_DESCRIPTION: Final = 2000
SCHEMA_BYTES: Final = 16 * 1024
SCHEMA_DEPTH: Final = 20
CUT: Final = " …"


@frozen
class Tool:
    shown: str  # the name that the model uses: SERVER__TOOL
    server: str
    name: str  # the server's own
    description: str
    parameters: Mapping[str, Any]

    def schema(self) -> dict[str, Any]:
        """Returns the schema in the form of OpenAI's API."""
        function = {"name": self.shown, "description": self.description, "parameters": self.parameters}
        return {"type": "function", "function": function}


def tool(server: str, listed: object, taken: Collection[str]) -> Tool | str:
    """Returns the tool that a server lists, under a name that is not taken yet; or why it can't be offered."""
    if not isinstance(listed, dict) or not isinstance(listed.get("name"), str) or not listed["name"].strip():
        return "a tool without a name"
    name = listed["name"]
    parameters = listed.get("inputSchema", {})
    if not isinstance(parameters, dict) or not _shallow(parameters, SCHEMA_DEPTH):
        return f"{_short(name)}, whose arguments nobody can describe to a model"
    parameters = pieces.clean({"type": "object", "properties": {}, **parameters})
    if len(pieces.encoded(parameters)) > SCHEMA_BYTES:
        return f"{_short(name)}, whose schema has more than {SCHEMA_BYTES:,} bytes"
    description = listed.get("description") if isinstance(listed.get("description"), str) else listed.get("title")
    return Tool(_unique(server, name, taken), server, name, _described(description), parameters)


def _described(text: object) -> str:
    told = pieces.clean(text).strip() if isinstance(text, str) else ""
    return told if len(told) <= LONGEST_DESCRIPTION else told[:LONGEST_DESCRIPTION] + CUT


def _unique(server: str, name: str, taken: Collection[str]) -> str:
    """Returns a name that every provider takes. One that had to be changed gets a mark, so that two of them can't become one."""
    plain = f"{server}__{re.sub(r'[^A-Za-z0-9_-]', '_', name)}"
    if plain == f"{server}__{name}" and len(plain) <= LONGEST_NAME and plain not in taken:
        return plain
    mark = hashlib.sha256(name.encode(errors="replace")).hexdigest()[:6]
    return f"{plain[: LONGEST_NAME - 7]}_{mark}"


def _shallow(value: object, depth: int) -> bool:
    if depth == 0:
        return False
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return all(_shallow(part, depth - 1) for part in parts)


def _short(name: str) -> str:
    return " ".join(str(pieces.clean(name)).split())[:60]
