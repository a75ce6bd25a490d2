"""Follows tool calls from what is asked through their output to their end."""

from collections.abc import Iterable, Mapping
from typing import Any

from aideator_cli.domain.calls import Asked, key_of, shrink
from aideator_cli.views import wording
from aideator_cli.views.course.entries import Entry, bounded


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
        shrink(self._open)

    def entry(self, key: Any) -> Entry | None:
        found = self._open.get(str(key))
        return found[0] if found else None

    def finish(self, data: Mapping[str, Any]) -> Entry | None:
        """The entry of the call that has ended, with how it did."""
        found = self._open.pop(key_of(data), None)
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
