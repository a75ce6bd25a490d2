"""A turn put together from the deltas of a stream, as OpenAI's API and LiteLLM's imitations of it send them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aideator_agent.models.base import Call, CutTurn, Message, Say, Think, assistant_message, parse_arguments


@dataclass
class _Part:
    """A call that is still arriving."""

    id: str
    name: str = ""
    arguments: str = ""


@dataclass
class Assembly:
    """Takes deltas one by one; `calls` and `message` are for when all have come."""

    text: str = ""
    _parts: list[_Part] = field(default_factory=list)
    _at: dict[int, _Part] = field(default_factory=dict)  # the latest call of an index; some providers use one for all
    _thinking: list[dict[str, Any]] = field(default_factory=list)

    def take(self, delta: Mapping[str, Any]) -> list[Say | Think]:
        """What of it is to be shown."""
        shown: list[Say | Think] = []
        for block in delta.get("thinking_blocks") or ():
            self._take_thinking(block)
        if thought := delta.get("reasoning_content"):
            shown.append(Think(str(thought)))
        if words := delta.get("content"):
            self.text += str(words)
            shown.append(Say(str(words)))
        for call in delta.get("tool_calls") or ():
            self._take_call(call)
        return shown

    def calls(self) -> tuple[Call, ...]:
        """Raises `CutTurn` when one is not whole."""
        return tuple(self._call(number, part) for number, part in enumerate(self._parts, start=1))

    def message(self, calls: tuple[Call, ...]) -> Message:
        message = assistant_message(self.text, calls)
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
            raise CutTurn(f"the model's call of {part.name[:100] or 'a tool'} came without whole arguments") from error
