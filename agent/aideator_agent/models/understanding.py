"""Makes whole turns of what a model's server leaves in the text: its thoughts, and its calls."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from aideator_agent.lenient import tool_named
from aideator_agent.models.base import (
    Call,
    Message,
    Model,
    ModelError,
    Piece,
    Remark,
    Say,
    ToolsRefused,
    Turn,
    assistant_message,
)  # fmt: skip
from aideator_agent.models.text_calls import Form, Found, find
from aideator_agent.models.text_form import as_text, with_hint
from aideator_agent.models.thoughts import Thoughts, without_thought

USUAL_FORM: Final[Form] = "tags"  # the one that most models know
TAKEN: Final = "The model writes its calls as text. AIdeator takes them from there, and asks for that form from now on."


class Understanding:
    """A model whose turns are understood. What it learns holds for the attempt."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._form: Form | None = None  # in which calls are asked for as text; None: the endpoint gets tools
        self._taken = 0  # calls from text
        self._calls = False  # whether it has called a tool as the endpoint has it

    def turn(self, messages: Sequence[Message], tools: Sequence[Message]) -> Iterator[Piece]:
        """See `Model.turn`."""
        try:
            yield from self._turn(messages, tools)
        except ToolsRefused as error:
            if self._form is not None or not tools:
                raise ModelError(str(error)) from error
            self._form = USUAL_FORM
            yield Remark(f"The endpoint takes no tools ({error}). The model is asked to write its calls as text.")
            yield from self._turn(messages, tools)

    def _turn(self, messages: Sequence[Message], tools: Sequence[Message]) -> Iterator[Piece]:
        in_text = self._form is not None and bool(tools)
        thoughts = Thoughts()
        said = ""
        for piece in self._model.turn(self._sent(messages, tools), () if in_text else tools):
            if isinstance(piece, Say | Turn):
                for part in thoughts.feed(piece.text) if isinstance(piece, Say) else thoughts.rest():
                    said += part.text if isinstance(part, Say) else ""
                    yield part
                if isinstance(piece, Turn):
                    yield from self._whole(
                        piece, without_thought(said if thoughts.found else piece.text), messages, tools
                    )
            else:
                yield piece

    def _sent(self, messages: Sequence[Message], tools: Sequence[Message]) -> Sequence[Message]:
        """Returns the conversation as the model is to read it."""
        if not tools:
            return messages
        if self._form is not None:
            return as_text(messages, tools, self._form)
        silent = not self._calls and any(message["role"] == "assistant" for message in messages)
        return with_hint(messages, tools, USUAL_FORM) if silent and messages[-1]["role"] == "user" else messages

    def _whole(self, turn: Turn, text: str, messages: Sequence[Message], tools: Sequence[Message]) -> Iterator[Piece]:
        """Yields the turn with its calls and without its thoughts."""
        found = None if turn.calls or turn.cut or not tools else self._found(text, messages, tools)
        self._calls = self._calls or bool(turn.calls)
        if found is None:
            text = text.strip() if text != turn.text else text
            names = _names(tools)
            named = tuple(replace(call, tool=tool_named(call.tool, names) or call.tool) for call in turn.calls)
            yield replace(turn, text=text, calls=named, message={**turn.message, "content": text or None})
            return
        if self._form is None:
            yield Remark(TAKEN)
        self._form = found.form
        names = _names(tools)
        calls = tuple(self._call(tool_named(call.tool, names) or call.tool, call.arguments) for call in found.calls)
        text = text[: found.start].strip()
        yield replace(turn, text=text, calls=calls, message=assistant_message(text, calls))

    def _found(self, text: str, messages: Sequence[Message], tools: Sequence[Message]) -> Found | None:
        """Returns the calls in the text. Those that the model only quotes from a result are none."""
        names = _names(tools)
        found = find(text, lambda name: tool_named(name, names) is not None, asked=self._form)
        if found is None:
            return None
        words = text[found.start :].strip()
        quoted = any(message["role"] == "tool" and words in str(message["content"]) for message in messages)
        return None if quoted else found

    def _call(self, tool: str, arguments: dict[str, object]) -> Call:
        self._taken += 1
        return Call(f"text_{self._taken}", tool, arguments)


def _names(tools: Sequence[Message]) -> list[str]:
    return [tool["function"]["name"] for tool in tools]
