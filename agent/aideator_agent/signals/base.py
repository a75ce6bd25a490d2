"""What is asked of the base of a patch, and how git answers."""

import os
from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from typing import Final, Protocol

from aideator_agent.git import Git
from aideator_agent.patterns import lazy
from aideator_agent.values import frozen

FOUND: Final = 4 * 1024 * 1024  # bytes of git's answer that are read
READ: Final = 4 * 1024 * 1024  # bytes of these files together
_BLOB: Final = lazy(rb"[0-9a-f]+ blob (\d+)\Z")


class Base(Protocol):
    """What is asked of the base."""

    def paths(self) -> frozenset[str]: ...

    def with_text(self, texts: Collection[str]) -> Mapping[str, frozenset[str]]:
        """Returns the files that have each of these texts."""

    def texts(self, paths: Iterable[str]) -> Mapping[str, str]:
        """Returns what these files hold, up to a bound for all of them."""


@frozen
class GitBase:
    """See `Base`. `git` has the private GIT_DIR."""

    git: Git
    commit: str

    def paths(self) -> frozenset[str]:
        return self._paths

    @cached_property
    def _paths(self) -> frozenset[str]:
        listed = self.git.run("ls-tree", "-r", "-z", "--name-only", "--full-tree", self.commit)
        return frozenset(os.fsdecode(path) for path in listed.out.split(b"\0") if path)

    def with_text(self, texts: Collection[str]) -> Mapping[str, frozenset[str]]:
        asked = [text for text in texts if text and "\n" not in text]
        if not asked:
            return {}
        words = "\n".join(asked).encode(errors="surrogateescape")
        options = ("--fixed-strings", "--only-matching", "-I", "--null", "--no-color", "-f", "-")
        found = self.git.run("grep", *options, self.commit, stdin=words, limit=FOUND)
        places: dict[str, set[str]] = {}
        for line in found.out.split(b"\n"):
            path, _, text = line.partition(b"\0")
            places.setdefault(os.fsdecode(text), set()).add(os.fsdecode(path.partition(b":")[2]))
        return {text: frozenset(places.get(text, ())) for text in asked}

    def texts(self, paths: Iterable[str]) -> Mapping[str, str]:
        asked = [path for path in paths if "\n" not in path]
        if not asked:
            return {}
        words = b"".join(f"{self.commit}:".encode() + os.fsencode(path) + b"\n" for path in asked)
        data = self.git.run("cat-file", "--batch", stdin=words, limit=READ).out
        texts: dict[str, str] = {}
        for path in asked:
            head, _, data = data.partition(b"\n")
            if size := _BLOB.match(head):
                texts[path] = data[: int(size[1])].decode(errors="replace")
                data = data[int(size[1]) + 1 :]
        return texts
