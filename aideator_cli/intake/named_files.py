"""Files that people name by a word, such as roles and teams: the word is the file's name without its ending."""

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from aideator_cli.errors import usage

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}")


def is_path(word: str, *endings: str) -> bool:
    """Whether the word names a file by its path."""
    return "/" in word or os.sep in word or word.startswith("~") or word.endswith(endings)


def is_name(word: str) -> bool:
    return _NAME.fullmatch(word) is not None


def listed(folder: Path, *endings: str) -> list[Path]:
    """Returns the files in a folder that a word can name."""
    return sorted(path for path in folder.glob("*") if path.suffix in endings and is_name(path.stem))


def names(shipped: Iterable[str], own: Iterable[Path]) -> list[str]:
    """Returns each name once."""
    return list(dict.fromkeys((*shipped, *(path.stem for path in own))))


def checked_name(name: str, what: str, kind: str, example: str) -> str:
    """Raises `AideatorError` (usage) for what can't name a `kind`. `what`: where the name comes from."""
    if not is_name(name):
        raise usage(f"{what!r} can't be a {kind}'s name", f"up to 60 letters, digits, _, - and ., such as {example}")
    return name
