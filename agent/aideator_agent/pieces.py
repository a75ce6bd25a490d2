"""Text that fits into records: clean enough for any reader of JSON, and cut where a line is full."""

import json
import math
from collections.abc import Iterable, Iterator
from typing import Any, Final

CUT: Final = " …[cut]"
_encode = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"), default=str).encode


def encoded(value: Any) -> str:
    """Returns compact JSON, ASCII only."""
    return _encode(value)


def clean(value: Any) -> Any:
    """Returns the value without what strict readers of JSON refuse: half surrogate pairs, NaN, infinities."""
    if isinstance(value, str):
        return _whole_characters(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {clean(str(name)): clean(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [clean(part) for part in value]
    return value


def head(text: str, room: int) -> str:
    """Returns as much of the text's beginning as takes at most `room` bytes in a JSON string. May leave about 2 % unused."""
    length = min(len(text), room)
    while (size := len(_encode(text[:length])) - 2) > room:
        length = min(length - 1, int(length * room / size))
    return text[:length]


def tail(text: str, room: int) -> str:
    """Does the same for the text's end."""
    return head(text[::-1], room)[::-1]


def shortened(text: str, room: int) -> str:
    """Returns the text, or its beginning with a mark that something is missing, in `room` bytes of a JSON string."""
    if len(_encode(text)) - 2 <= room:
        return text
    return head(text, max(0, room - len(_encode(CUT)) + 2)) + CUT


def fitting(names: Iterable[str], room: int) -> Iterator[str]:
    """Returns the first texts that together take at most `room` bytes in a JSON list."""
    for name in names:
        room -= len(encoded(name)) + 2
        if room < 0:
            return
        yield name


def split(text: str, room: int) -> list[str]:
    """Returns the text in pieces that each take at most `room` bytes in a JSON string. There is always at least one."""
    pieces = []
    start = 0
    while start < len(text):
        piece = head(text[start : start + room], room)
        pieces.append(piece)
        start += len(piece)
    return pieces or [""]


def _whole_characters(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
