"""`.aideator.toml` in a repository. Whoever can write to the repository wrote it, so it is foreign until the user has trusted it.

It says how this repository is worked on and checked. It can't say where agents run, with whose keys, or what becomes of their work.
"""

import os
import re
import stat
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from aideator_agent.values import frozen
from aideator_cli.errors import AideatorError, command, usage
from aideator_cli.system.configuration.files import File, Rule, parsed
from aideator_cli.system.configuration.options import Kind, Option, Table

NAME: Final = ".aideator.toml"
MOST_BYTES: Final = 64 * 1024
GROUPS: Final = frozenset({"Checks", "Limits"})  # of the help: all options under these headings
ALLOWED: Final = frozenset(
    {
        "n", "model", "agent", "role", "temperature", "subdir", "depth", "sparse", "no_submodules", "withhold_secrets", "search",
        "private", "image", "cpu", "memory", "disk", "check_cpu", "check_memory", "check_disk", "max_parallel",
    }
)  # fmt: skip
_LEFT_OUT: Final = "add --no-repository-file to run without it"


@frozen
class RepositoryFile:
    path: Path
    digest: str  # of its bytes, to which trust is bound
    file: File

    @property
    def root(self) -> Path:
        return self.path.parent


def allowed(option: Option) -> bool:
    """Returns whether a repository may set the option, once it is trusted."""
    return option.name in ALLOWED or option.group in GROUPS


def root_of(path: Path) -> Path | None:
    """Returns the top of the working tree that `path` is in, or None. It asks no git, because that would read the repository's settings."""
    try:
        start = path.expanduser().resolve()
        return next((folder for folder in (start, *start.parents) if os.path.lexists(folder / ".git")), None)
    except (OSError, RuntimeError, ValueError):
        return None


def find(root: Path, table: Table) -> RepositoryFile | None:
    """Returns the repository's file, read and checked as a whole, or None if there is none. Raises `AideatorError` (usage)."""
    path = root / NAME
    data = _read(path)
    if data is None:
        return None
    return RepositoryFile(path, sha256(data).hexdigest(), parsed(_decoded(data, path), path, table, rule(root)))


def text(root: Path) -> str | None:
    """Returns the file's text, or None if there is none. Raises `AideatorError` (usage)."""
    path = root / NAME
    data = _read(path)
    return None if data is None else _decoded(data, path)


def _decoded(data: bytes, path: Path) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise usage(f"{path} is not UTF-8 (byte {error.start})", _LEFT_OUT) from error


def _read(path: Path) -> bytes | None:
    """Reads a regular file, and no link, device or pipe that lies in its place."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        why = "is a link, which AIdeator does not follow" if path.is_symlink() else f"can't be read: {error.strerror}"
        raise usage(f"{path} {why}", _LEFT_OUT) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise usage(f"{path} is not a regular file", _LEFT_OUT)
    with os.fdopen(descriptor, "rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise usage(f"{path} is larger than {MOST_BYTES // 1024} KiB", _LEFT_OUT)
    return data


def rule(root: Path) -> Rule:
    """Returns what the file of this repository may not hold."""

    def forbids(option: Option, raw: Any, where: str) -> AideatorError | None:
        if not allowed(option):
            return usage(
                f"{where}: a repository can't set {option.name}",
                ("set it for yourself: ", command("config", "set", option.name, "…")),
            )
        for value in _texts(raw):
            if option.kind is Kind.PATH and not _is_inside(root, value):
                return usage(
                    f"{where}: {option.name} is {value!r}; a repository names only paths inside itself, from its top"
                )
            if option.name in ("model", "agent", "role") and (named := file_in(option.name, value)):
                return usage(
                    f"{where}: {option.name} names the file {named!r}; a repository names only what is known by name"
                )
        return None

    return forbids


def _texts(raw: Any) -> Iterator[str]:
    if isinstance(raw, str):
        yield raw
    elif isinstance(raw, list):
        yield from raw


def _is_inside(root: Path, text: str) -> bool:
    if text.startswith("~") or Path(text).is_absolute() or ".." in Path(text).parts:
        return False
    try:
        return (root / text).resolve().is_relative_to(root.resolve())  # no link may lead out, either
    except (OSError, RuntimeError):
        return False


def file_in(option: str, value: str) -> str | None:
    """Returns the part of the value that names a file, which would be sent to a model or run: a script, an agent's YAML, a role's text."""
    for item in (each.strip() for each in value.split(",")):
        bare = re.sub(r":\d+$", "", item)
        if (
            (option == "model" and bare.lower().startswith("scripted"))
            or (option == "role" and ("/" in bare or bare.lower().endswith(".md")))
            or (option == "agent" and re.search(r"\.ya?ml(/|$)|/scripted", bare.lower()))
            or bare.startswith((".", "~", "/"))
            or "\\" in bare
        ):
            return item
    return None
