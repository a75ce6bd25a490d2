"""Who in a team says something to whom, in words. The returned text is still foreign: views clean it."""

from aideator_agent.colleague import PERSON
from aideator_cli.domain.handing import Message
from aideator_cli.text.clean import one_line


def between(message: Message) -> str:
    """Returns who has said a message of a team to whom."""
    by, to = ("you" if name == PERSON else one_line(name) for name in (message.by, message.to))
    verb = {"handed": "→", "asked": "asks", "answered": "answers", "told": "tells"}.get(message.what)
    if by == "you":
        verb = {"answers": "answer", "tells": "tell"}.get(verb or "", verb)
    return f"{by} {verb} {to}" if verb and to else by
