"""A judge at the other end of real HTTP: it answers by what stands in the two patches, as a model does, and not by its turn."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.fixtures.openai_server import ScriptedOpenAI
from tests.fixtures.script_player import Element

Opinion = Callable[[str, str], str | Element]  # of what was shown as A and as B
_PATCH = re.compile(r"<patch ([AB]) ([0-9a-f]{32})>\n(.*?)\n</patch \1 \2>", re.DOTALL)


class OpinionPlayer:
    def __init__(self, opinion: Opinion) -> None:
        self.models = ["judge"]
        self._opinion = opinion

    def element(self, _model: str, _key: str | None, messages: Sequence[Mapping[str, Any]]) -> tuple[int, Element]:
        said = self._opinion(*shown(str(messages[-1]["content"])))
        element: Element = {"say": said} if isinstance(said, str) else said
        return 0, {"usage": {"input": 1000, "output": 100}, **element}


def shown(question: str) -> tuple[str, str]:
    """What stands between the markers of A and of B."""
    found = {match[1]: match[3] for match in _PATCH.finditer(question)}
    return found["A"], found["B"]


def hold(server: ScriptedOpenAI, opinion: Opinion) -> ScriptedOpenAI:
    """The same server, with this opinion."""
    server.player = OpinionPlayer(opinion)  # type: ignore[assignment]
    return server


def prefers(word: str) -> Opinion:
    """The patch that holds the word, wherever it stands; a tie of those that both do or don't."""

    def opinion(first: str, second: str) -> str:
        verdict = "TIE" if (word in first) == (word in second) else "A" if word in first else "B"
        return f'{{"reason": "It is the one that holds {word}.", "verdict": "{verdict}"}}'

    return opinion
