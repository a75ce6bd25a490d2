"""MCP servers: the file of `--mcp`, a JSON object `mcpServers` as other programs have it.

{"mcpServers": {
  "files": {"command": "npx", "args": ["-y", "@modelcontextprotocol/server-filesystem", "."], "env": {"MODE": "read"}},
  "tracker": {"type": "http", "url": "https://tracker.example/mcp", "headers": {"Authorization": "Bearer ${TRACKER_TOKEN}"}}
}}
"""

import json
import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from aideator_agent.mcp.server import VARIABLE, McpServer
from aideator_agent.spec import SEARCH, VariationSpec
from aideator_cli.errors import command, usage
from aideator_cli.intake.keys import GIT_TOKEN
from aideator_cli.intake.models import provider_keys
from aideator_cli.system.yaml_file import read_text

FIELDS: Final = ("type", "command", "args", "env", "url", "headers", "disabled")
IGNORED: Final = (
    "description",
    "autoApprove",
    "alwaysAllow",
    "trust",
    "timeout",
)  # what other programs have, and what changes no tool
TYPES: Final = {None: "", "stdio": "command", "http": "url", "streamable-http": "url", "streamableHttp": "url"}
MOST: Final = 20
EXAMPLE: Final = "docs/mcp.md has an example"
_NAME: Final = re.compile(r"(?!.*__)[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
_ENTRY: Final = re.compile(r"[A-Z_][A-Z0-9_]{0,99}")
_ENV: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_HEADER: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_SECRET: Final = re.compile(
    r"authorization|cookie|.*(token|secret|passw|credential|api[-_]?key|[-_]key)", re.IGNORECASE
)


def load(paths: Sequence[Path]) -> tuple[tuple[McpServer, ...], tuple[str, ...]]:
    """Returns the servers of all files, and what the user should know of them. Raises `AideatorError` (usage)."""
    servers: dict[str, McpServer] = {}
    remarks: list[str] = []
    for path in paths:
        for name, entry in _entries(path).items():
            where = f"MCP file {path}, {name}"
            if name in servers:
                raise usage(f"{where}: another file has a server of this name", "rename one of them")
            server = _server(where, name, entry)
            if server is not None:
                servers[name] = server
                remarks += _remarks(server, entry)
    if len(servers) > MOST:
        raise usage(f"{len(servers)} MCP servers are too many; a run takes at most {MOST}")
    return tuple(servers.values()), tuple(remarks)


def deaf(servers: Sequence[McpServer], variations: Sequence[VariationSpec], search: str) -> tuple[str, ...]:
    """Returns a remark on each coding agent of another maker that takes no servers, and so no search."""
    agents = [each for each in variations if each.agent is not None and each.agent.protocol == "text"]
    names = dict.fromkeys(each.agent_name for each in agents if servers)
    searching = dict.fromkeys(each.agent_name for each in agents if search == "all" or SEARCH in (each.tools or ()))
    return (
        *(f"{name} gets no tools of MCP servers: it does not speak ACP" for name in names),
        *(f"{name} gets no {SEARCH}: it does not speak ACP" for name in searching),
    )


def _entries(path: Path) -> Mapping[str, Any]:
    try:
        data = json.loads(read_text(path, "MCP file"))
    except json.JSONDecodeError as error:
        raise usage(
            f"MCP file {path}, line {error.lineno}: {error.msg}", "the file must be JSON without comments"
        ) from error
    except RecursionError as error:
        raise usage(f"MCP file {path} is nested too deeply") from error
    servers = data.get("mcpServers") if isinstance(data, dict) else None
    if not isinstance(servers, dict) or not servers:
        other = "; VS Code's `servers` is another form" if isinstance(data, dict) and "servers" in data else ""
        raise usage(f"MCP file {path} must have an object `mcpServers` with a server or more{other}", EXAMPLE)
    return servers


def _server(where: str, name: str, entry: Any) -> McpServer | None:
    """Returns None for a server that is disabled."""
    if not _NAME.fullmatch(name):
        raise usage(f"{where}: a server's name has up to 32 letters, digits, - and single _", "rename it in the file")
    if not isinstance(entry, dict):
        raise usage(f"{where}: a server is an object with `command` or `url`", EXAMPLE)
    for field in entry:
        if field not in (*FIELDS, *IGNORED):
            near = get_close_matches(field, FIELDS, n=1, cutoff=0.6)
            guess = f"did you mean {near[0]}? " if near else ""
            raise usage(f"{where}: unknown field '{field}'", f"{guess}fields: {', '.join(FIELDS)}")
    if entry.get("disabled") is True:
        return None
    _check_type(where, entry)
    if "url" in entry:
        return McpServer(name, url=_url(where, entry["url"]), headers=_texts(where, entry, "headers", _HEADER))
    return _program(where, name, entry)


def _program(where: str, name: str, entry: Mapping[str, Any]) -> McpServer:
    args = entry.get("args", [])
    if not isinstance(args, list) or not all(isinstance(arg, str) and "\0" not in arg for arg in args):
        raise usage(f"{where}: args takes a list of texts", EXAMPLE)
    for text in (entry["command"], *args):
        _without_variables(where, text)
    server = McpServer(name, command=entry["command"], args=tuple(args), env=_texts(where, entry, "env", _ENV))
    for variable in server.variables:
        if variable in provider_keys():
            raise usage(
                f"{where}: {variable} is a provider's key, which must not be where the model's commands run",
                "leave it out of env",
            )
    return server


def _check_type(where: str, entry: Mapping[str, Any]) -> None:
    given = entry.get("type")
    if given == "sse":
        raise usage(
            f"{where}: the type sse was replaced by streamable HTTP",
            'write "type": "http" with the server\'s URL for it',
        )
    if given not in TYPES:
        raise usage(f"{where}: unknown type {given!r}", "types: stdio, http")
    both = [field for field in ("command", "url") if isinstance(entry.get(field), str) and entry[field].strip()]
    if len(both) != 1 or TYPES[given] not in ("", both[0]):
        wanted = TYPES[given] or "either `command` or `url`"
        raise usage(f"{where}: a server has {wanted}, a text", EXAMPLE)
    wrong = [field for field in (("args", "env") if both == ["url"] else ("headers",)) if entry.get(field)]
    if wrong:
        raise usage(f"{where}: {wrong[0]} has no meaning beside {both[0]}", EXAMPLE)


def _url(where: str, url: str) -> str:
    _without_variables(where, url)
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and url.isprintable() and " " not in url
    except ValueError:
        known = False
    if not known:
        raise usage(f"{where}: url takes an http or https URL, not {url!r}")
    if parts.username or parts.password:
        raise usage(f"{where}: a URL must not hold a password", "put it into headers, as ${NAME}")
    return url


def _texts(where: str, entry: Mapping[str, Any], field: str, names: re.Pattern[str]) -> Mapping[str, str]:
    found = entry.get(field, {})
    if not isinstance(found, dict):
        raise usage(f"{where}: {field} takes an object of names and texts", EXAMPLE)
    for name, value in found.items():
        if not names.fullmatch(name):
            raise usage(f"{where}: {name!r} is no name for {field}")
        if (
            not isinstance(value, str)
            or "\0" in value
            or (field == "headers" and not (value.isprintable() and value.isascii()))
        ):
            raise usage(f"{where}: {field}: {name} takes a text on one line")
        _check_value(where, field, name, value)
    return found


def _check_value(where: str, field: str, name: str, value: str) -> None:
    if "${" in VARIABLE.sub("", value):
        raise usage(
            f"{where}: {field}: {name} has a variable in a form that AIdeator doesn't know",
            "write ${NAME} or ${NAME:-DEFAULT}",
        )
    variables = [found[1] for found in VARIABLE.finditer(value)]
    if value and not variables and _SECRET.match(name):
        own = name.upper().replace("-", "_")
        raise usage(
            f"{where}: {field}: {name} looks like a secret, which must not be in the file",
            (f"write ${{{own}}} there, and store it: ", command("secret", "set", own)),
        )
    for variable in variables:
        if not _ENTRY.fullmatch(variable) or variable == GIT_TOKEN or variable.startswith("AIDEATOR_"):
            raise usage(
                f"{where}: {field}: {name}: {variable} can't be used here",
                "name an entry of the Secret in capital letters, such as TRACKER_TOKEN",
            )


def _without_variables(where: str, text: str) -> None:
    if "${" in text:
        raise usage(f"{where}: only env and headers take variables, and {text!r} is neither")


def _remarks(server: McpServer, entry: Mapping[str, Any]) -> list[str]:
    found = [f"MCP server {server.name}: AIdeator ignores {field}" for field in IGNORED if field in entry]
    if server.command and server.variables:
        found.append(
            f"MCP server {server.name} runs where the model's commands run: they can read {', '.join(server.variables)}"
        )
    if server.url and server.url.startswith("http:") and server.variables:
        found.append(f"MCP server {server.name} gets {', '.join(server.variables)} unencrypted")
    return found
