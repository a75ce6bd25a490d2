"""Words of code and of questions: `deleteRun`, `delete_run` and "deleted runs" have the same stems."""

import re
from functools import lru_cache
from typing import Final

from aideator_agent.values import frozen

IDENTIFIER: Final = re.compile(rb"[A-Za-z_\x80-\xff][A-Za-z0-9_\x80-\xff]{1,63}")
PART: Final = re.compile(rb"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[\x80-\xff]+")
PHRASE: Final = re.compile(r'"([^"\n]{2,200})"')
MOST_WORDS: Final = 40  # of a question
ENDINGS: Final = (b"ation", b"ion", b"ing", b"ed", b"er", b"or", b"ly", b"e", b"y")
ROOT: Final = 3  # characters that an ending leaves
FILLERS: Final = frozenset(
    b"""a about after all also an and any are as at be because been before but by can could did do does each every for from had has
    have how i if in into is it its let made make makes may more most must never no nor not now of on one only or other our out over
    own same shall should so some such than that the their them then there these they this those through to too under until up used
    very was we were what when where whether which while who whose why will with without would you your""".split()
)


@frozen
class Word:
    """One thing that a question asks for."""

    stem: bytes  # of a part of a name; or, for a name of several parts, all of it in small letters
    whole: bool  # whether it is such a name
    weight: float = 1.0


@frozen
class Question:
    words: tuple[Word, ...]
    phrases: tuple[bytes, ...] = ()  # what stands in double quotes: a file must hold it as it is


def asked(text: str) -> Question:
    """Returns what a question asks for, each word once."""
    words: dict[tuple[bytes, bool], Word] = {}
    for name in IDENTIFIER.findall(text.encode(errors="replace")):
        parts = parts_of(name)
        if len(parts) > 1:
            words.setdefault((name.lower(), True), Word(name.lower(), whole=True, weight=2.0))
        for part in parts:
            if part not in FILLERS and len(part) > 1:
                words.setdefault((stem(part), False), Word(stem(part), whole=False))
        if len(words) >= MOST_WORDS:
            break
    phrases = tuple(found.encode(errors="replace") for found in PHRASE.findall(text)[:3])
    return Question(tuple(words.values()), phrases)


def parts_of(name: bytes) -> list[bytes]:
    """Returns the parts of a name in small letters: `HTTPServer_2` has http, server and 2."""
    return [part.lower() for part in PART.findall(name)]


@lru_cache(maxsize=100_000)
def stem(part: bytes) -> bytes:
    """Returns the part without its ending, so that `delete`, `deletes`, `deleted` and `deleting` become one."""
    if part.endswith(b"ies") and len(part) > ROOT + 2:
        part = part[:-3] + b"y"
    elif part.endswith(b"s") and not part.endswith((b"ss", b"us", b"is")) and len(part) > ROOT:
        part = part[:-1]
    ending = next((each for each in ENDINGS if part.endswith(each) and len(part) - len(each) >= ROOT), b"")
    part = part.removesuffix(ending)
    return part[:-1] if ending and len(part) > ROOT and part[-1:] == part[-2:-1] and part[-1:] not in b"ls" else part
