"""Ranks the files of an index by a question: BM25 over their names, with what a file defines and what its path says counting more."""

from array import array
from collections import defaultdict
from collections.abc import Mapping, Sequence
from heapq import nlargest
from math import log, sqrt
from typing import Final

from aideator_agent.search.index import DEFINED, OFTEN, SHIFT, Index
from aideator_agent.search.words import Question, Word, parts_of, stem
from aideator_agent.values import frozen

SATURATION: Final = 1.2
LENGTH: Final = 0.4  # how much a file's length counts: those of code say less than those of prose
OF_PATH: Final = 2.2
OF_NAME: Final = 1.6  # of a file, beyond the path
OF_DEFINITION: Final = 0.8
MOST_NAMES: Final = 3000  # that one word stands for
MOST_POSTINGS: Final = 400_000  # that one word looks at
LEAST_SHARE: Final = 0.15  # of the best file's score; below it a file says nothing
MOST_RANKED: Final = 24  # words that are ranked by; a long question has words that say nothing


@frozen
class Ranked:
    path: str
    score: float


class Ranking:
    """Ranks by one index, which may change in between."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._of_paths: Mapping[bytes, array[int]] = {}
        self._seen = -1  # files whose paths are known

    def best(self, question: Question, most: int, below: str = "") -> list[Ranked]:
        """Returns at most so many files, the best first. `below`: a folder or a file that they must be or lie in."""
        self._learn_paths()
        found = sorted(
            ((self._weight(f), f) for f in map(self._found, question.words) if f.any), key=_first, reverse=True
        )
        found = found[:MOST_RANKED]
        total = sum(weight for weight, _ in found) or 1.0
        scores: defaultdict[int, float] = defaultdict(float)
        covered: defaultdict[int, float] = defaultdict(float)
        for weight, each in found:
            for number, score in each.scores(self._index).items():
                scores[number] += weight * score
                covered[number] += weight
        chosen = (
            (score * (0.4 + 0.6 * covered[number] / total) * _prior(self._index.paths[number]), number)
            for number, score in scores.items()
            if self._index.alive[number] and _lies(self._index.paths[number], below)
        )
        best = nlargest(most, chosen)
        least = best[0][0] * LEAST_SHARE if best else 0.0
        return [Ranked(self._index.paths[number], score) for score, number in best if score >= least]

    def _weight(self, found: "_Found") -> float:
        files = len(found.text.keys() | found.paths.keys() | found.names.keys())
        return (
            found.word.weight * log(1 + (len(self._index) - files + 0.5) / (files + 0.5))
            if files < len(self._index)
            else 0.05
        )

    def _found(self, word: Word) -> "_Found":
        found = _Found(word)
        looked = 0
        for share, name in nlargest(MOST_NAMES, self._names(word)):
            postings = self._index.postings(name)
            looked += len(postings)
            for posting in postings:
                number = posting >> SHIFT
                found.text[number] += share * (posting & OFTEN)
                if posting & DEFINED:
                    found.defined[number] = max(found.defined[number], share)
            if looked > MOST_POSTINGS:
                break
        if not word.whole:
            found.paths.update(dict.fromkeys(self._of_paths.get(word.stem, ()), 1.0))
            found.names.update(dict.fromkeys(self._of_paths.get(b"/" + word.stem, ()), 1.0))
        return found

    def _names(self, word: Word) -> "list[tuple[float, bytes]]":
        """Returns the names that a word stands for, each with how much of it that is."""
        if word.whole:
            return [(1.0, name) for name in self._index.holding(word.stem) if name.lower() == word.stem]
        chosen = []
        for name in self._index.holding(word.stem):
            parts = parts_of(name)
            if word.stem in map(stem, parts):
                chosen.append((1 / sqrt(len(parts)), name))
        return chosen

    def _learn_paths(self) -> None:
        if self._seen == len(self._index.paths):
            return
        learnt: defaultdict[bytes, array[int]] = defaultdict(lambda: array("I"))
        for number, path in enumerate(self._index.paths):
            if self._index.alive[number]:
                folder, _, name = path.encode(errors="replace").rpartition(b"/")
                for each in {stem(part) for part in parts_of(folder)}:
                    learnt[each].append(number)
                for each in {stem(part) for part in parts_of(name)}:
                    learnt[each].append(number)
                    learnt[b"/" + each].append(number)
        self._of_paths, self._seen = learnt, len(self._index.paths)


class _Found:
    """Where one word stands: by a file's number."""

    def __init__(self, word: Word) -> None:
        self.word = word
        self.text: defaultdict[int, float] = defaultdict(float)
        self.defined: defaultdict[int, float] = defaultdict(float)
        self.paths: dict[int, float] = {}
        self.names: dict[int, float] = {}

    @property
    def any(self) -> bool:
        return bool(self.text or self.paths)

    def scores(self, index: Index) -> Mapping[int, float]:
        mean = index.mean_length
        scores: defaultdict[int, float] = defaultdict(float)
        for number, often in self.text.items():
            length = SATURATION * (1 - LENGTH + LENGTH * index.lengths[number] / mean)
            scores[number] = often * (SATURATION + 1) / (often + length) + OF_DEFINITION * self.defined.get(number, 0.0)
        for number in self.paths:
            scores[number] += OF_PATH
        for number in self.names:
            scores[number] += OF_NAME
        return scores


def _first(pair: "tuple[float, _Found]") -> float:
    return pair[0]


def _lies(path: str, below: str) -> bool:
    return not below or path == below or path.startswith(f"{below}/")


SELDOM: Final[Sequence[tuple[str, float]]] = (
    ("vendor/", 0.5), ("third_party/", 0.5), ("node_modules/", 0.3), (".min.", 0.3), (".lock", 0.3), ("-lock.", 0.3), (".svg", 0.3),
    (".snap", 0.5), ("fixtures/", 0.8), ("CHANGELOG", 0.8), ("changelog", 0.8),
)  # fmt: skip


def _prior(path: str) -> float:
    """Returns how likely a person would look into such a file."""
    share = 1.0
    for mark, factor in SELDOM:
        if mark in path:
            share *= factor
    return share
