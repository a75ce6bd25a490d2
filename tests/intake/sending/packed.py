"""What was packed, as an agent finds it."""

import tarfile
from pathlib import Path

from aideator_cli.intake.repository import locate
from aideator_cli.intake.request import Sending
from aideator_cli.intake.sending.pack import pack
from aideator_cli.intake.sending.packed import Packed
from tests.fixtures.repositories import git


def packed(
    folder: Path | str,
    *,
    ref: str | None = None,
    to_cluster: bool = True,
    dirty: bool = False,
    carry: tuple[Path, ...] = (),
) -> Packed:
    located = locate(str(folder), ref, from_pods=to_cluster)
    return pack(located, Sending(dirty=dirty, carry=carry), to_cluster=to_cluster)


def received(made: Packed, folder: Path, source: Path | None = None) -> Path:
    """A checkout of the base from the bundle, on top of a clone of `source` where it builds on one."""
    assert made.sent is not None
    if source is None:
        git(folder.parent, "init", "--quiet", str(folder))
    else:
        git(folder.parent, "clone", "--quiet", str(source), str(folder))
    base = made.repository.base or ""
    if made.sent.shallow:
        (folder / ".git" / "shallow").write_text(f"{base}\n")
    git(folder, "fetch", "--quiet", str(made.files["commits"]), "refs/aideator/base", "refs/tags/*:refs/tags/*")
    git(folder, "checkout", "--quiet", "--detach", base)
    return folder


def carried(made: Packed) -> dict[str, bytes]:
    with tarfile.open(made.files["carried"]) as tar:
        return {member.name: (tar.extractfile(member) or member).read() for member in tar}  # type: ignore[union-attr]


def names_in(made: Packed) -> list[str]:
    """What is sent for submodules and Git LFS."""
    if "objects" not in made.files:
        return []
    with tarfile.open(made.files["objects"]) as tar:
        return tar.getnames()


def everything(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Every file of a repository, git's own too: what it holds, and when it was written, objects apart, which never change."""
    return {
        str(path.relative_to(folder)): (path.read_bytes(), 0 if "objects" in path.parts else path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }
