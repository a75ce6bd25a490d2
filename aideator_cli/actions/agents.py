"""The coding agents that AIdeator has presets for, and which of them this machine has."""

import os
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any, Final

from aideator_agent.keys import scrubbed
from aideator_agent.values import frozen
from aideator_cli.actions.here import Here
from aideator_cli.intake.agents import presets
from aideator_cli.intake.agents.installed import where_is
from aideator_cli.intake.agents.presets import Preset

_SECONDS: Final = 30.0  # for an agent to print its version
_LONGEST: Final = 60  # characters of it


@frozen
class KnownAgent:
    name: str
    title: str
    protocol: str
    wires: Sequence[str]  # the APIs that it speaks to models, the preferred one first
    model: str | None  # the one that it works with if none is named
    version: str | None  # as it prints it; None: it is not on this machine, or does not say
    path: str | None  # of its program; None: it is not on this machine
    install: str | None
    docs: str | None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def agents(here: Here) -> list[KnownAgent]:
    """Returns AIdeator's presets by name."""
    found = [presets.find(name) for name in presets.names()]
    with ThreadPoolExecutor(len(found)) as pool:
        return list(pool.map(lambda preset: _known(here, preset), found))


def _known(here: Here, preset: Preset) -> KnownAgent:
    path = where_is(preset.command, here.settings.environment)
    return KnownAgent(
        name=preset.name,
        title=preset.title,
        protocol=preset.protocol,
        wires=tuple(preset.wires),
        model=preset.model,
        version=_version(preset.version) if path and preset.version else None,
        path=str(path) if path else None,
        install=preset.install,
        docs=preset.docs,
    )


def _version(command: str) -> str | None:
    """Returns the last line that the command prints. It gets no key."""
    try:
        done = subprocess.run(
            command, shell=True, env=scrubbed(os.environ), stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=False
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = done.stdout.decode(errors="replace").split("\n")
    last = next((line.strip() for line in reversed(lines) if line.strip()), None)
    return last[:_LONGEST] if last and done.returncode == 0 else None
