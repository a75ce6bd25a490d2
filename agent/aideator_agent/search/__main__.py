"""`python -m aideator_agent.search [FOLDER]`: an MCP server on standard input and output, which searches a folder.

AIdeator starts it for an attempt's checkout, with `--git PATH=FOLDER` for each repository in it and `--start FOLDER`, from which paths are
named. It needs no key, writes nothing, and ends with its input. A repository may be hostile: memory and CPU time have limits.
"""

import argparse
import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Final

from aideator_agent import pieces
from aideator_agent.search.engine import Engine
from aideator_agent.search.offer import OFFER
from aideator_agent.search.tree import Repository

MEMORY: Final = 768 * 2**20  # bytes of address space; the index of the largest repository takes 300 MiB
CPU_SECONDS: Final = 1800
NICENESS: Final = 5
LONGEST: Final = 256 * 1024  # bytes of a message


def main() -> None:
    arguments = _arguments()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    os.nice(NICENESS)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # so that git ends, too
    root = Path(arguments.folder).resolve()
    repositories = [Repository(path, Path(git)) for path, _, git in (each.partition("=") for each in arguments.git)]
    parent = os.getppid()
    engine = Engine(root, repositories or [Repository("", root / ".git")], arguments.start, lambda: _expect(parent))
    for line in iter(lambda: sys.stdin.buffer.readline(LONGEST), b""):
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            message = None
        answer = OFFER.answered(message, lambda given: engine.answer(**given))
        if answer is not None:
            print(pieces.encoded(answer), flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m aideator_agent.search", description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", nargs="?", default=".", metavar="FOLDER")
    parser.add_argument(
        "--git", action="append", default=[], metavar="PATH=FOLDER", help="the git folder of the repository at PATH"
    )
    parser.add_argument("--start", default="", metavar="FOLDER", help="the folder of it from which paths are named")
    return parser.parse_args()


def _expect(parent: int) -> None:
    """Ends the process, and git with it, if nobody waits for its answers any more."""
    if os.getppid() != parent:
        sys.exit()


if __name__ == "__main__":
    main()
