"""Carried files: files that git ignores but work needs. They lie in every tree, and never get into a patch.

They come as a tar archive. Only plain files are taken from it, and no path in it leads out of a tree.
"""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aideator_agent import files
from aideator_agent.files import FileRefused
from aideator_agent.values import frozen
from aideator_agent.verdict import Ended, failed

if TYPE_CHECKING:
    from tarfile import TarInfo

FILES: Final = 10_000
BYTES: Final = 256 * 1024**2  # of all of them, unpacked
READ: Final = 256 * 1024  # bytes of a file that are searched for secrets
SECRETS: Final = 500  # values that are kept out of events and patches, at most
SHORTEST: Final = 12  # characters; what is shorter may be a word of any text
LONGEST: Final = 400

# Bounded: a file may be one long word. Compiled only where files are carried.
_KEY: Final = r"(?:(?<![a-z])|API|ACCESS|SECRET|PRIVATE)KEY"
_NAME: Final = rf"[\w.-]{{0,60}}(?:{_KEY}|TOKEN|SECRET|PASSW(?:OR)?D|PASSPHRASE|CREDENTIAL)[\w.-]{{0,60}}"
_VALUE: Final = rf"[^\s\"'#,;]{{{SHORTEST},{LONGEST}}}"
_ASSIGNED: Final = rf"(?im)(?:^|[\s{{,])[\"']?{_NAME}[\"']?[ \t]*[:=][ \t]*[\"']?({_VALUE})"
_KEY_BLOCK: Final = r"-----BEGIN [A-Z ]*PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END"


@frozen
class Carried:
    archive: Path
    paths: frozenset[str]  # from the top of a tree, with slashes
    secrets: frozenset[str] = frozenset()  # values in them that must not be seen

    def lay(self, tree: Path, check: Callable[[], None]) -> list[str]:
        """Writes the files into a tree in which nobody else is at work. Returns the paths that something else stands in the way of.

        Raises `Ended` (failed/infrastructure), or what `check` raises. Links in the tree are not followed out of it: a patch may have put
        one in a folder's place.
        """
        refused = []
        for member, data in members(self.archive):
            check()
            try:
                files.write(tree, member.name, data, executable=bool(member.mode & 0o100))
            except FileRefused:
                refused.append(member.name)
        return refused

    def exclude(self, git_dir: Path) -> None:
        """Makes the git of a tree ignore the files, also those that no .gitignore names."""
        info = git_dir / "info"
        info.mkdir(exist_ok=True)
        with (info / "exclude").open("ab") as file:
            file.write(b"".join(os.fsencode(f"/{_pattern(path)}\n") for path in sorted(self.paths)))


def secrets_in(text: str) -> Iterator[str]:
    """Yields the values that names like API_KEY are set to, and the lines of private keys."""
    yield from re.findall(_ASSIGNED, text)
    for block in re.findall(_KEY_BLOCK, text):
        yield from (line for line in block.split() if len(line) >= SHORTEST)


def members(archive: Path, *, reading: bool = True) -> "Iterator[tuple[TarInfo, bytes]]":
    import tarfile

    count = size = 0
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                count, size = count + 1, size + member.size
                if count > FILES or size > BYTES:
                    raise unusable(f"they are more than {FILES}, or more than {BYTES // 1024**2} MiB")
                if not member.isreg() or not is_inside(member.name):
                    raise unusable(f"{member.name!r} is not a plain file inside the repository")
                file = tar.extractfile(member) if reading else None
                yield member, file.read() if file else b""
    except (tarfile.TarError, EOFError, OSError) as error:
        raise unusable(str(error)) from error


def unusable(why: str) -> Ended:
    return failed("infrastructure", f"the carried files can't be used: {why}")


def is_inside(path: str) -> bool:
    """Whether a path with slashes names something in a tree, and nothing of git's own."""
    return not any(name in ("", ".", "..") or name.casefold() == ".git" or "\0" in name for name in path.split("/"))


def _pattern(path: str) -> str:
    """Returns a pattern for .gitignore that matches this path."""
    return re.sub(r"[\n\r]", "?", re.sub(r"([\\*?\[\]!# ])", r"\\\1", path))
