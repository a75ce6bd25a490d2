"""What the user sets of each request to the model, whatever the agent asks for: temperature, length of the answer, and tools."""

import re
from collections.abc import Collection, Mapping
from typing import Any, Final

from aideator_agent.program import Wire
from aideator_agent.values import frozen

LEAST_THOUGHT: Final = 1024  # tokens, below which Anthropic takes no budget for thoughts
_ANSWERS: Final = re.compile(r"chat/completions|completions|responses|messages|models/.*:(?:stream)?[gG]enerateContent")
_GROUPS: Final = ("functionDeclarations", "tools")  # Gemini's, and a namespace of OpenAI's responses
_CHOOSING: Final = ("tool_choice", "toolConfig", "parallel_tool_calls")  # may name a tool that is gone
_OF_CHAT: Final = ("max_tokens", "max_completion_tokens")  # the second is the only one that newer models of OpenAI take
_LENGTHS: Final[Mapping[Wire, tuple[str, ...]]] = {
    "anthropic": ("max_tokens",),
    "openai": (*_OF_CHAT, "max_output_tokens"),
    "responses": (*_OF_CHAT, "max_output_tokens"),
    "gemini": ("maxOutputTokens",),
}


@frozen
class Shape:
    """None leaves it to the agent. `output`: tokens. `tools`: the only ones of the agent's own that the model is offered.

    `served`: MCP servers, or tools of theirs as SERVER__TOOL, that it is offered besides.
    """

    temperature: float | None = None
    output: int | None = None
    tools: Collection[str] | None = None
    served: Collection[str] = ()

    def shaped(
        self, wire: Wire, operation: str, body: Mapping[str, Any], refused: frozenset[str]
    ) -> tuple[Mapping[str, Any], list[str]]:
        """Returns the request's body, and the fields that the agent would not have sent so. A provider may refuse one: it is left out."""
        if not _ANSWERS.fullmatch(operation):
            return body, []
        body = self._with_tools(body)
        inner = body.get("generationConfig") if wire == "gemini" else body
        fields = dict(inner) if isinstance(inner, Mapping) else {}
        ours = self._limit(wire, operation, fields, refused)
        if (
            self.temperature is not None
            and "temperature" not in refused
            and fields.get("temperature") != self.temperature
        ):
            fields["temperature"] = self.temperature
            ours.append("temperature")
        if wire != "gemini":
            return fields, ours
        return ({**body, "generationConfig": fields} if fields else body), ours

    def _with_tools(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        offered = body.get("tools")
        if self.tools is None or not isinstance(offered, list):
            return body
        left = [part for tool in offered if (part := self._part(tool)) is not None]
        if left == offered:
            return body
        body = {name: value for name, value in body.items() if name not in _CHOOSING}
        return {**body, "tools": left} if left else {name: value for name, value in body.items() if name != "tools"}

    def _part(self, tool: Any, within: str = "") -> Any:
        """Returns what is left of an entry of a request's tools: one tool, or a group of them. None: nothing."""
        if not isinstance(tool, dict):
            return None
        for group in _GROUPS:
            if isinstance(tool.get(group), list):
                inside = f"{tool['name']}__" if isinstance(tool.get("name"), str) else ""
                left = [part for each in tool[group] if (part := self._part(each, inside)) is not None]
                return {**tool, group: left} if left else None
        function = tool.get("function")
        name = str((function if isinstance(function, dict) else tool).get("name") or tool.get("type") or "")
        return tool if name in (self.tools or ()) or self._is_served(f"{within}{name}") else None

    def _is_served(self, name: str) -> bool:
        """Agents write a server's tool as `mcp__SERVER__TOOL`, `mcp_SERVER_TOOL` or `SERVER_TOOL`."""
        for each in self.served:
            server, _, tool = each.partition("__")
            if re.fullmatch(rf"(?:mcp_+)?{re.escape(server)}_+{re.escape(tool) if tool else '.+'}", name):
                return True
        return False

    def _limit(self, wire: Wire, operation: str, fields: dict[str, Any], refused: frozenset[str]) -> list[str]:
        if self.output is None:
            return []
        asked = [name for name in _LENGTHS[wire] if isinstance(fields.get(name), int)]
        for name in asked:
            fields[name] = min(fields[name], self.output)
        _think_less(fields, self.output)
        if asked:
            return []
        usual = _LENGTHS[wire] if operation in ("chat/completions", "completions", "messages") else _LENGTHS[wire][-1:]
        added = [name for name in usual[:2] if name not in refused][:1]
        fields.update(dict.fromkeys(added, self.output))
        return added


def _think_less(fields: dict[str, Any], output: int) -> None:
    """Anthropic refuses a budget for thoughts that is not below the limit of the answer that holds them."""
    thinking = fields.get("thinking")
    budget = thinking.get("budget_tokens") if isinstance(thinking, dict) else None
    if not isinstance(thinking, dict) or not isinstance(budget, int) or budget < output:
        return
    if output // 2 >= LEAST_THOUGHT:
        fields["thinking"] = {**thinking, "budget_tokens": output // 2}
    else:
        del fields["thinking"]
