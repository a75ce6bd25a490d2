"""Checks a value of a file or of a variable against what its option takes."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from aideator_cli.errors import AideatorError, Hint, command, usage
from aideator_cli.system.configuration.options import Kind, Option
from aideator_cli.text.durations import seconds

Value = str | int | float | bool | tuple[str, ...]

_MOST_SHOWN: Final = 60
_TRUE: Final = ("true", "1", "yes", "on")
_FALSE: Final = ("false", "0", "no", "off")
_HINT: Final = {Kind.TEXT: 'put it in quotes: {name} = "…"', Kind.PATH: 'put it in quotes: {name} = "…"'}


def checked(option: Option, raw: Any, where: Callable[[], str], folder: Path) -> Value:
    """Returns the value: a path as text, absolute (a relative one starts at `folder`); of an option that repeats, a tuple.

    Raises `AideatorError` (usage), which begins with `where()`.
    """
    if option.many:
        return tuple(_one(option, each, where, folder) for each in _items(option, raw, where))
    if option.name == "run_as" and isinstance(raw, int) and not isinstance(raw, bool):
        raw = str(raw)
    return _single(option, raw, where, folder)


def typed(option: Option, texts: Sequence[str]) -> Any:
    """Returns what a person typed for the option as a file would hold it, for `checked`."""
    if option.many:
        return list(texts)
    text = texts[0]
    if option.kind is Kind.SWITCH:
        return True if text.lower() in _TRUE else False if text.lower() in _FALSE else text
    try:
        if option.kind is Kind.WHOLE:
            return int(text)
        return float(text) if option.kind is Kind.NUMBER else text
    except ValueError:
        return text


def _items(option: Option, raw: Any, where: Callable[[], str]) -> Sequence[Any]:
    """A list, one value alone, or for NAME=VALUE a table."""
    if isinstance(raw, list):
        return raw
    if isinstance(raw, str):
        return [raw]
    if isinstance(raw, dict) and option.pairs:
        for name, value in raw.items():
            if not isinstance(value, str):
                raise _wrong(option, raw, where, f'put the value in quotes: {name} = "…"')
        return [f"{name}={value}" for name, value in raw.items()]
    raise _wrong(option, raw, where)


def _one(option: Option, raw: Any, where: Callable[[], str], folder: Path) -> str:
    if not isinstance(raw, str):
        raise _wrong(option, raw, where, "put each value in quotes")
    return str(_single(option, raw, where, folder))


def _single(option: Option, raw: Any, where: Callable[[], str], folder: Path) -> Value:
    if option.kind is Kind.SWITCH and isinstance(raw, bool):
        return raw
    if option.kind is Kind.WHOLE and isinstance(raw, int) and not isinstance(raw, bool):
        return raw
    if option.kind is Kind.NUMBER and isinstance(raw, (int, float)) and not isinstance(raw, bool):
        return _number(option, raw, where)
    if option.kind in (Kind.TEXT, Kind.TIME, Kind.PATH) and isinstance(raw, str):
        return _text(option, raw, where, folder)
    raise _wrong(option, raw, where, _HINT.get(option.kind, "").format(name=option.name) or None)


def _number(option: Option, raw: int | float, where: Callable[[], str]) -> float:
    try:
        number = float(raw)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise _wrong(option, raw, where)
    return number


def _text(option: Option, raw: str, where: Callable[[], str], folder: Path) -> str:
    if "\0" in raw or not raw.strip():
        raise usage(f"{where()}: {option.name} is {'empty' if not raw.strip() else 'not a text: it holds a NUL'}")
    if option.choices and raw not in option.choices:
        raise _wrong(option, raw, where)
    if option.kind is Kind.TIME:
        try:
            seconds(option.name, raw)
        except AideatorError as error:
            raise usage(f"{where()}: {error.message}") from error
    if option.kind is Kind.PATH:
        return str(folder / _home(raw, where))
    return raw


def _home(raw: str, where: Callable[[], str]) -> Path:
    try:
        return Path(raw).expanduser()
    except RuntimeError as error:
        raise usage(f"{where()}: {raw} names no home folder") from error


def _wrong(option: Option, raw: Any, where: Callable[[], str], hint: Hint | None = None) -> AideatorError:
    shown = repr(raw) if not isinstance(raw, bool) else str(raw).lower()
    if len(shown) > _MOST_SHOWN:
        shown = shown[:_MOST_SHOWN] + "…"
    return usage(f"{where()}: {option.name} is {shown}; it takes {option.takes}", hint)


def as_secret(where: str, name: str, what: str) -> AideatorError:
    """Returns the error for a key in a configuration. It does not show the key."""
    return usage(
        f"{where}: {name} holds {what}, and no configuration may hold a key",
        ("change that key at its provider, and store the new one: ", command("secret", "set", "NAME")),
    )
