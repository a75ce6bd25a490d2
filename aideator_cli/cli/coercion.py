"""Turns the words of options into values where Typer, from 0.29 on, would load Pydantic for it: that takes longer than most commands.

Older versions of Typer do it themselves, and so does a newer one that keeps its parameters in another way.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, get_args, get_origin

import typer

_UNKNOWN: Final = object()
_NUMBERS: Final[dict[Any, tuple[Callable[[str], Any], str]]] = {int: (int, "int"), float: (float, "float")}
_LIMITS_OF_PATHS: Final = ("exists", "writable", "executable", "resolve_path", "allow_dash", "path_type")


class Plain:
    """In the place of Typer's own coercion of a parameter."""

    def __init__(self, kind: Any, info: Any) -> None:
        self._kind = kind
        self._low, self._high = getattr(info, "min", None), getattr(info, "max", None)

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        if param.multiple or param.nargs == -1:
            return [self._one(each, param, ctx) for each in value or ()]
        return None if value is None else self._one(value, param, ctx)

    def _one(self, value: Any, param: Any, ctx: Any) -> Any:
        if self._kind not in _NUMBERS:
            return self._kind(value)
        number, name = _NUMBERS[self._kind]
        try:
            found = number(value)
        except ValueError:
            raise typer.BadParameter(f"{value!r} is not a valid {name}.", ctx=ctx, param=param) from None
        if (self._low is not None and found < self._low) or (self._high is not None and found > self._high):
            low = "" if self._low is None else f"{self._low}<="
            high = "" if self._high is None else f"<={self._high}"
            raise typer.BadParameter(f"{found} is not in the range {low}x{high}.", ctx=ctx, param=param)
        return found


def make_plain(params: list[Any]) -> list[Any]:
    """Of switches, texts, numbers, paths and lists of them; any other parameter stays as it is."""
    for param in params:
        if getattr(param, "_runtime_param", _UNKNOWN) is not None:
            continue
        descriptor = getattr(param, "type_descriptor", None)
        kind, info = getattr(descriptor, "annotation", None), getattr(descriptor, "parameter_info", None)
        if get_origin(kind) is list:
            [kind] = get_args(kind)
        if kind in (bool, str, int, float, Path) and not _is_special(kind, info):
            param._runtime_param = Plain(kind, info)
    return params


def _is_special(kind: Any, info: Any) -> bool:
    own = getattr(info, "parser", None) is not None or getattr(info, "click_type", None) is not None
    return own or (kind is Path and any(getattr(info, name, None) for name in _LIMITS_OF_PATHS))
