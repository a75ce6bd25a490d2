"""This process's command line, which every other process on the machine can read."""

import ctypes
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

_ARGUMENTS: Final = (45, 46)  # where they begin and end, among the fields behind the program's name


def conceal() -> None:
    """Overwrites the arguments, as `ps` shows them, with nothing. `sys.argv` stays. Does nothing where this is not Linux."""
    if sys.platform != "linux":
        return
    with suppress(OSError, ValueError, IndexError):
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        start, end = (int(fields[at]) for at in _ARGUMENTS)
        words = Path("/proc/self/cmdline").read_bytes()
        kept = len(words.split(b"\0", 1)[0]) + 1
        if 0 < kept < end - start:
            ctypes.memset(start + kept, 0, end - start - kept)
