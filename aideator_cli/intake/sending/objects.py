"""What submodules and Git LFS need on a cluster and only this machine has: commits that no server has, and the content of large files."""

import io
import os
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from aideator_agent.brought import COMMIT, LARGE, SHALLOW
from aideator_agent.git import Git as Reader
from aideator_agent.lfs import FILTER, POINTER, POINTER_BYTES, Store
from aideator_agent.sent import BASE
from aideator_agent.submodules import declared, recorded
from aideator_cli.errors import usage
from aideator_cli.intake.sending.overlay import Overlay, TooLarge
from aideator_cli.system.git import Git
from aideator_cli.text.figures import plural, size

END_BYTES: Final = 10 * 1024  # that the archive takes besides a file's content, at most


@dataclass
class Found:
    """What has to be sent."""

    commits: dict[str, tuple[str, Path]] = field(
        default_factory=dict
    )  # commit -> path of the submodule, its repository here
    large: dict[str, Path] = field(default_factory=dict)  # object of Git LFS -> file

    @property
    def is_something(self) -> bool:
        return bool(self.commits or self.large)


def find(
    folder: Path, history: Git, base: str, *, served: bool, known: Sequence[str] | None, submodules: bool
) -> Found:
    """Looks at the commit `base` of the repository in `folder`. The repository `history` has the commit.

    `served`: whether pods can reach the repository's URL. `known`: commits whose large files a server has; None: it has all of them.
    """
    found = Found()
    reader = _reader(history.folder, history)
    if known is not None:
        found.large |= _large(reader, base, known, folder)
    if submodules:
        _look_inside(found, reader, folder, base, "", served=served)
    return found


def write(target: Path, found: Found, room: Path, limit: int, receiver: str) -> list[str]:
    """Writes the archive for the `receiver`.

    Returns what the user should know: large files that do not fit are left out, and are no longer in `found`.

    Raises `AideatorError` if the submodules' commits do not fit.
    """
    remarks = []
    with tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as tar:
        for commit, (path, repository) in sorted(found.commits.items()):
            bundle = room / f"commit-{commit}"
            try:
                kind = _bundle(bundle, repository, commit, room / f"room-{commit}", limit - tar.offset - END_BYTES)
            except TooLarge as error:
                raise usage(
                    f"commit {commit[:7]} of the submodule {path}, which no server has, does not fit into {size(limit)}",
                    hint=f"push it (git -C {path} push), or add --no-submodules, or use --backend local",
                ) from error
            remarks.append(
                f"the {receiver} gets commit {commit[:7]} of the submodule {path} ({size(_add(tar, f'{kind}-{commit}', bundle))})"
            )
            bundle.unlink()
        bytes_ = sum(file.stat().st_size + END_BYTES for file in found.large.values())
        told = f"the content of {plural(len(found.large), 'file')} in Git LFS ({size(bytes_)})"
        if tar.offset + bytes_ > limit:
            remarks.append(
                f"{told} is not sent, because it is larger than {size(limit)}; the agents see pointers, if no server has it"
            )
            found.large.clear()
        elif found.large:
            remarks.append(f"the {receiver} gets {told}")
        for oid, file in sorted(found.large.items()):
            _add(tar, f"{LARGE}-{oid}", file)
    return remarks


def _look_inside(found: Found, reader: Reader, folder: Path, commit: str, parent: str, *, served: bool) -> None:
    urls = declared(reader, commit)
    for path, wanted in recorded(reader, commit).items():
        place = folder / path
        inner = Git(place)
        if path not in urls or not _is_repository(place) or inner.run("cat-file", "-e", f"{wanted}^{{commit}}").code:
            continue  # the agents ask its server
        whole = f"{parent}/{path}" if parent else path
        can_be_asked = _can_be_asked(urls[path].url or "", served)
        there = _reader(place, inner)
        if not (can_be_asked and _is_pushed(inner, wanted)):
            found.commits[wanted] = whole, place
            found.large |= _large(there, wanted, (), place)
        _look_inside(found, there, place, wanted, whole, served=can_be_asked)


def _reader(folder: Path, git: Git) -> Reader:
    return Reader(folder, git.environment(), lambda: None)


def _is_repository(place: Path) -> bool:
    """Whether it is the top of a working tree, and no plain folder of another one."""
    return (place / ".git").exists() and not place.is_symlink()


def _can_be_asked(url: str, parent_can: bool) -> bool:
    if url.startswith(("./", "../")):
        return parent_can
    return not (url.startswith("/") or urlsplit(url).scheme == "file")


def _is_pushed(git: Git, commit: str) -> bool:
    """Whether a remote had the commit when git last talked to it."""
    return bool(git.run("for-each-ref", "--count=1", f"--contains={commit}", "refs/remotes").out)


def _bundle(target: Path, repository: Path, commit: str, room: Path, limit: int) -> str:
    """Writes the commit with its history, or without if that is too large. Returns which. Raises `TooLarge`."""
    room.mkdir()
    overlay = Overlay.make(room, repository, commit)
    overlay.name(commit)
    if not overlay.is_shallow:
        try:
            overlay.bundle(target, [BASE], [], limit)
        except TooLarge:
            pass
        else:
            return COMMIT
    overlay.cut_history(commit)
    overlay.bundle(target, [BASE], [], limit)
    return SHALLOW


def _large(reader: Reader, commit: str, known: Sequence[str], folder: Path) -> dict[str, Path]:
    """Returns the objects that the commit's files point to and that are here. What the commits in `known` have is left out."""
    attributes = ("--quiet", "-F", "-e", FILTER.decode(), commit, "--", ":(glob)**/.gitattributes")
    if reader.run("grep", *attributes).code:
        return {}
    blobs = dict.fromkeys(_small_blobs(reader, commit))
    if known:
        asked = "".join([f"{commit}\n", *(f"^{each}\n" for each in known)]).encode()
        new = {
            line[:64].split(b" ")[0].decode()
            for line in reader.run("rev-list", "--objects", "--stdin", stdin=asked).out.splitlines()
        }
        blobs = {blob: None for blob in blobs if blob in new}
    store = Store(_store(Git(folder)))
    pointers = (POINTER.fullmatch(content) for content in _contents(reader, list(blobs)))
    places = {found[1].decode(): (store.place(found[1].decode()), int(found[2])) for found in pointers if found}
    return {oid: place for oid, (place, bytes_) in places.items() if place.is_file() and place.stat().st_size == bytes_}


def _small_blobs(reader: Reader, commit: str) -> Iterator[str]:
    for entry in reader.run("ls-tree", "-r", "-l", "-z", "--full-tree", commit).out.split(b"\0"):
        _, kind, blob, length = (entry.partition(b"\t")[0].split() + [b""] * 4)[:4]
        if kind == b"blob" and int(length) <= POINTER_BYTES:
            yield blob.decode()


def _contents(reader: Reader, blobs: list[str]) -> Iterator[bytes]:
    if not blobs:
        return
    answer = io.BytesIO(
        reader.run("cat-file", "--batch", "--buffer", stdin="".join(f"{blob}\n" for blob in blobs).encode()).out
    )
    while head := answer.readline().split():
        yield answer.read(int(head[2]))
        answer.read(1)


def _store(git: Git) -> Path:
    """Returns where git lfs keeps the objects of a repository."""
    common = git.folder / os.fsdecode(git.need("rev-parse", "--git-common-dir").removesuffix(b"\n"))
    configured = git.run("config", "--type=path", "lfs.storage").out.removesuffix(b"\n")
    return common / (os.fsdecode(configured) or "lfs") / "objects"


def _add(tar: tarfile.TarFile, name: str, file: Path) -> int:
    """Returns the file's bytes."""
    member = tarfile.TarInfo(name)
    with file.open("rb") as opened:
        member.size = os.fstat(opened.fileno()).st_size
        tar.addfile(member, opened)
    return member.size
