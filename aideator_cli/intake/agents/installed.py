"""Whether an agent's program is on this machine."""

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from aideator_agent.program import AgentProgram
from aideator_cli.errors import unavailable
from aideator_cli.intake.agents import presets


def where_is(command: str, environment: Mapping[str, str]) -> Path | None:
    """Returns the program that a command starts, or None if the PATH has none."""
    found = shutil.which(presets.first_word(command), path=environment.get("PATH"))
    return Path(found) if found else None


def check_installed(programs: Iterable[AgentProgram], environment: Mapping[str, str]) -> None:
    """Raises `AideatorError` (unavailable) for the first agent whose program is not on this machine."""
    for program in programs:
        if where_is(program.command, environment) is None:
            word = presets.first_word(program.command)
            install = presets.find(program.name).install if program.name in presets.names() else None
            steps = [
                *([f"install it: {install}"] if install else []),
                *([f"see {program.docs}"] if program.docs else []),
            ]
            raise unavailable(
                f"{program.name} is not installed here: {word} is not on the PATH", "; ".join(steps) or None
            )
