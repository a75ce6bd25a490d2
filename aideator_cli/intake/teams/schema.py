"""Checks JSON values by the JSON Schemas in this folder, and says where the first mistake is.

It knows what these schemas use, and no more. A test compares it with a full implementation.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
}
_WORDS: Final = {
    "object": "a mapping",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
}


@dataclass(frozen=True)
class Mistake:
    """Where a value breaks its schema: the keys and indexes that lead there, and what is wrong."""

    path: tuple[str | int, ...]
    text: str

    @property
    def place(self) -> str:
        """Returns the path for people: `tasks[2].id`; empty for the whole."""
        return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in self.path).lstrip(".")


@cache
def load(name: str) -> Mapping[str, Any]:
    """Returns the schema NAME.json."""
    text = files(__package__ or "").joinpath(f"{name}.json").read_text(encoding="utf-8")
    schema: Mapping[str, Any] = json.loads(text)
    return schema


def mistake(value: Any, name: str) -> Mistake | None:
    """Returns the first mistake in a value that should be as the schema NAME.json says. None: there is none."""
    whole = load(name)
    return _check(value, whole, whole, ())


def _check(
    value: Any, schema: Mapping[str, Any], whole: Mapping[str, Any], path: tuple[str | int, ...]
) -> Mistake | None:
    if "$ref" in schema:
        return _check(value, whole["$defs"][schema["$ref"].rpartition("/")[2]], whole, path)
    if "anyOf" in schema:
        tried = [_check(value, each, whole, path) for each in schema["anyOf"]]
        return None if None in tried else _of_kind(value, schema["anyOf"], tried)
    if "enum" in schema and value not in schema["enum"]:
        return Mistake(path, f"takes {' or '.join(map(str, schema['enum']))}, not {_short(value)}")
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(_is(value, kind) for kind in kinds):
        return Mistake(path, f"takes {' or '.join(_WORDS[kind] for kind in kinds)}, not {_short(value)}")
    if isinstance(value, str):
        return _text(value, schema, path)
    if isinstance(value, dict):
        return _object(value, schema, whole, path)
    if isinstance(value, list):
        return _list(value, schema, whole, path)
    return _number(value, schema, path)


def _is(value: Any, kind: str) -> bool:
    return isinstance(value, _TYPES[kind]) and not isinstance(value, bool)


def _of_kind(value: Any, schemas: list[Mapping[str, Any]], tried: list[Mistake | None]) -> Mistake | None:
    """Returns the mistake of the alternative whose type the value has."""
    for schema, found in zip(schemas, tried, strict=True):
        if _is(value, schema.get("type", "object")):
            return found
    return tried[0]


def _text(value: str, schema: Mapping[str, Any], path: tuple[str | int, ...]) -> Mistake | None:
    if len(value) < schema.get("minLength", 0):
        return Mistake(path, "is empty")
    if len(value) > schema.get("maxLength", len(value)):
        return Mistake(path, f"has {len(value)} characters; at most {schema['maxLength']} are allowed")
    pattern = schema.get("pattern")
    if pattern and not re.search(f"{pattern.removesuffix('$')}\\Z" if pattern.endswith("$") else pattern, value):
        return Mistake(path, f"is {_short(value)}; it takes {_form(pattern)}")
    return None


def _form(pattern: str) -> str:
    if ".tasks" in pattern:
        return "STAGE.tasks"
    return (
        "up to 30 lower-case letters, digits and -" if pattern.startswith("^[a-z]") else "letters, digits, _, - and ."
    )


def _object(
    value: dict[str, Any], schema: Mapping[str, Any], whole: Mapping[str, Any], path: tuple[str | int, ...]
) -> Mistake | None:
    known, rest = schema.get("properties", {}), schema.get("additionalProperties", True)
    for name in value:
        if found := _text(name, schema.get("propertyNames", {}), (*path, name)):
            return Mistake((*path, name), f"the name {found.text}")
        if name not in known and rest is False:
            return Mistake((*path, name), f"is unknown; known: {', '.join(known)}")
    for name in schema.get("required", ()):
        if name not in value:
            return Mistake(path, f"lacks {name}")
    if found := _count(len(value), schema, "Properties", path):
        return found
    inner = {name: known.get(name, rest if isinstance(rest, dict) else {}) for name in value}
    return next(
        (found for name, each in inner.items() if (found := _check(value[name], each, whole, (*path, name)))), None
    )


def _list(
    value: list[Any], schema: Mapping[str, Any], whole: Mapping[str, Any], path: tuple[str | int, ...]
) -> Mistake | None:
    if found := _count(len(value), schema, "Items", path):
        return found
    each = schema.get("items", {})
    return next((found for at, item in enumerate(value) if (found := _check(item, each, whole, (*path, at)))), None)


def _count(count: int, schema: Mapping[str, Any], what: str, path: tuple[str | int, ...]) -> Mistake | None:
    least, most = schema.get(f"min{what}", 0), schema.get(f"max{what}", count)
    if least <= count <= most:
        return None
    return Mistake(path, f"has {count} entries; it takes {least} to {schema.get(f'max{what}', 'any number')}")


def _number(value: Any, schema: Mapping[str, Any], path: tuple[str | int, ...]) -> Mistake | None:
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and not least <= value <= most:
        return Mistake(path, f"is {value}; it takes {least} to {most}")
    return None


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."
