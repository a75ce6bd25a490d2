"""Assembles a turn from the deltas of a stream in the form of OpenAI's API, as LiteLLM sends them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aideator_agent.models.base import THOUGHT, Call, CutTurn, Message, Say, Think, assistant_message, parse_arguments


@dataclass
class _Part:
    """A call that is still arriving."""

    id: str
    name: str = ""
    arguments: str = ""


@dataclass
class Assembly:
    """Takes deltas one by one. Use `calls` and `message` when all have arrived."""

    text: str = ""
    thought: str = ""
    length: int = 0  # characters of everything: words, thoughts and calls
    _parts: list[_Part] = field(default_factory=list)
    _at: dict[int, _Part] = field(default_factory=dict)  # the latest call of an index; some providers use one for all
    _thinking: list[dict[str, Any]] = field(default_factory=list)

    def take(self, delta: Mapping[str, Any]) -> list[Say | Think]:
        """Takes one delta. Returns the part to show."""
        shown: list[Say | Think] = []
        self.length += sum(map(len, texts(delta)))
        for block in delta.get("thinking_blocks") or ():
            self._take_thinking(block)
        if thought := delta.get("reasoning_content"):
            self.thought += str(thought)
            shown.append(Think(str(thought)))
        if words := delta.get("content"):
            self.text += str(words)
            shown.append(Say(str(words)))
        for call in delta.get("tool_calls") or ():
            self._take_call(call)
        return shown

    def calls(self) -> tuple[Call, ...]:
        """Returns the calls. Raises `CutTurn` if one is incomplete."""
        return tuple(self._call(number, part) for number, part in enumerate(self._parts, start=1))

    def complete_calls(self) -> tuple[Call, ...]:
        """Returns the calls without an incomplete one at the end."""
        try:
            return self.calls()
        except CutTurn:
            self._parts.pop()
        return self.complete_calls()

    def message(self, calls: tuple[Call, ...]) -> Message:
        message = assistant_message(self.text, calls)
        if self.thought:
            message[THOUGHT] = self.thought
        if self._thinking:
            message["thinking_blocks"] = [dict(block) for block in self._thinking]  # Anthropic wants them back, signed
        return message

    def _take_call(self, delta: Mapping[str, Any]) -> None:
        index = delta.get("index") or 0
        id_ = str(delta.get("id") or "")
        part = self._at.get(index)
        if part is None or (id_ and id_ != part.id):
            part = self._at[index] = _Part(id_)
            self._parts.append(part)
        function = delta.get("function") or {}
        part.name = part.name or str(function.get("name") or "")
        part.arguments += str(function.get("arguments") or "")

    def _take_thinking(self, block: Mapping[str, Any]) -> None:
        last = self._thinking[-1] if self._thinking else None
        if block.get("type") != "thinking" or last is None or last["type"] != "thinking" or last.get("signature"):
            self._thinking.append({name: value for name, value in block.items() if value is not None})
            return
        thought = block.get("thinking") or ""
        if signature := block.get("signature"):
            last["signature"] = signature
            if thought == last.get("thinking"):
                return  # with its signature LiteLLM says the whole thought again
        last["thinking"] = last.get("thinking", "") + thought

    def _call(self, number: int, part: _Part) -> Call:
        try:
            return Call(part.id or f"call_{number}", part.name[:100], parse_arguments(part.arguments))
        except ValueError as error:
            raise CutTurn(f"the model's call of {part.name[:100] or 'a tool'} has incomplete arguments") from error


def texts(delta: Mapping[str, Any]) -> list[str]:
    """Returns every text that a delta adds: words, thoughts and arguments."""
    functions = [call.get("function") or {} for call in delta.get("tool_calls") or ()]
    added = [delta.get("content"), delta.get("reasoning_content"), *(each.get("arguments") for each in functions)]
    return [str(text) for text in added if text]
