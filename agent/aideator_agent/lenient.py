"""Understands a call whose meaning is plain although its names or values are not as the tool's schema has them."""

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from aideator_agent.values import frozen

NAMESPACE: Final = re.compile(r"^(?:functions?|tools?|default_api|repo_browser|container)[.:/]", re.IGNORECASE)
TOOLS: Final[Mapping[str, str]] = {  # what models call a tool -> its name, both without case and marks
    "shell": "bash", "sh": "bash", "terminal": "bash", "execute": "bash", "exec": "bash", "runcommand": "bash",
    "runbash": "bash", "executebash": "bash", "executecommand": "bash", "runshellcommand": "bash", "runterminalcmd": "bash",
    "viewfile": "readfile", "openfile": "readfile", "createfile": "writefile", "strreplaceeditor": "strreplace",
    "searchreplace": "strreplace", "finish": "submit", "search": "searchcode", "codesearch": "searchcode",
    "askrole": "ask", "askcolleague": "ask", "codebasesearch": "searchcode", "searchcodebase": "searchcode", "searchfiles": "searchcode",
}  # fmt: skip
ARGUMENTS: Final[Mapping[str, tuple[str, ...]]] = {  # an argument's name -> what models call it
    "command": ("cmd", "commands", "script", "bash_command", "shell_command"),
    "path": ("file_path", "filepath", "filename", "file", "file_name"),
    "content": ("contents", "file_content", "text", "file_text"),
    "first": ("start", "start_line", "first_line", "line_start", "from"),
    "last": ("end", "end_line", "last_line", "line_end", "to"),
    "old": ("old_str", "old_string", "old_text", "search"),
    "new": ("new_str", "new_string", "new_text", "replace", "replacement"),
    "query": ("q", "question", "search", "search_query", "keywords", "pattern", "text"),
    "answer": ("summary", "text", "content", "markdown", "message", "result"),
    "summary": ("message", "result", "answer"),
}
WEIGHTY: Final = (
    "cwd",
    "workdir",
    "workingdirectory",
    "directory",
    "dir",
    "user",
    "stdin",
    "input",
)  # to ignore them would change the call
WRAPPERS: Final = (
    ("bash", "-c"),
    ("bash", "-lc"),
    ("sh", "-c"),
    ("/bin/sh", "-c"),
    ("/bin/bash", "-c"),
    ("/bin/bash", "-lc"),
)


@frozen
class Meant:
    """The arguments as the tool takes them, and the names of those that mean nothing to it."""

    arguments: dict[str, Any]
    unknown: tuple[str, ...] = ()

    @property
    def weighty(self) -> tuple[str, ...]:
        """Returns the unknown ones without which the call would do something else."""
        return tuple(name for name in self.unknown if _bare(name) in WEIGHTY)


def tool_named(name: str, names: Iterable[str]) -> str | None:
    """Returns the tool that the name means, or None if that is not plain."""
    bare = {_bare(known): known for known in names}
    wanted = _bare(NAMESPACE.sub("", name.strip()))
    return bare.get(wanted) or bare.get(TOOLS.get(wanted, ""))


def meant(arguments: Mapping[str, Any], types: Mapping[str, str], required: Sequence[str]) -> Meant:
    """Returns what the arguments mean to a tool whose arguments have these types of JSON Schema.

    What is not plain stays as it is, for the tool to refuse.
    """
    taken = {name: value for name, value in arguments.items() if name in types}
    others = [name for name in arguments if name not in types]
    for name in types:
        aliases = [other for other in others if _bare(other) in map(_bare, (name, *ARGUMENTS.get(name, ())))]
        if name not in taken and len(aliases) == 1:
            taken[name] = arguments[aliases[0]]
            others.remove(aliases[0])
    optional = {name for name in taken if name not in required}
    plain = {name: _value(name, value, types[name]) for name, value in taken.items()}
    return Meant(
        {name: value for name, value in plain.items() if value is not None or name not in optional}, tuple(others)
    )


def _value(name: str, value: Any, kind: str) -> Any:
    if kind == "integer":
        return _integer(value)
    if name == "command" and isinstance(value, list) and value and all(isinstance(word, str) for word in value):
        return value[2] if len(value) == 3 and tuple(value[:2]) in WRAPPERS else shlex.join(value)
    return value


def _integer(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"\s*[0-9]{1,9}\s*", value):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _bare(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
