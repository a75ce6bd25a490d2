"""Searches a checkout: keeps the index as the files are now, and answers questions in text for a model."""

import gc
import posixpath
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from aideator_agent import pieces
from aideator_agent.mcp.offer import Wrong
from aideator_agent.search import mapping
from aideator_agent.search.definitions import ending_of
from aideator_agent.search.excerpts import Excerpt, excerpt, holds
from aideator_agent.search.index import DATA, Index
from aideator_agent.search.ranking import Ranked, Ranking
from aideator_agent.search.tree import Repository, Seen, Tree
from aideator_agent.search.words import Question, asked

FILES: Final = 10  # that an answer shows
CANDIDATES: Final = 400  # files that are read for a phrase
BUILDING_SECONDS: Final = 30.0  # of the CPU; what is left is indexed before the next answer
PHRASE_SECONDS: Final = 5.0
PROSE: Final = frozenset(
    ("md", "rst", "txt", "json", "jsonl", "yaml", "yml", "lock", "svg", "csv", "html", "map", "xml", "po", "snap")
)


class Engine:
    def __init__(
        self, root: Path, repositories: Sequence[Repository], start: str = "", check: Callable[[], None] = lambda: None
    ) -> None:
        """`start`: the folder from which paths are named. `check` is called constantly and may raise to stop it."""
        self.index = Index()
        self._tree = Tree(root, repositories, check)
        self._ranking = Ranking(self.index)
        self._start = start
        self._seen: dict[str, Seen] = {}
        self._waiting = 0  # files that are not indexed yet

    def answer(self, query: str, path: str = "") -> str:
        """Returns the files that answer best, or without a query the map. `path`: the folder or file to search, from `start`.

        Raises `Wrong`, or what `check` raises.
        """
        below = self._below(path)
        self.refresh()
        if not query.strip():
            return self._noted(mapping.drawn(self.index, self._tree.read, below))
        question = asked(query)
        if not question.words and not question.phrases:
            raise Wrong("The query has no word to search for. Name what the code is about, or an identifier.")
        found = self._found(question, below)
        if not found:
            where = f" in {path}" if below else ""
            return self._noted(f"Nothing in {len(self.index):,} files{where} answers that. Try other words, or fewer.")
        return self._noted("\n\n".join(self._shown(*each) for each in found))

    def refresh(self) -> None:
        """Brings the index up to date with the files as they are now, within `BUILDING_SECONDS`."""
        paths = self._tree.paths()
        for gone in self._seen.keys() - set(paths):
            del self._seen[gone]
            self.index.drop(gone)
        gc.disable()  # the index is millions of numbers, and none of them is garbage
        try:
            code, prose = [p for p in paths if not _is_prose(p)], [p for p in paths if _is_prose(p)]
            self._waiting = self._taken(code, prose, time.process_time() + BUILDING_SECONDS)
        finally:
            gc.enable()

    def best(self, query: str, most: int) -> list[str]:
        """Returns the paths alone, the best first, as the index has them."""
        return [each.path for each in self._ranking.best(asked(query), most)]

    def _taken(self, code: Sequence[str], prose: Sequence[str], until: float) -> int:
        """Indexes what has changed. Returns how many files are left for the next time."""
        left = 0
        for paths in (code, prose):
            present = set()
            for path, seen, read in self._tree.looked_at(paths):
                present.add(path)
                if self._seen.get(path) == seen:
                    continue
                if time.process_time() > until:
                    left += 1
                    continue
                self.index.put(path, read())
                self._seen[path] = seen
            for path in paths:
                if path in self._seen and path not in present:
                    del self._seen[path]
                    self.index.drop(path)
        return left

    def _found(self, question: Question, below: str) -> list[tuple[Ranked, Excerpt]]:
        most = CANDIDATES if question.phrases else FILES
        until = time.monotonic() + PHRASE_SECONDS
        found: list[tuple[Ranked, Excerpt]] = []
        for ranked in self._ranking.best(question, most, below):
            data = self._tree.read(ranked.path)
            if question.phrases and not holds(data, question.phrases):
                if time.monotonic() > until:
                    break
                continue
            found.append((ranked, excerpt(b"" if DATA in data else data, ending_of(ranked.path), question)))
            if len(found) == FILES:
                break
        return found

    def _shown(self, ranked: Ranked, lines: Excerpt) -> str:
        name = self._named(ranked.path)
        if not lines.lines:
            return f"{name}  (by its name)"
        head = f"{name}:{lines.best}" + (f"  in {lines.within}" if lines.within else "")
        return "\n".join([head, *(f"{line.number:>6}: {line.text}" for line in lines.lines)])

    def _named(self, path: str) -> str:
        shown = posixpath.relpath(path, self._start) if self._start else path
        plain = str(pieces.clean(shown))
        return plain if plain.isprintable() else ascii(plain)

    def _below(self, path: str) -> str:
        if path.startswith("/"):
            raise Wrong(f"{path} must be a path inside the repository, from where commands start.")
        below = posixpath.normpath(posixpath.join(self._start, path)) if path else ""
        if below == ".." or below.startswith("../"):
            raise Wrong(f"{path} leads out of the repository.")
        return "" if below == "." else below

    def _noted(self, text: str) -> str:
        if self._waiting:
            return f"{text}\n\n[{self._waiting:,} files are not indexed yet. Ask again for more of them.]"
        if self.index.full:
            return f"{text}\n\n[The repository is larger than the index may be: rare names of some files are missing.]"
        return text


def _is_prose(path: str) -> bool:
    return ending_of(path) in PROSE
