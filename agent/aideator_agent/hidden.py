"""Hidden checks: commands and files that no agent sees. They are held in memory, and written only once the model's commands have ended.

They come as a tar archive: `checks.json` has the commands, and `files/` what is laid over a tree before it is checked.

On this machine the model's commands run as the same user. So there the archive comes through a descriptor of a file without a name, and an
agent unpacks it only when no agent of the run works any more: each holds a lock while it works, taken before the first one started.
"""

import fcntl
import gzip
import hashlib
import io
import json
import os
import shutil
import tarfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from aideator_agent import files, sent
from aideator_agent.carried import BYTES, FILES, READ, SECRETS, is_inside, secrets_in
from aideator_agent.checkout import Checkout
from aideator_agent.checks import guarded
from aideator_agent.files import FileRefused
from aideator_agent.git import Git, bare_environment
from aideator_agent.interrupts import LOOK
from aideator_agent.settings import Settings
from aideator_agent.spec import Check, RunSpec
from aideator_agent.values import frozen
from aideator_agent.verdict import Ended, failed

COMMANDS: Final = "checks.json"
FOLDER: Final = "files/"
OTHERS: Final = 600.0  # seconds beyond an agent's own limit within which all others have ended their work


@frozen
class Hidden:
    archive: bytes
    checks: tuple[Check, ...]
    paths: frozenset[str]  # from the top of a tree, with slashes
    secrets: frozenset[str] = frozenset()  # values in the files that must not be seen

    def asked(self, spec: RunSpec) -> RunSpec:
        """Returns the spec with these checks among its own."""
        return replace(
            spec, checks=(*spec.checks, *self.checks), hidden=replace(spec.hidden, checks=0) if spec.hidden else None
        )

    def lay(self, tree: Path, check: Callable[[], None]) -> None:
        """Writes the files into a tree in which nobody is at work. They replace whatever a patch has put into their places.

        Raises `Ended` (failed/verifier), or what `check` raises.
        """
        for member, data in _members(self.archive):
            check()
            if not member.name.startswith(FOLDER):
                continue
            path = member.name.removeprefix(FOLDER)
            try:
                _make_way(tree, path)
                files.write(tree, path, data, executable=bool(member.mode & 0o100))
            except (OSError, FileRefused) as error:
                raise failed("verifier", f"a hidden file could not be laid over the tree: {error}") from error


def archive(checks: Sequence[Check], contents: Mapping[str, tuple[bytes, bool]]) -> bytes:
    """Returns the archive. `contents`: by path from the top, a file's bytes and whether it can be run. The same gives the same bytes."""
    packed = io.BytesIO()
    commands = json.dumps([{"name": check.name, "command": check.command} for check in checks]).encode()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, (data, executable) in {
            COMMANDS: (commands, False), **{f"{FOLDER}{path}": content for path, content in sorted(contents.items())}
        }.items():  # fmt: skip
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(data), 0o755 if executable else 0o644
            tar.addfile(member, io.BytesIO(data))
    return gzip.compress(packed.getvalue(), mtime=0)


def received(settings: Settings, check: Callable[[], None]) -> Hidden | None:
    """Returns the run's hidden checks; None if it has none. Raises `Ended` (failed/infrastructure), or what `check` raises."""
    piece = settings.spec.sent.hidden if settings.spec.sent else None
    if piece is None:
        return None
    if settings.hidden is None:
        file = sent.hidden(settings, check)
        assert file is not None
        data = file.read_bytes()
        file.unlink()
    else:
        for fd in (settings.hidden.working, settings.hidden.others):
            os.set_inheritable(fd, False)
        with os.fdopen(settings.hidden.archive, "rb") as opened:
            opened.seek(0)
            data = opened.read(piece.bytes + 1)
        if len(data) != piece.bytes or hashlib.sha256(data).hexdigest() != piece.sha256:
            raise _unusable("they did not arrive whole")
    return _read(data)


def expect_no_clash(hidden: Hidden, settings: Settings, checkout: Checkout, check: Callable[[], None]) -> None:
    """Raises `Ended` (failed/verifier) if a file would replace a setting of checks that the base has."""
    environment = {**bare_environment(os.environ, settings.private), "GIT_DIR": str(checkout.git_dir)}
    listed = Git(settings.private, environment, check).run(
        "ls-tree", "-r", "-z", "--name-only", "--full-tree", checkout.base
    )
    known = set(map(os.fsdecode, listed.out.split(b"\0")))
    if replaced := clash(hidden.paths & known, hidden.asked(settings.spec).check_commands):
        raise failed("verifier", f"a hidden file would replace {replaced}, which decides what checks mean")


def clash(paths: Collection[str], commands: Sequence[str]) -> str | None:
    """Returns the first of the base's `paths` that decides what these commands mean, and is no test."""
    named = guarded.named_in(commands)
    return min((path for path in paths if guarded.is_setting(path, named) and not guarded.is_test(path)), default=None)


def wait_for_others(settings: Settings, check: Callable[[], None], tell: Callable[[str], None]) -> None:
    """Waits on this machine until no agent of the run is at work. Raises `Ended` (failed/verifier), or what `check` raises."""
    if settings.hidden is None:
        return
    os.close(settings.hidden.working)
    deadline = time.monotonic() + settings.spec.limits.seconds + OTHERS
    told = False
    while not _nobody_works(settings.hidden.others):
        if not told:
            tell("The hidden checks wait until the other agents have ended their work.")
            told = True
        check()
        if time.monotonic() >= deadline:
            raise failed("verifier", "the other agents did not end, so the hidden checks did not run")
        time.sleep(LOOK)


def secrets_of(hidden: Hidden) -> frozenset[str]:
    """Returns values in the files that look like secrets."""
    found: set[str] = set()
    for _, data in _members(hidden.archive):
        found.update(secrets_in(data[:READ].decode(errors="replace")))
    return frozenset(sorted(found)[:SECRETS])


def _nobody_works(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    fcntl.flock(fd, fcntl.LOCK_UN)
    return True


def _make_way(tree: Path, path: str) -> None:
    """Removes what stands where the file or one of its folders belongs."""
    *parents, name = path.split("/")
    place = tree
    for parent in parents:
        place /= parent
        if place.is_symlink() or (os.path.lexists(place) and not place.is_dir()):
            place.unlink()
    place /= name
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)


def _read(data: bytes) -> Hidden:
    commands: list[Check] = []
    paths: set[str] = set()
    for member, content in _members(data):
        if member.name == COMMANDS:
            try:
                commands = [Check(each["name"], each["command"], hidden=True) for each in json.loads(content)]
            except (ValueError, KeyError, TypeError) as error:
                raise _unusable(str(error)) from error
        else:
            paths.add(member.name.removeprefix(FOLDER))
    return Hidden(data, tuple(commands), frozenset(paths))


def _members(data: bytes) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
    count = size = 0
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as tar:
            for member in tar:
                count, size = count + 1, size + member.size
                if count > FILES + 1 or size > BYTES:
                    raise _unusable(f"they are more than {FILES}, or more than {BYTES // 1024**2} MiB")
                known = member.name == COMMANDS or member.name.startswith(FOLDER)
                file = tar.extractfile(member) if member.isreg() else None
                if file is None or not known or not is_inside(member.name):
                    raise _unusable(f"{member.name!r} is not a plain file inside the repository")
                yield member, file.read()
    except (tarfile.TarError, EOFError, OSError) as error:
        raise _unusable(str(error)) from error


def _unusable(why: str) -> Ended:
    return failed("infrastructure", f"the hidden checks can't be used: {why}")
