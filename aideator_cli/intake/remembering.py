"""Which notes on a repository an agent gets: those that fit the task best, as many as there is room for."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from aideator_agent.spec import Note
from aideator_cli.domain.memory import Memory

TOKENS: Final = 2000  # of all notes in a prompt
TOKEN: Final = 3  # bytes, so that the estimate is rather too high
K1: Final = 1.2
B: Final = 0.75
_WORD: Final = re.compile(r"[^\W_]{2,}")
_FRAME: Final = 8  # tokens of the line around a note


def picked(memories: Sequence[Memory], task: str) -> tuple[Note, ...]:
    """Returns the best match first, then the newest, until the next one has no room."""
    scores = _scores([each.text for each in memories], task)
    ranked = sorted(zip(scores, memories, strict=True), key=lambda pair: (-pair[0], -pair[1].id))
    notes: list[Note] = []
    room = TOKENS
    for _, memory in ranked:
        room -= tokens(memory.text)
        if room < 0:
            break
        notes.append(Note(memory.id, memory.text))
    return tuple(notes)


def tokens(text: str) -> int:
    return math.ceil(len(text.encode(errors="replace")) / TOKEN) + _FRAME


def _scores(texts: Sequence[str], query: str) -> list[float]:
    """Returns the BM25 of each text. There are few, so it needs no index."""
    documents = [Counter(_words(text)) for text in texts]
    if not documents:
        return []
    average = sum(document.total() for document in documents) / len(documents) or 1.0
    holding = Counter(word for document in documents for word in document)
    scores = []
    for document in documents:
        norm = K1 * (1 - B + B * document.total() / average)
        score = 0.0
        for word in dict.fromkeys(_words(query)):
            if count := document[word]:
                rarity = math.log(1 + (len(documents) - holding[word] + 0.5) / (holding[word] + 0.5))
                score += rarity * count * (K1 + 1) / (count + norm)
        scores.append(score)
    return scores


def _words(text: str) -> list[str]:
    """Returns words in small letters, parts of `snake_case` and `camelCase` apart, without a plural's s."""
    apart = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", text)
    return [word.removesuffix("s") if len(word) > 3 else word for word in map(str.lower, _WORD.findall(apart))]
