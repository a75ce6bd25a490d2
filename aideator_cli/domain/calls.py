"""What a model asks tools for, by the events of its calls, whose arguments may come in parts."""

import json
from collections.abc import Mapping
from typing import Any, Final

OPEN_CALLS: Final = 64  # that are waited for at a time; the oldest go
PARTS_CHARACTERS: Final = 1024 * 1024  # of one call's arguments


class Asked:
    """What the model asks tools for: arguments may come in parts."""

    def __init__(self) -> None:
        self._parts: dict[str, str] = {}

    def whole(self, data: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]] | None:
        """Tool and arguments of a `call`; None: parts of it are still to come."""
        arguments, key = data.get("arguments"), key_of(data)
        if arguments is None:
            self._parts[key] = (self._parts.get(key, "") + str(data.get("text", "")))[:PARTS_CHARACTERS]
            shrink(self._parts)
            if data.get("part") != data.get("parts"):
                return None
            arguments = _loaded(self._parts.pop(key))
        return str(data.get("tool", "")), arguments if isinstance(arguments, dict) else {}


def key_of(data: Mapping[str, Any]) -> str:
    """Returns the id of the call that an event belongs to."""
    return str(data.get("id"))


def shrink(calls: dict[Any, Any]) -> None:
    """Drops the oldest calls, if too many are waited for."""
    while len(calls) > OPEN_CALLS:
        del calls[next(iter(calls))]


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return {}
