"""A checkpoint: how far an attempt has come. Another attempt can go on from there if this one is lost with its pod or process.

A record of type `checkpoint` holds what was added to the conversation since the last one, and the tree's diff. All of an attempt's
checkpoints make a `Standing`, which the next attempt gets as a file. Both are foreign text to whoever reads them.
"""

import base64
import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Literal, Self

from aideator_agent import pieces
from aideator_agent.inflating import inflated
from aideator_agent.models.base import DEEPEST, Message, is_shallow
from aideator_agent.past import Past
from aideator_agent.values import frozen

VERSION: Final = 1
FILE_BYTES: Final = 900 * 1024  # of a standing as it is sent: what a ConfigMap takes
UNPACKED_BYTES: Final = 32 * 1024 * 1024
MESSAGES: Final = 10_000
INTERRUPTED: Final = "[interrupted: the machine was lost while this ran; what became of it is unknown]"
_ROLES: Final = ("system", "user", "assistant", "tool")

Against = Literal["start", "base"]  # the commit of a diff: the one that was checked out, or the run's base


class BadCheckpoint(ValueError):
    """The text is no checkpoint, or none that this version can read."""


@frozen
class Checkpoint:
    """What a `checkpoint` record says."""

    kept: int  # messages that the conversation still begins with
    added: tuple[Message, ...]  # that follow them
    opening: int  # messages that are never dropped
    diff: bytes | None  # None: see `patch`
    patch: bool = False  # whether the tree is what the attempt's patch says; else, without a diff, it is as it was
    base: str = ""  # commit
    past: Past | None = None  # what a program has added to its own conversation; None: as it was
    forgets: bool = False  # whether that can't be read, so that the program begins a new conversation

    def packed(self) -> str:
        """Returns the text of the record."""
        head = {
            "kept": self.kept, "added": self.added, "opening": self.opening, "patch": self.patch, "base": self.base,
            "diff": self.diff is not None, **_told(self.past),
        }  # fmt: skip
        return base64.b64encode(_packed(head, self.diff or b"", 6)).decode()

    @classmethod
    def unpacked(cls, text: str) -> Self:
        """Raises `BadCheckpoint`."""
        try:
            packed = base64.b64decode(text, validate=True)
        except ValueError as error:
            raise BadCheckpoint(str(error)) from error
        data, diff = _unpacked(packed)
        kept, opening = _count(data.get("kept")), _count(data.get("opening"))
        added, past = _messages(data.get("added")), _past(data)
        return cls(
            kept,
            added,
            opening,
            diff if data.get("diff") is True else None,
            data.get("patch") is True,
            str(data.get("base")),
            past,
            past is None and data.get("past") is not None,
        )


@frozen
class Standing:
    """Where an attempt stood, for the one that goes on from there."""

    attempt: str  # that was lost
    step: int
    base: str  # commit
    messages: tuple[Message, ...] = ()  # of AIdeator's own loop; empty for a program
    opening: int = 0
    diff: bytes = b""
    against: Against = "start"
    cost: float = 0.0  # USD that the work has cost so far, as far as it is known
    input: int = 0  # tokens, likewise
    output: int = 0
    counted: bool = True  # whether all of these tokens are known
    priced: bool = True  # whether all of the cost is known
    why: str = ""  # a word for what became of the attempt
    past: Past | None = None  # of a program, if it can take up its conversation; else it begins a new one

    def then(self, checkpoint: Checkpoint, step: int, patch: bytes | None) -> Self:
        """Returns the standing at the next checkpoint. Raises `BadCheckpoint` if it does not fit."""
        if checkpoint.kept > len(self.messages) or (checkpoint.patch and patch is None):
            raise BadCheckpoint("a checkpoint before it is missing")
        diff, against = self.diff, self.against
        if checkpoint.patch:
            diff, against = patch or b"", "base"
        elif checkpoint.diff is not None:
            diff, against = checkpoint.diff, "start"
        messages = (*self.messages[: checkpoint.kept], *checkpoint.added)
        if checkpoint.opening > len(messages):
            raise BadCheckpoint("its opening is longer than its conversation")
        return replace(
            self,
            step=step,
            past=None if checkpoint.forgets else self._past_with(checkpoint.past),
            base=checkpoint.base,
            messages=messages,
            opening=checkpoint.opening,
            diff=diff,
            against=against,
        )

    def _past_with(self, more: Past | None) -> Past | None:
        """Returns None if it does not follow what is known: the changes are worth more than the conversation."""
        try:
            return self.past if more is None else more.after(self.past)
        except ValueError:
            return None

    def packed(self) -> bytes:
        """Returns the file that the next attempt gets, if need be without a program's conversation. Raises `BadCheckpoint` if it would be
        too large."""
        head = {name: value for name, value in vars(self).items() if name not in ("diff", "past")}
        packed = _packed({**head, **_told(self.past)}, self.diff, 9)
        if len(packed) > FILE_BYTES and self.past is not None:
            return replace(self, past=None).packed()
        if len(packed) > FILE_BYTES:
            raise BadCheckpoint(f"it takes {len(packed) / 1024:,.0f} KiB, and {FILE_BYTES // 1024} KiB is the most")
        return packed

    @classmethod
    def unpacked(cls, data: bytes) -> Self:
        """Raises `BadCheckpoint`."""
        told, diff = _unpacked(data)
        messages, opening, cost = _messages(told.get("messages")), _count(told.get("opening")), told.get("cost")
        if opening > len(messages) or not isinstance(cost, int | float) or not 0 <= cost < 2**53:
            raise BadCheckpoint("its numbers do not fit")
        against: Against = "base" if told.get("against") == "base" else "start"
        return cls(
            str(told.get("attempt")), _count(told.get("step")), str(told.get("base")), messages, opening, diff, against,
            float(cost), _count(told.get("input")), _count(told.get("output")), told.get("counted") is True,
            told.get("priced") is True, str(told.get("why")), _past(told),
        )  # fmt: skip


def complete(messages: Sequence[Message]) -> tuple[Message, ...]:
    """Returns the conversation with an answer to each call: those that ran when the attempt was lost have none."""
    last = max((at for at, message in enumerate(messages) if message["role"] == "assistant"), default=-1)
    if last < 0:
        return tuple(messages)
    asked = [str(call["id"]) for call in messages[last].get("tool_calls") or ()]
    answered = {message.get("tool_call_id") for message in messages[last + 1 :]}
    missing = [{"role": "tool", "tool_call_id": id_, "content": INTERRUPTED} for id_ in asked if id_ not in answered]
    results = [message for message in messages[last + 1 :] if message["role"] == "tool"]
    others = [message for message in messages[last + 1 :] if message["role"] != "tool"]
    return (*messages[: last + 1], *results, *missing, *others)


def read(records: Iterable[Mapping[str, Any]]) -> Iterator[tuple[int, Checkpoint]]:
    """Yields each checkpoint of an attempt's `checkpoint` records with its step. Raises `BadCheckpoint` for one that is not whole."""
    parts: list[str] = []
    for record in records:
        if record.get("part") != len(parts) + 1:
            raise BadCheckpoint("a part of it is missing")
        parts.append(str(record.get("text")))
        if record.get("parts") == len(parts):
            text = "".join(parts)
            parts.clear()
            if record.get("sha256") != digest(text):
                raise BadCheckpoint("it did not arrive whole")
            yield _count(record.get("step")), Checkpoint.unpacked(text)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()


def _packed(head: Mapping[str, Any], diff: bytes, level: int) -> bytes:
    """Returns a line of JSON and the diff behind it, packed at zlib's level."""
    return zlib.compress(pieces.encoded({"v": VERSION, **head}).encode() + b"\n" + diff, level)


def _unpacked(packed: bytes) -> tuple[Mapping[str, Any], bytes]:
    """Returns what `_packed` has packed. Raises `BadCheckpoint`."""
    try:
        head, _, diff = inflated(packed, UNPACKED_BYTES).partition(b"\n")
    except ValueError as error:
        raise BadCheckpoint(str(error)) from error
    return _object(head), diff


def _object(head: bytes) -> Mapping[str, Any]:
    try:
        data = json.loads(head)
    except (ValueError, RecursionError) as error:
        raise BadCheckpoint(f"not JSON: {error}") from error
    if not isinstance(data, dict) or data.get("v") != VERSION:
        raise BadCheckpoint("another version of AIdeator has written it")
    return data


def _count(value: object) -> int:
    if type(value) is not int or not 0 <= value < 2**53:
        raise BadCheckpoint(f"{value!r} is no count")
    return value


def _messages(value: object) -> tuple[Message, ...]:
    if not isinstance(value, list) or len(value) > MESSAGES or not all(map(_is_message, value)):
        raise BadCheckpoint("its conversation can't be read")
    return tuple(value)


def _told(past: Past | None) -> dict[str, Any]:
    return {} if past is None else {"past": vars(past)}


def _past(data: Mapping[str, Any]) -> Past | None:
    try:
        return Past.from_json(data.get("past"))
    except ValueError:
        return None


def _is_message(value: object) -> bool:
    if not isinstance(value, dict) or value.get("role") not in _ROLES or not is_shallow(value, DEEPEST):
        return False
    if value["role"] != "assistant":
        return isinstance(value.get("content"), str) and (
            value["role"] != "tool" or _is_text(value.get("tool_call_id"))
        )
    calls = value.get("tool_calls") or []
    return _is_content(value.get("content")) and isinstance(calls, list) and all(map(_is_call, calls))


def _is_call(value: object) -> bool:
    function = value.get("function") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(function, dict) or not _is_text(value.get("id")):
        return False
    try:
        return _is_text(function.get("name")) and isinstance(json.loads(function["arguments"]), dict)
    except (KeyError, TypeError, ValueError, RecursionError):
        return False


def _is_content(value: object) -> bool:
    return value is None or isinstance(value, str | list)


def _is_text(value: object) -> bool:
    return isinstance(value, str)
