"""What was sent to a model, request by request, for a person to read."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from aideator_cli.text.clean import clean, one_line
from aideator_cli.text.figures import plural
from aideator_cli.views.colours import BOLD, DIM, paint
from aideator_cli.views.screen import Screen


class Request(Protocol):
    """See `actions.prompts_sent.Request`."""

    @property
    def step(self) -> int: ...
    @property
    def time(self) -> str: ...
    @property
    def host(self) -> str | None: ...
    @property
    def sha256(self) -> str: ...
    @property
    def text(self) -> str | None: ...
    @property
    def messages(self) -> list[dict[str, Any]]: ...


def show_sent(screen: Screen, requests: Iterable[Request], nowhere: str) -> None:
    """`nowhere` stands in a host's place where none is known."""
    for request in requests:
        to = one_line(request.host or nowhere)
        head = f"step {request.step}  {one_line(request.time)[11:19]}  to {to}  sha256 {one_line(request.sha256)[:12]}"
        screen.line(paint(head, BOLD) if screen.colour else head)
        if request.text is None:
            _line(screen, "the log had no room for the text", DIM)
        for message in request.messages:
            _message(screen, message)
        screen.line()


def _message(screen: Screen, message: Mapping[str, Any]) -> None:
    content = message.get("content")
    text = content if isinstance(content, str) else str(content)
    _line(screen, f"{one_line(str(message.get('role')))}, {plural(len(text), 'character')}", DIM)
    for line in clean(text).expandtabs(4).split("\n"):
        screen.line(f"  {line}")


def _line(screen: Screen, text: str, style: str) -> None:
    screen.line(paint(text, style) if screen.colour else text)
