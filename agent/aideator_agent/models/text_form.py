"""Writes a conversation for a model that is not given tools but writes its calls as text."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aideator_agent.models.base import Message
from aideator_agent.models.text_calls import Form

EXAMPLE: Final = {"command": "ls"}
INSTRUCTIONS: Final = """\
You have these tools, one in each line:
{tools}

You call a tool by writing the call as text. Write it exactly like this, as the end of your turn, with nothing after it:
{example}
You may write several calls, one after the other. Their results come in the next message."""


def as_text(messages: Sequence[Message], tools: Sequence[Message], form: Form) -> list[Message]:
    """Returns the same conversation without tools: the system message tells the form, and calls and results are words."""
    told = _instructions(tools, form)
    first, rest = (messages[0], messages[1:]) if messages[0]["role"] == "system" else ({"content": ""}, messages)
    written: list[Message] = [{"role": "system", "content": f"{first['content']}\n\n{told}".strip()}]
    for message in rest:
        _add(written, _plain(message, form))
    return written


def with_hint(messages: Sequence[Message], tools: Sequence[Message], form: Form) -> list[Message]:
    """Returns the conversation with tools and form added to its last message, for a model whose server may hide the tools."""
    *before, last = messages
    hint = f"If you cannot see your tools: {_instructions(tools, form)}"
    return [*before, {**last, "content": f"{last['content']}\n\n{hint}"}]


def _instructions(tools: Sequence[Message], form: Form) -> str:
    listed = "\n".join(json.dumps(tool["function"], ensure_ascii=False) for tool in tools)
    return INSTRUCTIONS.format(tools=listed, example=_call(form, "bash", EXAMPLE))


def _plain(message: Message, form: Form) -> Message:
    if message["role"] == "tool":
        return {"role": "user", "content": f"<tool_response>\n{message['content']}\n</tool_response>"}
    calls = [_call_of(call, form) for call in message.get("tool_calls", ())]
    return {
        "role": message["role"],
        "content": "\n".join([*([message["content"]] if message["content"] else []), *calls]),
    }


def _add(written: list[Message], message: Message) -> None:
    """Joins what one side says in a row: some models take nothing but turns."""
    last = written[-1]
    if last["role"] == message["role"]:
        written[-1] = {**last, "content": f"{last['content']}\n\n{message['content']}"}
    else:
        written.append(message)


def _call_of(call: Mapping[str, Any], form: Form) -> str:
    return _call(form, call["function"]["name"], json.loads(call["function"]["arguments"]))


def _call(form: Form, name: str, arguments: Mapping[str, Any]) -> str:
    if form == "function":
        values = "".join(f"<parameter={key}>\n{_value(value)}\n</parameter>\n" for key, value in arguments.items())
        return f"<tool_call>\n<function={name}>\n{values}</function>\n</tool_call>"
    text = json.dumps({"name": name, "arguments": arguments}, ensure_ascii=False)
    return f"```json\n{text}\n```" if form == "json" else f"<tool_call>\n{text}\n</tool_call>"


def _value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
