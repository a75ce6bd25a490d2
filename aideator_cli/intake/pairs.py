"""Parses what Kubernetes restricts: names, labels, annotations, and lists of KEY=VALUE."""

import re
from collections.abc import Callable, Iterable
from typing import Final

from aideator_cli.errors import usage

_NAME: Final = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_WORD: Final = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_LONGEST_NAME: Final = 253
_LONGEST_ANNOTATION: Final = 64 * 1024  # bytes; Kubernetes takes 256 KiB for all of an object's annotations


def object_name(option: str, text: str) -> str:
    """Returns the name of an object. Raises `AideatorError` (usage) if no object can have it."""
    if len(text) > _LONGEST_NAME or not _NAME.fullmatch(text):
        raise usage(f"{option} takes the name of an object (lower-case letters, digits, - and .), not {text!r}")
    return text


def label_key(option: str, text: str) -> str:
    """Returns a label's or annotation's key. Raises `AideatorError` (usage) if Kubernetes would refuse it."""
    prefix, slash, name = text.rpartition("/")
    if not _WORD.fullmatch(name) or (slash and (len(prefix) > _LONGEST_NAME or not _NAME.fullmatch(prefix))):
        raise usage(f"{option}: {text!r} is no valid key", hint="a key is NAME or example.com/NAME")
    return text


def label_value(option: str, text: str) -> str:
    if text and not _WORD.fullmatch(text):
        raise usage(f"{option}: {text!r} is no valid value", hint="at most 63 letters, digits, -, _ and .")
    return text


def annotation_value(option: str, text: str) -> str:
    if len(text.encode(errors="replace")) > _LONGEST_ANNOTATION:
        raise usage(f"{option}: the value is longer than {_LONGEST_ANNOTATION // 1024} KiB")
    return text


def pairs(
    option: str,
    texts: Iterable[str],
    key: Callable[[str, str], str],
    value: Callable[[str, str], str],
    form: str = "KEY=VALUE",
) -> dict[str, str]:
    """Returns the pairs of several KEY=VALUE; `form` is what the error calls them. The last one with a key counts.

    Raises `AideatorError` (usage).
    """
    found = {}
    for text in texts:
        name, equals, rest = text.partition("=")
        if not equals:
            raise usage(f"{option} takes {form}, not {text!r}")
        found[key(option, name)] = value(option, rest)
    return found
