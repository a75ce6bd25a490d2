"""How this program was called, so that a line that is shown works when it is pasted."""

import shlex
import shutil
import sys
from pathlib import Path


def program() -> str:
    """`aideator` when that is what the shell would run; else the path, as short as it can be."""
    called = Path(sys.argv[0])
    if called.name == "kubectl-aideator":
        return "kubectl aideator"
    if called.name != "aideator":
        return "aideator"
    found = shutil.which("aideator")
    if found and Path(found).exists() and called.exists() and called.samefile(found):
        return "aideator"
    path = called.absolute()
    here = Path.cwd()
    return shlex.quote(str(path.relative_to(here) if path.is_relative_to(here) else path))


def command(*words: str) -> str:
    return " ".join([program(), *map(shlex.quote, words)])
