"""Secrets in a commit, which every agent's model may see. The search takes a few seconds at most, however large the repository is."""

import os
import selectors
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from time import monotonic
from typing import Final

from aideator_agent import secret_forms
from aideator_agent.spec import RunSpec
from aideator_agent.values import frozen
from aideator_cli.errors import AideatorError
from aideator_cli.intake.models import SCRIPTED
from aideator_cli.intake.repository import Located
from aideator_cli.system.git import Git

SECONDS: Final = 3.0
BYTES: Final = 16 * 1024**2  # of lines that may hold something
KEYS: Final = 20  # files with the first line of a private key, which are read whole
LARGEST: Final = 1024**2  # bytes of such a file
MOST: Final = 50  # places
SHOWN: Final = 5


@frozen
class Exposed:
    path: str
    what: str  # for people


@frozen
class Search:
    found: tuple[Exposed, ...]
    complete: bool  # whether all of the commit was searched


def search(git: Git, base: str, seconds: float = SECONDS) -> Search:
    """Searches the files of a commit for `seconds` at most. Finds nothing if git can't."""
    deadline = monotonic() + seconds
    lines = _Lines(git, base, deadline)
    places: dict[tuple[str, str], None] = {}
    keys: dict[str, None] = {}
    for path, line in lines:
        if secret_forms.KEY_MARK in line and "PRIVATE KEY" in line:
            keys[path] = None
        for each in secret_forms.found(line):
            places[path, each.what] = None
    for path in list(keys)[:KEYS]:
        for each in secret_forms.found(_text(git, base, path)) if monotonic() < deadline else ():
            places[path, each.what] = None
    found = tuple(Exposed(path, what) for path, what in list(places)[:MOST])
    return Search(found, lines.complete and len(keys) <= KEYS and monotonic() < deadline)


def remarks(located: Located, spec: RunSpec) -> tuple[str, ...]:
    """Returns what the user should know before models see the repository. Nothing is searched if only scripts are asked."""
    real = [v for v in spec.variations if not v.model.startswith(SCRIPTED)]
    if located.folder is None or located.base is None or not real:
        return ()
    done = search(Git(located.folder), located.base)
    told = []
    if done.found:
        names = ", ".join(f"{each.path} ({each.what})" for each in done.found[:SHOWN])
        more = f" and {len(done.found) - SHOWN} more" if len(done.found) > SHOWN else ""
        if not spec.withhold_secrets:
            told.append(
                f"models may see what looks like secrets: {names}{more}; --withhold-secrets keeps them from the model"
            )
        elif programs := sorted({v.agent.name for v in real if v.agent is not None}):
            told.append(f"{' and '.join(programs)} may send what looks like secrets all the same: {names}{more}")
    if not done.complete:
        told.append(
            f"only a part of the repository was searched for secrets, because that took longer than {SECONDS:g} s"
        )
    return tuple(told)


class _Lines:
    """The lines of a commit that hold one of the marks, with their files."""

    def __init__(self, git: Git, base: str, deadline: float) -> None:
        self.complete = False
        marks = [word for mark in secret_forms.MARKS for word in ("-e", mark)]
        self._words = git.words("grep", "-I", "-z", "--no-color", "--full-name", "-F", *marks, base)
        self._git = git
        self._prefix = f"{base}:"
        self._deadline = deadline

    def __iter__(self) -> Iterator[tuple[str, str]]:
        rest, count = b"", 0
        for piece in self._pieces():
            count += len(piece)
            *whole, rest = (rest + piece).split(b"\n")
            for raw in whole:
                path, _, line = raw.partition(b"\0")
                yield os.fsdecode(path).removeprefix(self._prefix), line.decode(errors="replace")
            if count > BYTES or len(rest) > BYTES:
                self.complete = False
                return

    def _pieces(self) -> Iterator[bytes]:
        try:
            child = subprocess.Popen(
                self._words, cwd=self._git.folder, env=self._git.environment(), stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            )  # fmt: skip
        except OSError:
            return
        assert child.stdout is not None
        with child, selectors.DefaultSelector() as selector:
            selector.register(child.stdout, selectors.EVENT_READ)
            try:
                while selector.select(max(0.0, self._deadline - monotonic())):
                    piece = os.read(child.stdout.fileno(), 1 << 16)
                    if not piece:
                        self.complete = True
                        return
                    yield piece
            finally:
                child.kill()


def _text(git: Git, base: str, path: str) -> str:
    with suppress(AideatorError, ValueError):
        name = f"{base}:{path}"
        if int(git.need("cat-file", "-s", name)) <= LARGEST:
            return git.need("cat-file", "blob", name).decode(errors="replace")
    return ""
