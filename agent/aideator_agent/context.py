"""The conversation with the model, kept below its context window: old outputs go first, then all but a summary of the work so far."""

import json
import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from aideator_agent import pieces
from aideator_agent.models.base import THOUGHT, Message

HIGH: Final = 0.8  # share of the window from which the conversation is shortened
LOW: Final = 0.5  # share that it has then: dropping little by little would spoil the provider's cache with each turn
SUMMED: Final = 0.5  # share of the window that the record for a summary may have
USUAL_RATE: Final = 0.25  # tokens a character, until the provider has counted
RATES: Final = (0.05, 2.0)
SHORT: Final = 200  # characters of an output, or of a call's value, that stays as it is
BEGINNING: Final = 100  # characters that are kept of a longer value
NEWEST: Final = 2000  # characters of a newest output, where nothing else is left to be dropped
WINDOW: Final = (  # compiled only where an endpoint says it
    r"(?:context (?:length|size|window|limit)(?: of| is)?|n_ctx|max_model_len|tokens? >|number of tokens allowed|limit of)"
    r"\W{1,3}(\d[\d,]{2,9})"
)
ASKED: Final = (
    r"(?:resulted in|request|prompt is too long|you requested(?: about)?|input token count)\W{1,3}(\d[\d,]{2,9})"
)
CODE: Final = re.compile(r"\[exit code \d+\]\s*\Z")
SUM_UP: Final = """\

---

The above is your task. You have worked on it for a while. This is the record of your work, without long outputs:

{record}

---

Sum up your work so far, in at most 400 words, for yourself: you will go on with nothing but this summary. Say what you have
found out, what you have changed in which files, what has failed, and what is to be done next. Write nothing else, and call no
tool."""
SUMMARY: Final = "[Your work so far was dropped to save room. You have summed it up like this:]\n\n"
FORGOTTEN: Final = "[Your work so far was dropped to save room. Look at the changes in the repository, and go on.]"


class Context:
    def __init__(self, window: int | None, schemas: Sequence[Message], kept: str) -> None:
        """`window` in tokens. What the user says while the model works begins with `kept`. It outlasts a summary."""
        self.window = window
        self.messages: list[Message] = []
        self.opening = 0  # messages that are never dropped
        self._schemas = len(pieces.encoded(schemas))
        self._kept = kept
        self._rate = USUAL_RATE

    def open(self, messages: list[Message], opening: int | None = None) -> None:
        """Begins the conversation. Its first messages, or all, are never dropped."""
        self.messages = messages
        self.opening = len(messages) if opening is None else opening

    @property
    def used(self) -> int:
        """Returns the tokens of the next request, as far as that can be told."""
        return int((len(pieces.encoded(self.messages)) + self._schemas) * self._rate)

    @property
    def is_tight(self) -> bool:
        return self.window is not None and self.used > HIGH * self.window

    def counted(self, tokens: int | None) -> None:
        """Takes the provider's count of the request that was just made of the messages."""
        if tokens:
            low, high = RATES
            self._rate = min(high, max(low, self._rate * tokens / max(1, self.used)))

    def learn(self, error: str) -> None:
        """Takes the provider's words about a conversation that is longer than its window."""
        if asked := re.search(ASKED, error, re.IGNORECASE):
            self.counted(_number(asked[1]))
        told = [
            number
            for found in re.finditer(WINDOW, error, re.IGNORECASE)
            if 256 <= (number := _number(found[1])) < 10_000_000
        ]
        known = [window for window in (self.window, self.used, *told[:1]) if window]
        self.window = min(known)

    def drop(self) -> str:
        """Drops old outputs, then long values of old calls, until there is room. Returns what was dropped, in words, or nothing."""
        old = range(self.opening, self._last_turn())
        outputs = self._shorten(old, _one_line)
        values = self._shorten(old, _short_values)
        return " and ".join(
            [f"{count} {what}" for count, what in ((outputs, "old outputs"), (values, "long calls")) if count]
        )

    def squeeze(self) -> str:
        """Cuts the newest outputs, where nothing else is left. Returns what was cut, in words, or nothing."""
        count = self._shorten(range(self._last_turn(), len(self.messages)), _excerpt)
        return f"the middle of {count} new outputs" if count else ""

    def to_sum_up(self) -> list[Message] | None:
        """Returns the request for a summary of all but the last turn. None if there is nothing to sum up."""
        middle = self.messages[self.opening : self._last_turn()]
        if not any(message["role"] == "assistant" for message in middle):
            return None
        record = "\n".join(map(_told, middle))
        room = int(SUMMED * (self.window or self.used) / self._rate)
        *first, task = self.messages[: self.opening]
        return [*first, {**task, "content": f"{task['content']}{SUM_UP.format(record=record[-room:])}"}]

    def summed_up(self, summary: str) -> None:
        """Puts the summary in the place of all but the last turn."""
        last = self._last_turn()
        middle = self.messages[self.opening : last]
        heard = [message for message in middle if str(message["content"]).startswith(self._kept)]
        words = f"{SUMMARY}{summary}" if summary else FORGOTTEN
        self.messages[self.opening : last] = [{"role": "user", "content": words}, *heard]

    def _last_turn(self) -> int:
        """Returns where the model's last turn begins. Its results are new to the model."""
        turns = [index for index, message in enumerate(self.messages) if message["role"] == "assistant"]
        return max(self.opening, turns[-1] if turns else 0)

    def _shorten(self, places: range, shorten: Callable[[Message], Message]) -> int:
        """Shortens messages, the oldest first, until there is room. Returns how many."""
        excess = self.used - LOW * (self.window or 0)
        count = 0
        for place in places:
            if excess <= 0:
                break
            message = self.messages[place]
            shorter = shorten(message)
            saved = len(pieces.encoded(message)) - len(pieces.encoded(shorter))
            if saved > 0:
                self.messages[place] = shorter
                excess -= saved * self._rate
                count += 1
        return count


def _one_line(message: Message) -> Message:
    content = str(message["content"])
    if message["role"] != "tool" or len(content) <= SHORT:
        return message
    code = CODE.search(content)
    told = f"[{len(content):,} characters of output were dropped to save room] {code[0] if code else ''}".strip()
    return {**message, "content": told}


def _short_values(message: Message) -> Message:
    message = {name: value for name, value in message.items() if name != THOUGHT}
    if not message.get("tool_calls"):
        return message
    calls = [{**call, "function": _short_call(call["function"])} for call in message["tool_calls"]]
    return {**message, "tool_calls": calls}


def _short_call(function: dict[str, Any]) -> dict[str, Any]:
    arguments = {name: _short(value) for name, value in json.loads(function["arguments"]).items()}
    return {**function, "arguments": json.dumps(arguments)}


def _short(value: Any) -> Any:
    if not isinstance(value, str) or len(value) <= SHORT:
        return value
    return f"{value[:BEGINNING]} [… {len(value) - BEGINNING:,} characters were dropped to save room]"


def _excerpt(message: Message) -> Message:
    content = str(message["content"])
    if message["role"] != "tool" or len(content) <= NEWEST + SHORT:
        return message
    half = NEWEST // 2
    missing = len(content) - NEWEST
    return {
        **message,
        "content": f"{content[:half]}\n[… {missing:,} characters were dropped to save room …]\n{content[-half:]}",
    }


def _told(message: Message) -> str:
    """Returns a message as a line of the record."""
    calls = [
        f"You called {call['function']['name']} {call['function']['arguments']}"
        for call in message.get("tool_calls", ())
    ]
    who = {"assistant": "You", "tool": "Result", "user": "User"}.get(message["role"], message["role"])
    return "\n".join([*([f"{who}: {message['content']}"] if message["content"] else []), *calls])


def _number(digits: str) -> int:
    return int(digits.replace(",", ""))
