"""Which files are carried: what `.worktreeinclude` names of what git ignores, and what `--carry` names."""

import os
import re
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from aideator_cli.errors import not_found, usage
from aideator_cli.system.git import Git

NAME: Final = ".worktreeinclude"
PATTERN_BYTES: Final = 64 * 1024  # of the file with the patterns
SHOWN: Final = 60  # characters of a pattern in a warning


@dataclass
class Included:
    paths: list[str] = field(default_factory=list)  # from the top of the working tree
    remarks: list[str] = field(default_factory=list)


def find(top: Path, asked: Sequence[Path]) -> Included:
    """Returns the files to carry, sorted. Raises `AideatorError` if a path of `asked` can't be carried."""
    git = Git(top)
    found = Included()
    names = {*_by_patterns(git, top, found), *(path for each in asked for path in _by_path(git, top, each, found))}
    found.paths = sorted(path for path in names if _is_plain(top, path, found))
    return found


def _by_patterns(git: Git, top: Path, found: Included) -> list[str]:
    file = top / NAME
    try:
        if not stat.S_ISREG(file.lstat().st_mode) or file.lstat().st_size > PATTERN_BYTES:
            found.remarks.append(f"{NAME} is not used: it is not a plain file of at most {PATTERN_BYTES // 1024} KiB")
            return []
        text = file.read_bytes().decode(errors="replace")
    except OSError as error:
        if not isinstance(error, FileNotFoundError):
            found.remarks.append(f"{NAME} is not used: {error.strerror}")
        return []
    for number, line in enumerate(text.splitlines(), 1):
        if why := _mistake(line):
            found.remarks.append(f"{NAME}:{number}: {line[:SHOWN]!r} matches nothing: {why}")
    named = git.need("ls-files", "--others", "--ignored", f"--exclude-from={file}", "-z")
    if not named:
        return []
    ignored = git.run("check-ignore", "-z", "--stdin", stdin=named).out
    return [os.fsdecode(path) for path in ignored.split(b"\0")[:-1]]


def _mistake(line: str) -> str | None:
    """Returns what is wrong with a pattern. Git ignores such a pattern without a word."""
    text = re.sub(r"(?<!\\)\s+\Z", "", line)
    if not text or text.startswith("#"):
        return None
    if len(re.search(r"\\*\Z", text)[0]) % 2:  # type: ignore[index]
        return "it ends with a backslash"
    pattern = text.removeprefix("!")
    if not pattern.strip("/"):
        return "it names no file"
    if ".." in pattern.split("/"):
        return "it leads out of the repository"
    if re.search(r"\[[^\]]*\Z", re.sub(r"\\.|\[[!^]?\]?[^\]]*\]", "", pattern)):
        return "a bracket is not closed"
    return None


def _by_path(git: Git, top: Path, asked: Path, found: Included) -> Iterable[str]:
    """Returns the file, or every file in the folder, that no commit has."""
    named = asked.expanduser()
    if not os.path.lexists(named):
        hint = None if named.is_absolute() else f"relative paths start at {Path.cwd()}"
        raise not_found(f"--carry {asked}: there is no such file", hint=hint)
    place = named.parent.resolve() / named.name
    try:
        path = str(place.relative_to(top.resolve()))
    except ValueError as error:
        raise usage(f"--carry {asked} is outside the repository {top}", hint="copy it into the repository") from error
    if path == "." or ".git" in Path(path).parts:
        raise usage(f"--carry {asked}: name a file or a folder inside the repository, and not git's own")
    others = git.need("ls-files", "--others", "-z", "--", f":(top,literal){path}").split(b"\0")[:-1]
    if not others:
        if git.need("ls-files", "-z", "--", f":(top,literal){path}"):
            raise usage(
                f"--carry {asked}: git tracks it, so the commit has it",
                hint="--dirty also takes its uncommitted changes",
            )
        raise usage(f"--carry {asked}: there is no plain file to carry")
    if not place.is_dir() and place.is_symlink():
        found.remarks.append(f"{path} is a symbolic link, which is not carried")
    return map(os.fsdecode, others)


def _is_plain(top: Path, path: str, found: Included) -> bool:
    if path.endswith("/"):
        found.remarks.append(f"{path} is a repository of its own, which is not carried")
        return False
    try:
        mode = (top / path).lstat().st_mode
    except OSError:
        return False
    if stat.S_ISREG(mode):
        return True
    if not stat.S_ISLNK(mode):
        found.remarks.append(f"{path} is not a plain file, so it is not carried")
    return False


def tracked(git: Git, base: str, paths: Sequence[str]) -> set[str]:
    """Returns those of the paths that the commit has."""
    lines = git.need("ls-tree", "-r", "-z", "--name-only", "--full-tree", base).split(b"\0")
    return set(map(os.fsdecode, lines)) & set(paths)
