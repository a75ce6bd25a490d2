"""Text and JSON as PostgreSQL takes them: it refuses NUL, and what is no Unicode."""

import json
import re
from typing import Any, Final

_REFUSED: Final = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")

_SURROGATE: Final = re.compile("[\ud800-\udfff]")  # alone: a pair is one character in Python


def storable(text: str) -> str:
    """Returns the text with signs in the place of what can't be stored."""
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text.replace("\0", "\N{SYMBOL FOR NULL}"))


def document(text: str) -> str:
    """Returns the JSON, with the same for its texts."""
    return json.dumps(_storable(json.loads(text))) if _REFUSED.search(text) else text


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(name): _storable(each) for name, each in value.items()}
    return [_storable(each) for each in value] if isinstance(value, list) else value
