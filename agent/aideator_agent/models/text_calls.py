"""Finds the calls that a model wrote as text, because its server does not read them from it.

There are three forms:

    tags      <tool_call>{"name": "bash", "arguments": {"command": "ls"}}</tool_call>
    function  <function=bash><parameter=command>ls</parameter></function>
    json      {"name": "bash", "arguments": {"command": "ls"}}, bare or in a fence

The text is hostile: a model may quote a file that holds an example of a call. So only what ends the text is a call, with nothing after it.
Tags may follow other words, unless they stand in a fence. JSON may follow other words only if the model was asked for that form.
"""

import json
import re
from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

from aideator_agent.models.base import DEEPEST, is_shallow
from aideator_agent.patterns import lazy
from aideator_agent.values import frozen

Form = Literal["tags", "function", "json"]
LONGEST: Final = 1_000_000  # characters of a text that is searched
MOST: Final = 32  # calls in a text
TRIED: Final = 64  # places where JSON may begin
NAMES: Final = ("name", "tool", "function")
ARGUMENTS: Final = ("arguments", "parameters", "args", "input")
MEANINGLESS: Final = ("id", "type")  # other keys that an object of a call may have
OPENING: Final = lazy(r"^ {0,3}(?=<tool_call>|<function=)", re.MULTILINE)
FUNCTION: Final = lazy(r"\s*<function=([\w.:-]{1,100})>")
PARAMETER: Final = lazy(r"\s*<parameter=([\w.-]{1,100})>")
FENCE: Final = lazy(r"^ {0,3}(`{3,}|~{3,})([^`\n]*?)[ \t]*$", re.MULTILINE)
OBJECT: Final = lazy(r"^ {0,3}(?=[{\[])", re.MULTILINE)
_decode = json.JSONDecoder(strict=False).raw_decode  # not strict: models write line breaks into strings

Known = Callable[[str], bool]


@frozen
class Written:
    """A call as the model wrote it. Nothing has checked its name or arguments."""

    tool: str
    arguments: dict[str, Any]


@frozen
class Found:
    """Calls at the end of a text."""

    form: Form
    calls: tuple[Written, ...]
    start: int  # where they begin in the text


class _NoCall(Exception):
    """This is not a call."""


def find(text: str, known: Known, *, asked: Form | None = None) -> Found | None:
    """Returns the calls that end the text. `known` says whether a tool exists; `asked` is the form that the model was asked for."""
    if len(text) > LONGEST:
        return None
    alone = asked != "json"
    return _tagged(text) or _fenced(text, known, alone=alone) or _bare(text, known, alone=alone)


def _tagged(text: str) -> Found | None:
    """Returns the calls in tags. The first opening tag outside any fence counts: what it begins must be calls to the end of the text."""
    blocks = _blocks(text)
    opening = next((each for each in OPENING.finditer(text) if not _is_inside(each.end(), blocks)), None)
    if opening is None:
        return None
    try:
        return Found(*_tags_from(text, opening.end()), opening.start())
    except _NoCall:
        return None


def _tags_from(text: str, at: int) -> tuple[Form, tuple[Written, ...]]:
    """Reads calls until the end of the text."""
    form: Form = "tags"
    calls: list[Written] = []
    while at < len(text):
        wrapped = text.startswith("<tool_call>", at)
        at = _blank(text, at + len("<tool_call>") if wrapped else at)
        if function := FUNCTION.match(text, at):
            form = "function"
            call, at = _function(text, function)
        elif wrapped:
            call, at = _object(text, at)
        else:
            raise _NoCall
        calls.append(call)
        if len(calls) > MOST:
            raise _NoCall
        at = _blank(text, at)
        if wrapped and text.startswith("</tool_call>", at):
            at = _blank(text, at + len("</tool_call>"))
        elif wrapped and at < len(text):  # at the very end a server may have eaten it as a stop word
            raise _NoCall
    return form, tuple(calls)


def _function(text: str, opening: re.Match[str]) -> tuple[Written, int]:
    arguments: dict[str, Any] = {}
    at = opening.end()
    while parameter := PARAMETER.match(text, at):
        end = text.find("</parameter>", parameter.end())
        while end >= 0 and not _closes(text, end + len("</parameter>")):
            end = text.find("</parameter>", end + 1)
        if end < 0:
            raise _NoCall
        arguments[parameter[1]] = text[parameter.end() : end].removeprefix("\n").removesuffix("\n")
        at = end + len("</parameter>")
    at = _blank(text, at)
    if not text.startswith("</function>", at):
        raise _NoCall
    return Written(opening[1], arguments), at + len("</function>")


def _closes(text: str, at: int) -> bool:
    """Whether a parameter can end here. Its text may hold the closing tag too."""
    at = _blank(text, at)
    return text.startswith(("<parameter=", "</function>"), at)


def _object(text: str, at: int) -> tuple[Written, int]:
    value, end = _json(text, at)
    return _call(value), end


def _fenced(text: str, known: Known, *, alone: bool) -> Found | None:
    """Returns the calls of the fence that ends the text."""
    block = next(reversed(_blocks(text)), None)
    if block is None or not block.closed or text[block.end :].strip() or (alone and text[: block.start].strip()):
        return None
    inside = text[block.inside : block.closing].strip()
    if OPENING.match(inside):
        try:
            return Found(*_tags_from(inside, 0), block.start)
        except _NoCall:
            return None
    calls = _all_json(inside, known)
    return Found("json", calls, block.start) if calls else None


def _bare(text: str, known: Known, *, alone: bool) -> Found | None:
    """Returns the calls of JSON that begins a line and ends the text."""
    blocks = _blocks(text)
    openings = [each.end() for each in OBJECT.finditer(text)]
    for start in openings[:1] if alone else openings[-TRIED:]:
        if (alone and text[:start].strip()) or _is_inside(start, blocks):
            continue
        if calls := _all_json(text[start:], known):
            return Found("json", calls, start)
    return None


def _all_json(text: str, known: Known) -> tuple[Written, ...]:
    """Returns the calls if the text holds nothing else: one object, several of them, or a list. All must name tools that exist."""
    calls: list[Written] = []
    at = _blank(text, 0)
    try:
        while at < len(text):
            value, at = _json(text, at)
            calls += [_call(each) for each in (value[: MOST + 1] if isinstance(value, list) else [value])]
            if len(calls) > MOST:
                return ()
            at = _blank(text, at)
    except _NoCall:
        return ()
    return tuple(calls) if all(known(call.tool) for call in calls) else ()


def _json(text: str, at: int) -> tuple[Any, int]:
    try:
        return _decode(text, at)
    except (ValueError, RecursionError):
        raise _NoCall from None


def _call(value: Any) -> Written:
    """Reads {"name": …, "arguments": {…}}, also where it is wrapped in {"function": …} or the arguments are JSON in a string."""
    if isinstance(value, dict) and isinstance(value.get("function"), dict):
        if {*value} - {"function", *MEANINGLESS}:
            raise _NoCall
        value = value["function"]
    if not isinstance(value, dict) or {*value} - {*NAMES, *ARGUMENTS, *MEANINGLESS}:
        raise _NoCall
    name, arguments = _only(value, NAMES), _only(value, ARGUMENTS)
    if isinstance(arguments, str):
        arguments = _whole(arguments.strip())
    if not isinstance(name, str) or not isinstance(arguments, dict) or not is_shallow(arguments, DEEPEST):
        raise _NoCall
    return Written(name[:100], arguments)


def _whole(text: str) -> Any:
    value, end = _json(text, 0)
    if end < len(text):
        raise _NoCall
    return value


def _only(value: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    given = [value[name] for name in names if name in value]
    if len(given) != 1:
        raise _NoCall
    return given[0]


@frozen
class _Block:
    """A fenced block of Markdown. One that nothing closes reaches to the end of the text."""

    start: int
    inside: int
    closing: int
    end: int
    closed: bool = True


def _blocks(text: str) -> list[_Block]:
    blocks: list[_Block] = []
    opening: re.Match[str] | None = None
    for mark in FENCE.finditer(text):
        if opening is None:
            opening = mark
        elif mark[1].startswith(opening[1]) and not mark[2].strip():
            blocks.append(_Block(opening.start(), opening.end(), mark.start(), mark.end()))
            opening = None
    if opening is not None:
        blocks.append(_Block(opening.start(), opening.end(), len(text), len(text), closed=False))
    return blocks


def _is_inside(at: int, blocks: list[_Block]) -> bool:
    place = bisect_right(blocks, at, key=lambda block: block.start) - 1
    return place >= 0 and at < blocks[place].end


def _blank(text: str, at: int) -> int:
    """Returns where the white space from here on ends."""
    while at < len(text) and text[at].isspace():
        at += 1
    return at
