"""The patches that a referee tries. They come as a tar archive with one file for each variation, `1.patch`."""

import re
import tarfile
from collections.abc import Callable
from typing import Final

from aideator_agent import sent
from aideator_agent.settings import Settings
from aideator_agent.verdict import Ended, failed

BYTES: Final = 256 * 1024**2  # of all patches, unpacked
_NAME: Final = re.compile(r"([1-9]\d{0,5})\.patch")


def received(settings: Settings, check: Callable[[], None]) -> dict[int, bytes]:
    """Returns the patches in the order of the spec. Raises `Ended` (failed/infrastructure), or what `check` raises."""
    archive, referee = sent.patches(settings, check), settings.spec.referee
    if archive is None or referee is None:
        raise _unusable("there are none")
    found: dict[int, bytes] = {}
    left = BYTES
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                check()
                name, file = _NAME.fullmatch(member.name), tar.extractfile(member) if member.isreg() else None
                if name is None or file is None:
                    raise _unusable(f"{member.name!r} is unknown")
                left -= member.size
                if left < 0:
                    raise _unusable(f"they are larger than {BYTES // 2**20} MiB")
                found[int(name[1])] = file.read()
    except (tarfile.TarError, EOFError, OSError) as error:
        raise _unusable(str(error)) from error
    archive.unlink()
    if missing := set(referee.patches) - found.keys():
        raise _unusable(f"the patch of {min(missing)} is missing")
    return {number: found[number] for number in referee.patches}


def _unusable(why: str) -> Ended:
    return failed("infrastructure", f"the patches that were sent can't be used: {why}")
