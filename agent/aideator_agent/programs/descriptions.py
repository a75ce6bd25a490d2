"""Reads tool calls as agents describe them over ACP, each in its own way, into the tools that our own loop has."""

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aideator_agent import pieces

PATHS: Final = ("path", "file_path", "filePath", "abs_path", "absolute_path", "filename")
OLD: Final = ("old_string", "oldString", "old_str", "old")
NEW: Final = ("new_string", "newString", "new_str", "new")
ARGUMENT: Final = 64 * 1024  # bytes of one argument in events
OTHERS: Final = 10  # arguments of a tool that we do not know
FENCED: Final = re.compile(r"```[\w-]*\n(.*?)\n?```\s*", re.DOTALL)
CODEX_MCP: Final = re.compile(r"mcp\.[\w-]+\.[\w-]+")  # a call of an MCP server's tool, which Codex takes for a command
EXIT_CODE: Final = re.compile(r"\s*Exit code (\d{1,3})\b\n?")

Fields = Mapping[str, Any]


def described(fields: Fields, root: str) -> tuple[str, dict[str, Any]]:
    """Returns the tool and its arguments. `root` is the checkout's folder, which paths lose."""
    given = _dictionary(fields.get("rawInput"))
    title = string(fields.get("title"))
    kind = "other" if CODEX_MCP.fullmatch(title) else string(fields.get("kind")) or "other"
    path = _path(fields, given, root)
    if kind == "execute" and (command := _command(given) or title.strip("`")):
        return "bash", {"command": _short(command)}
    if kind == "read" and path:
        return "read_file", {"path": path}
    if kind == "edit" and path:
        return _edit(fields, given, path)
    name = kind if kind not in ("other", "think") else title.split(" ")[0][:60] or "tool"
    rest = {key: _short(value) for key, value in list(given.items())[:OTHERS]}
    return name, {**({"title": title[:500]} if title else {}), **({"path": path} if path else {}), **rest}


def output_of(fields: Fields) -> str:
    """Returns what a call has printed so far, as far as its content or its raw output says."""
    texts = [_text(part) for part in _list(fields.get("content"))]
    text = "\n".join(text for text in texts if text)
    if not text:
        raw = fields.get("rawOutput")
        inner = _dictionary(raw)
        text = string(raw) or string(inner.get("output")) or string(inner.get("formatted_output"))
    fenced = FENCED.fullmatch(text)
    return fenced[1] + "\n" if fenced else text


def exit_code_of(fields: Fields, output: str) -> int:
    """Returns the exit code of a call that has ended; of a tool that has none, 0 or 1."""
    raw = _dictionary(fields.get("rawOutput"))
    metadata = _dictionary(raw.get("metadata"))
    for told in (
        terminal(fields, "exit").get("exit_code"),
        metadata.get("exit"),
        raw.get("exit_code"),
        raw.get("exitCode"),
    ):
        if type(told) is int and 0 <= told <= 255:
            return told
    if found := EXIT_CODE.match(output):
        return int(found[1])
    return 0 if fields.get("status") == "completed" else 1


def terminal(fields: Fields, what: str) -> Fields:
    """Returns what `_meta` says of a command: `output_delta`, or `exit`. None of it is in the protocol."""
    return _dictionary(_dictionary(fields.get("_meta")).get(f"terminal_{what}"))


def is_tool(fields: Fields, server: str, tool: str, arguments: Sequence[str]) -> bool:
    """Whether a call is one of an MCP server's tool. Agents write it as `mcp__SERVER__TOOL`, `mcp.SERVER.TOOL`, `SERVER_TOOL` or
    `TOOL (SERVER MCP Server)`, or say nothing but its arguments."""
    given = _dictionary(fields.get("rawInput"))
    if set(given) == set(arguments):
        return True
    title = string(fields.get("title"))
    if _command(given) or (fields.get("kind") == "execute" and not CODEX_MCP.fullmatch(title)):
        return False  # a command is told, whatever it is called
    server, tool = re.escape(server), re.escape(tool)
    forms = rf"(?:mcp(?:_+|\.))?{server}(?:_+|/|\.){tool}\b.*|{tool} \({server} MCP Server\).*"
    return re.fullmatch(forms, title, re.DOTALL) is not None


def plan(update: Fields) -> str:
    """Returns a plan as a list with a box before each entry."""
    marks = {"completed": "x", "in_progress": ">"}
    entries = [_dictionary(entry) for entry in _list(update.get("entries"))]
    return "".join(f"[{marks.get(string(e.get('status')), ' ')}] {string(e.get('content'))}\n" for e in entries)


def words(content: Any) -> str:
    """Returns a piece of a message as text."""
    fields = _dictionary(content)
    kind = string(fields.get("type"))
    return string(fields.get("text")) if kind in ("text", "") else f"[{kind}]"


def string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _edit(fields: Fields, given: Fields, path: str) -> tuple[str, dict[str, Any]]:
    old, new, content = _first(given, OLD), _first(given, NEW), string(given.get("content"))
    for part in _list(fields.get("content")):
        if not (old or new or content) and _dictionary(part).get("type") == "diff":
            old, new = string(part.get("oldText")), string(part.get("newText"))
    if old:
        return "str_replace", {"path": path, "old": _short(old), "new": _short(new)}
    return "write_file", {"path": path, "content": _short(content or new)}


def _command(given: Fields) -> str:
    command = given.get("command", given.get("cmd"))
    if isinstance(command, list) and all(isinstance(word, str) for word in command):
        script = len(command) == 3 and command[1] in ("-c", "-lc")
        return command[2] if script else shlex.join(command)
    return string(command)


def _path(fields: Fields, given: Fields, root: str) -> str:
    places = [_dictionary(place) for place in (*_list(fields.get("locations")), *_list(fields.get("content")))]
    path = _first(given, PATHS) or next((string(p.get("path")) for p in places if string(p.get("path"))), "")
    return path.removeprefix(f"{root}/").removeprefix("./")[:1000]


def _first(given: Fields, names: Sequence[str]) -> str:
    return next((string(given[name]) for name in names if string(given.get(name))), "")


def _text(part: Any) -> str:
    fields = _dictionary(part)
    return words(fields.get("content")) if fields.get("type") == "content" else ""


def _short(value: Any) -> Any:
    text = value if isinstance(value, str) else pieces.encoded(pieces.clean(value))
    return pieces.shortened(text, ARGUMENT) if len(text) > ARGUMENT // 6 or isinstance(value, str) else value


def _dictionary(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
