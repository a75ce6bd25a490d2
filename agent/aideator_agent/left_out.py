"""What a patch can't or shouldn't hold, however it came into the working tree. Each is named once, and costs no other file."""

import os
import stat
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from aideator_agent import files, pieces
from aideator_agent.files import FileRefused, Odd
from aideator_agent.git import Done

LISTED: Final = 2000  # bytes for names of files in a sentence
ELF_HEAD: Final = 18  # bytes up to the file's type
ELF_CORE: Final = 4


def found(
    folder: Path, odd: Odd, git: Callable[..., Done], base: str, max_file: int, tell: Callable[[str], None]
) -> list[bytes]:
    """Returns the paths that git must not add, and tells of each. `git` runs git in the working tree."""
    dumps, large = _files(folder, git, max_file)
    there = _not_ignored(git, [*(path for path, _ in odd.special), *odd.closed, *odd.repositories])
    special = {path: kind for path, kind in sorted(odd.special) if path in there}
    closed = [path for path in odd.closed if path in there]
    repositories = [path for path in odd.repositories if path in there and not _has(git, base, f"{path}/HEAD")]
    for why, names in (
        ("neither files nor links", [f"{path} ({kind})" for path, kind in special.items()]),
        ("the agent may not read them", [f"{path}/" for path in closed]),
        ("what git keeps of a repository", [f"{path}/" for path in repositories]),
        ("core dumps", dumps),
        (
            f"larger than {max_file / 2**20:g} MiB",
            [f"{path} ({size_of(folder, path) / 2**20:.0f} MiB)" for path in large],
        ),
    ):
        if names:
            tell(f"Left out of the patch ({why}): {listed(names)}")
    return [os.fsencode(path) for path in (*special, *closed, *repositories, *dumps, *large)]


def listed(names: Sequence[str]) -> str:
    fitting = list(pieces.fitting(names, LISTED))
    more = len(names) - len(fitting)
    return ", ".join(fitting) + (f" … and {more} more" if more else "")


def size_of(folder: Path, path: str) -> int:
    """Returns the bytes of a regular file; 0 for anything else."""
    with suppress(OSError):
        there = (folder / path).lstat()
        return there.st_size if stat.S_ISREG(there.st_mode) else 0
    return 0


def _files(folder: Path, git: Callable[..., Done], max_file: int) -> tuple[list[str], list[str]]:
    """Returns core dumps and large files, among what is new or changed."""
    out = git("ls-files", "-z", "--others", "--modified", "--exclude-standard").out
    names = list(dict.fromkeys(os.fsdecode(path) for path in out.split(b"\0") if path))
    dumps = [name for name in names if _may_be_a_dump(name) and _is_dump(folder, name)]
    large = [name for name in names if size_of(folder, name) > max_file and name not in dumps]
    return dumps, large


def _may_be_a_dump(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name.startswith(("core", "vgcore")) or name.endswith(".core")


def _is_dump(folder: Path, path: str) -> bool:
    head = b""
    with suppress(FileRefused):
        head = files.head(folder, path, ELF_HEAD)
    if len(head) < ELF_HEAD or not head.startswith(b"\x7fELF"):
        return False
    kind: int = struct.unpack(">H" if head[5] == 2 else "<H", head[16:18])[0]
    return kind == ELF_CORE


def _not_ignored(git: Callable[..., Done], paths: Sequence[str]) -> set[str]:
    if not paths:
        return set()
    given = b"".join(os.fsencode(path) + b"\0" for path in paths)
    return set(paths) - set(_split(git("check-ignore", "-z", "--stdin", stdin=given).out))


def _has(git: Callable[..., Done], base: str, path: str) -> bool:
    return bool(git("--literal-pathspecs", "ls-tree", "--full-tree", "-z", base, "--", path).out)


def _split(out: bytes) -> Iterator[str]:
    return (os.fsdecode(path) for path in out.split(b"\0") if path)
