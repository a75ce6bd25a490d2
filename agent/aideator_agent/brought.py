"""What was sent for submodules and Git LFS: commits that no server has, and the content of large files.

It comes as a tar archive of plain files: `commit-HASH`, a bundle with the commit of a submodule and its history, `shallow-HASH`, one
without its history, and `large-OID`.
"""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from aideator_agent import sent
from aideator_agent.git import Git
from aideator_agent.lfs import Store
from aideator_agent.settings import Settings
from aideator_agent.verdict import Ended, failed

COMMIT: Final = "commit"
SHALLOW: Final = "shallow"
LARGE: Final = "large"
NAME: Final = re.compile(rf"(?:{COMMIT}|{SHALLOW})-[0-9a-f]{{40,64}}|{LARGE}-[0-9a-f]{{64}}")
_FOLDER: Final = "brought"


def unpack(settings: Settings, check: Callable[[], None]) -> None:
    """Raises `Ended` (failed/infrastructure), or what `check` raises."""
    archive = sent.objects(settings, check)
    if archive is None:
        return
    import tarfile

    folder = settings.private / _FOLDER
    folder.mkdir()
    try:
        with tarfile.open(archive, "r:") as tar:
            for member in tar:
                check()
                file = tar.extractfile(member) if member.isreg() and NAME.fullmatch(member.name) else None
                if file is None:
                    raise _unusable(f"{member.name!r} is unknown")
                target = _place(folder, member.name)
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("wb") as written:
                    shutil.copyfileobj(file, written)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise _unusable(str(error)) from error
    archive.unlink()


def large(settings: Settings) -> Path | None:
    """Returns the store with the objects of Git LFS. None: none were sent."""
    folder = settings.private / _FOLDER / LARGE
    return folder if folder.is_dir() else None


def repository(settings: Settings, outside: Git, commit: str) -> Path | None:
    """Returns a repository with this commit of a submodule. None: it was not sent. Raises `Ended` (failed/infrastructure)."""
    folder = settings.private / _FOLDER
    made = folder / f"{commit}.git"
    if made.is_dir():
        return made
    for kind in (COMMIT, SHALLOW):
        bundle = folder / f"{kind}-{commit}"
        if bundle.is_file():
            _unbundle(outside, made, bundle, commit if kind == SHALLOW else None, len(commit))
            return made
    return None


def _unbundle(outside: Git, made: Path, bundle: Path, end_of_history: str | None, digits: int) -> None:
    kind = "sha256" if digits == 64 else "sha1"
    sent.need(outside, "init", "--quiet", "--bare", "--template=", f"--object-format={kind}", str(made))
    if end_of_history:
        (made / "shallow").write_text(f"{end_of_history}\n")
    sent.need(Git(made, outside.environment, outside.check), *sent.FETCH, str(bundle), f"{sent.BASE}:refs/heads/sent")
    bundle.unlink()


def _place(folder: Path, name: str) -> Path:
    kind, _, hash_ = name.partition("-")
    return Store(folder / LARGE).place(hash_) if kind == LARGE else folder / name


def _unusable(why: str) -> Ended:
    return failed("infrastructure", f"what was sent for submodules and Git LFS can't be used: {why}")
