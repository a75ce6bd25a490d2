"""Changes one setting in the text of a TOML file and leaves everything else, comments too, as it stands.

The result is read again before it counts: a file in which the setting can't be found for certain is not touched.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from typing import Any, Final

from aideator_cli.system.configuration.files import PROFILES
from aideator_cli.system.configuration.values import Value

_HEADER: Final = re.compile(r"\s*\[{1,2}[^\]=]+\]{1,2}\s*(?:#.*)?")
_WIDTH: Final = 100  # of a list on one line


class Unclear(Exception):
    """The setting's place in the file can't be found for certain."""


def changed(text: str, name: str, value: Value | None, profile: str | None = None) -> str:
    """Returns the text with this value of the setting; None: without the setting. Raises `Unclear`."""
    lines = text.splitlines(keepends=True)
    begin, end = _section(lines, profile)
    if begin is None:
        lines, begin, end = _with_section(lines, profile or "")
    there = _extent(lines, begin, end, name)
    if there is None:
        if value is not None:
            _insert(lines, begin, end, line_of(name, value))
    else:
        first, last = there
        lines[first:last] = [] if value is None else [_kept_comment(lines[first:last], line_of(name, value))]
    result = "".join(lines)
    _check(result, _expected(text, name, value, profile))
    return result


def line_of(name: str, value: Value) -> str:
    """Returns the setting as a line, or several for a long list."""
    return f"{name} = {_written(value)}\n"


def whole(settings: Mapping[str, Value]) -> str:
    """Returns the text of a new file."""
    return "".join(line_of(name, value) for name, value in settings.items())


def _written(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        items = [_written(each) for each in value]
        short = f"[{', '.join(items)}]"
        return short if len(short) <= _WIDTH else "[\n" + "".join(f"  {each},\n" for each in items) + "]"
    return _quoted(value) if isinstance(value, str) else repr(value)


def _quoted(text: str) -> str:
    """JSON's escapes are TOML's, but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _section(lines: list[str], profile: str | None) -> tuple[int | None, int]:
    """Returns the lines between which the section's settings stand."""
    headers = [number for number, line in enumerate(lines) if _HEADER.fullmatch(line.rstrip("\r\n"))]
    if profile is None:
        return 0, headers[0] if headers else len(lines)
    for position, number in enumerate(headers):
        if re.sub(r"#.*|[\s\"']", "", lines[number]) == f"[{PROFILES}.{profile}]":
            return number + 1, headers[position + 1] if position + 1 < len(headers) else len(lines)
    return None, len(lines)


def _with_section(lines: list[str], profile: str) -> tuple[list[str], int, int]:
    before = [*lines[:-1], lines[-1] if lines[-1].endswith("\n") else lines[-1] + "\n", "\n"] if lines else []
    made = [*before, f"[{PROFILES}.{profile}]\n"]
    return made, len(made), len(made)


def _extent(lines: list[str], begin: int, end: int, name: str) -> tuple[int, int] | None:
    """Returns the lines that hold the setting: the fewest that are TOML and set it alone."""
    own = re.compile(rf"""\s*["']?{re.escape(name)}["']?\s*=""")
    for first in range(begin, end):
        if own.match(lines[first]):
            for last in range(first + 1, len(lines) + 1):
                if _names("".join(lines[first:last])) == [name]:
                    return first, last
    return None


def _names(text: str) -> list[str] | None:
    try:
        return list(tomllib.loads(text))
    except (ValueError, RecursionError):
        return None


def _kept_comment(old: list[str], new: str) -> str:
    """Keeps the comment behind a value on one line."""
    line = old[0].rstrip("\r\n")
    if len(old) > 1 or new.count("\n") > 1 or "#" not in line:
        return new
    for position in (found.start() for found in re.finditer("#", line)):
        before = _names(line[:position])
        if before and tomllib.loads(line[:position]) == tomllib.loads(line):
            return f"{new.rstrip()}  {line[position:].rstrip()}\n"
    return new


def _insert(lines: list[str], begin: int, end: int, new: str) -> None:
    """Puts the line behind the section's last one."""
    place = end
    while place > begin and not lines[place - 1].strip():
        place -= 1
    if place and not lines[place - 1].endswith("\n"):
        lines[place - 1] += "\n"
    lines.insert(place, new)


def _expected(text: str, name: str, value: Value | None, profile: str | None) -> dict[str, Any]:
    data = tomllib.loads(text)
    table = data if profile is None else data.setdefault(PROFILES, {}).setdefault(profile, {})
    if value is None:
        table.pop(name, None)
    else:
        table[name] = list(value) if isinstance(value, tuple) else value
    return data


def _check(text: str, expected: dict[str, Any]) -> None:
    try:
        found = tomllib.loads(text)
    except ValueError as error:
        raise Unclear from error
    if found != expected:
        raise Unclear
