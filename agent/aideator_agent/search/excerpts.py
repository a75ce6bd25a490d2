"""The lines of a file that answer a question best."""

import re
from collections.abc import Mapping
from heapq import nlargest
from typing import Final

from aideator_agent.search.definitions import defined
from aideator_agent.search.words import Question, parts_of, stem
from aideator_agent.values import frozen

MOST_LINES: Final = 20_000  # of a file that are looked at
WIDEST: Final = 160  # bytes of a line that are shown
SEARCHED: Final = 2000  # bytes of a line that are searched
LINES: Final = 3  # of a file that are shown
APART: Final = 3  # lines nearer than that say the same
OF_DEFINITION: Final = 1.7
NAME: Final = re.compile(rb"[A-Za-z0-9_\x80-\xff]+")
TAB: Final = 4
CONTROL: Final = {**dict.fromkeys(range(32), " "), 127: " ", **dict.fromkeys(range(0x80, 0xA0), " ")}


@frozen
class Line:
    number: int  # from 1
    text: str


@frozen
class Excerpt:
    lines: tuple[Line, ...]
    best: int  # the number of the best line; 0: none answers
    within: str = ""  # the definition that the best line lies in


def excerpt(data: bytes, ending: str, question: Question) -> Excerpt:
    """`ending`: of the file's name, which says how it defines."""
    lines = data.split(b"\n", MOST_LINES)[:MOST_LINES]
    wanted = {word.stem: word.weight for word in question.words}
    scored = []
    for at, line in enumerate(lines):
        if score := _score(line[:SEARCHED], ending, wanted, question.phrases):
            scored.append((score, -at))
    chosen: list[int] = []
    for _, at in nlargest(LINES * 8, scored):
        if all(abs(other + at) >= APART for other in chosen):
            chosen.append(-at)
        if len(chosen) == LINES:
            break
    shown = tuple(Line(at + 1, plain(lines[at])) for at in sorted(chosen))
    if not chosen:
        return Excerpt((), 0)
    return Excerpt(shown, chosen[0] + 1, _around(lines, chosen[0], ending))


def holds(data: bytes, phrases: tuple[bytes, ...]) -> bool:
    return all(phrase in data for phrase in phrases)


def _score(line: bytes, ending: str, wanted: Mapping[bytes, float], phrases: tuple[bytes, ...]) -> float:
    small = line.lower()
    near = [word for word in wanted if word in small]
    score = 8.0 * sum(phrase in line for phrase in phrases)
    if not near and not score:
        return 0.0
    names = NAME.findall(line)
    held = {name.lower() for name in names} | {stem(part) for name in names for part in parts_of(name)}
    score += sum(wanted[word] for word in near if word in held)
    if score and (name := defined(line, ending)) is not None:
        own = {name.lower(), *(stem(part) for part in parts_of(name))}
        score += OF_DEFINITION * sum(wanted[word] for word in near if word in own)
    return score


def _around(lines: list[bytes], at: int, ending: str) -> str:
    """Returns the line of the innermost definition above this line that is indented less. Empty: it is one, or there is none."""
    if defined(lines[at][:SEARCHED], ending):
        return ""
    room = _indent(lines[at])
    for line in reversed(lines[max(0, at - 400) : at]):
        if line.strip() and _indent(line) < room:
            room = _indent(line)
            if defined(line[:SEARCHED], ending):
                return plain(line).strip()
        if not room:
            break
    return ""


def _indent(line: bytes) -> int:
    spaces = line[: len(line) - len(line.lstrip())]
    return len(spaces) + (TAB - 1) * spaces.count(b"\t")


def plain(line: bytes) -> str:
    """Returns a line as it may be shown: cut, without control characters."""
    cut = line[:WIDEST].rstrip().decode(errors="replace").translate(CONTROL)
    return f"{cut} …" if len(line) > WIDEST else cut
