"""JSON Schemas (draft 2020-12) out of the types. `make docs` writes them to docs/schemas."""

import inspect
import re
import types
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

from aideator_cli.views.json.export import Export
from aideator_cli.views.json.kinds import LINES, VERSION
from aideator_cli.views.json.record import RECORDS

DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
RECORD, EXPORT = "record", "export"
_PLAIN: Final[Mapping[Any, Mapping[str, Any]]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
    Any: {},
}


def schemas(*, closed: bool = False) -> dict[str, dict[str, Any]]:
    """Returns every schema by the name of its file. `closed`: an unknown field is an error, which only tests want."""
    known = {**LINES, RECORD: RECORDS, EXPORT: (Export,)}
    return {name: schema(name, kinds, closed=closed) for name, kinds in sorted(known.items())}


def schema(name: str, kinds: Sequence[type], *, closed: bool = False) -> dict[str, Any]:
    """Returns the schema of an object that has one of these types, which are `TypedDict`s."""
    made = _Made(closed=closed)
    refs = [made.of(kind) for kind in kinds]
    head = {"$schema": DRAFT, "$id": f"urn:aideator:json:{VERSION}:{name}", "title": name}
    said = {"anyOf": refs} if len(refs) > 1 else refs[0]
    return {**head, **said, "$defs": dict(sorted(made.defs.items()))}


def definitions(kinds: Sequence[type], prefix: str) -> dict[str, dict[str, Any]]:
    """Returns the schemas of these types, and of all that they hold, by name. `prefix`: of a reference, such as `#/components/schemas/`."""
    made = _Made(closed=False, prefix=prefix)
    for kind in kinds:
        made.of(kind)
    return made.defs


class _Made:
    def __init__(self, *, closed: bool, prefix: str = "#/$defs/") -> None:
        self.defs: dict[str, dict[str, Any]] = {}
        self._closed = closed
        self._prefix = prefix

    def of(self, hint: Any) -> dict[str, Any]:
        """Returns the schema of a type. Raises `TypeError` for one that JSON does not have."""
        origin, parts = get_origin(hint), get_args(hint)
        if hint in _PLAIN:
            return dict(_PLAIN[hint])
        if is_typeddict(hint):
            return self._object(hint)
        if origin in (Union, types.UnionType):
            return self._any(parts)
        if origin is Literal:
            return {"const": parts[0]} if len(parts) == 1 else {"enum": list(parts)}
        if isinstance(origin, type) and issubclass(origin, Mapping):
            return {"type": "object", "additionalProperties": self.of(parts[1])}
        if isinstance(origin, type) and issubclass(origin, Sequence):
            return {"type": "array", "items": self.of(parts[0])}
        raise TypeError(f"{hint} has no JSON Schema")

    def _any(self, parts: Sequence[Any]) -> dict[str, Any]:
        each = [self.of(part) for part in parts]
        if all(set(one) == {"type"} for one in each):
            return {"type": [one["type"] for one in each]}
        return {"anyOf": each}

    def _object(self, kind: Any) -> dict[str, Any]:
        name = kind.__name__
        if name not in self.defs:
            hints = get_type_hints(kind, include_extras=True)
            fields = {
                field: get_args(hint)[0] if get_origin(hint) is NotRequired else hint for field, hint in hints.items()
            }
            self.defs[name] = {
                "description": re.sub(r"\s+", " ", inspect.getdoc(kind) or ""),
                "type": "object",
                "properties": {field: self.of(hint) for field, hint in fields.items()},
                "required": [field for field, hint in hints.items() if get_origin(hint) is not NotRequired],
                **({"additionalProperties": False} if self._closed else {}),
            }
        return {"$ref": self._prefix + name}
