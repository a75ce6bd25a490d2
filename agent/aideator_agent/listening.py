"""Shows a model's words as they arrive, and returns its whole turn."""

from collections.abc import Iterable

from aideator_agent.emitter import Emitter
from aideator_agent.models.base import Piece, Remark, Say, Think, Turn
from aideator_agent.stream import Stream
from aideator_agent.verdict import failed


def listened(pieces: Iterable[Piece], emitter: Emitter, *, aloud: bool = True) -> Turn:
    """Emits the pieces of a turn, or only what the user should know of it. Raises what they raise, and `Ended` if the turn has no end."""
    words = {Say: Stream(emitter, "say", "the model's words"), Think: Stream(emitter, "think", "the model's thoughts")}
    spoken: type[Say | Think] | None = None
    try:
        for piece in pieces:
            if isinstance(piece, Turn):
                return piece
            if isinstance(piece, Remark):
                emitter.notice("warning", piece.text)
                continue
            if not aloud:
                continue
            kind = type(piece)
            if spoken not in (None, kind):
                words[spoken].rest()
            spoken = kind
            words[kind].feed(piece.text)
    finally:
        for stream in words.values():
            stream.close()
    raise failed("agent", "the model's turn did not end")
