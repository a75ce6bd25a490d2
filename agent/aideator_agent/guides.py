"""What a repository says to agents: its AGENTS.md and CLAUDE.md, and after them `.aideator/instructions.md`.

They are read from the checkout as it is before the first command.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from aideator_agent import files
from aideator_agent.files import FileRefused
from aideator_agent.spec import Repository

GUIDES: Final = ("AGENTS.md", "CLAUDE.md")
FOLDER: Final = ".aideator"  # checked out with --sparse, too
INSTRUCTIONS: Final = f"{FOLDER}/instructions.md"
BYTES: Final = 256 * 1024  # of a guide that is looked at
SHOWN: Final = 20_000  # characters of a guide that are passed on


def guides(root: Path, repository: Repository) -> list[str]:
    """Returns what the repository says to every agent, and then to AIdeator's: at its top, and in the folder in which commands start."""
    return _said(root, [*GUIDES, *map(repository.from_top, GUIDES), *_instructions(repository)])


def instructions(root: Path, repository: Repository) -> list[str]:
    """Returns only what the repository says to AIdeator's agents, for programs that look for their own guides."""
    return _said(root, _instructions(repository))


def _instructions(repository: Repository) -> list[str]:
    return [INSTRUCTIONS, repository.from_top(INSTRUCTIONS)]


def _said(root: Path, paths: Iterable[str]) -> list[str]:
    texts: dict[str, str] = {}  # text -> path; one is often a link to the other
    for path in dict.fromkeys(paths):
        try:
            text = files.read(root, path, BYTES).decode(errors="replace").strip()
        except FileRefused:
            continue
        if text:
            texts.setdefault(text[:SHOWN] + ("\n[cut]" if len(text) > SHOWN else ""), path)
    return [f"The repository's {path} says:\n\n{text}" for text, path in texts.items()]
