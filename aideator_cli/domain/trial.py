"""What an agent that is only tried says about itself, and how far it came."""

import json
from collections.abc import Mapping
from typing import Any

from aideator_agent.values import frozen


@frozen
class Trial:
    """`said` is the agent's own word. Without it, `reason` is a stable word for what stood in the way, and `text` says it for people."""

    seconds: float
    said: Mapping[str, Any] | None = None
    reason: str = ""
    text: str = ""
    older: bool = False  # an agent ran that does not know trials


def is_older(lines: list[bytes]) -> bool:
    """Returns whether an agent wrote this that took the trial for a run."""
    return any(isinstance(data, dict) and data.get("type") == "start" for data in map(_parsed, lines))


def _parsed(line: bytes) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None


def said_in(lines: list[bytes]) -> Mapping[str, Any] | None:
    """Returns what an agent wrote that was started for a trial. None if it did not understand that."""
    for data in map(_parsed, reversed(lines)):
        if isinstance(data, dict) and data.get("trial") == 1:
            return data
    return None
