"""Asks an agent's program for its version: whether it is there at all, before its model is asked anything."""

from collections.abc import Callable
from typing import Final

from aideator_agent.programs.ending import NOT_FOUND, missing
from aideator_agent.programs.home import Home
from aideator_agent.shell import Shell
from aideator_agent.values import frozen

SECONDS: Final = 60.0
BYTES: Final = 4096
SHOWN: Final = 200  # characters
TEXT: Final = ("exec </dev/null 2>&1",)  # for a program that nobody talks to


@frozen
class Version:
    text: str = ""  # the first line that it printed
    problem: str = ""  # why that is no version


def version_of(home: Home, shell: Shell, stop: Callable[[], bool]) -> Version | None:
    """Returns None if nobody knows how to ask for it. Raises `Ended` if the program is not there."""
    program = home.program
    if program.version is None:
        return None
    said = bytearray()
    done = shell.run(
        home.script(program.version, *TEXT), seconds=SECONDS, write=lambda data: said.extend(data[: BYTES - len(said)]),
        stop=stop,
    )  # fmt: skip
    if done.exit_code == NOT_FOUND:
        raise missing(program)
    lines = (" ".join(line.split()) for line in said.decode(errors="replace").split("\n"))
    line = next((line for line in lines if line), "")[:SHOWN]
    if done.exit_code == 0:
        return Version(line)
    return Version("", line or (f"exit {done.exit_code}" if done.exit_code is not None else done.reason))
