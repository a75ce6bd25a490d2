"""Follows tool calls from their arguments, which may arrive in parts, through their output to their end."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from aideator_cli.views import wording
from aideator_cli.views.course.entries import Entry, bounded

OPEN_CALLS = 64  # that are waited for at a time; the oldest go
PARTS_CHARACTERS = 1024 * 1024  # of one call's arguments


class Asked:
    """What the model asks tools for: arguments may come in parts."""

    def __init__(self) -> None:
        self._parts: dict[str, str] = {}

    def whole(self, data: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]] | None:
        """Tool and arguments of a `call`; None: parts of it are still to come."""
        arguments, key = data.get("arguments"), _key(data)
        if arguments is None:
            self._parts[key] = (self._parts.get(key, "") + str(data.get("text", "")))[:PARTS_CHARACTERS]
            _shrink(self._parts)
            if data.get("part") != data.get("parts"):
                return None
            arguments = _loaded(self._parts.pop(key))
        return str(data.get("tool", "")), arguments if isinstance(arguments, dict) else {}


class Calls:
    def __init__(self) -> None:
        self.called = Asked().whole
        self._open: dict[str, tuple[Entry, str, Mapping[str, Any]]] = {}

    @property
    def open(self) -> Iterable[Entry]:
        return [entry for entry, _, _ in self._open.values()]

    def begin(self, entry: Entry, key: Any, tool: str, arguments: Mapping[str, Any]) -> None:
        entry.tool, entry.arguments, entry.running = tool, bounded(arguments), True
        self._open[str(key)] = (entry, tool, arguments)
        _shrink(self._open)

    def entry(self, key: Any) -> Entry | None:
        found = self._open.get(str(key))
        return found[0] if found else None

    def finish(self, data: Mapping[str, Any]) -> Entry | None:
        """The entry of the call that has ended, with how it did."""
        found = self._open.pop(_key(data), None)
        if found is None:
            return None
        entry, tool, arguments = found
        code = data.get("exit_code")
        entry.running = False
        entry.failed = code != 0
        entry.exit_code = code if type(code) is int else None
        seconds = data.get("seconds")
        entry.seconds = float(seconds) if isinstance(seconds, int | float) else None
        if tool == "bash":
            entry.ended = wording.ended_command({**data, "seconds": entry.seconds})
        elif tool == "ask" and not entry.failed:
            entry.ended = f"{wording.answered(data)} answered"
        elif entry.failed:
            entry.words = wording.failed_call(tool, arguments, list(entry.text.lines)[:1])
        return entry


def _key(data: Mapping[str, Any]) -> str:
    return str(data.get("id"))


def _shrink(calls: dict[Any, Any]) -> None:
    while len(calls) > OPEN_CALLS:
        del calls[next(iter(calls))]


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return {}
