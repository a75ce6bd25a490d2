"""Starts an agent's program only to greet it: whether it is there, which version it is, and whether it speaks ACP. No model is asked."""

import os
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from aideator_agent import surroundings
from aideator_agent.emitter import Emitter
from aideator_agent.interrupts import Interrupts
from aideator_agent.keys import Redactor
from aideator_agent.opening import open_shell
from aideator_agent.programs.acp import AcpAgent, Patience
from aideator_agent.programs.home import Home, home_of
from aideator_agent.programs.telling import Telling
from aideator_agent.programs.version import version_of
from aideator_agent.settings import Settings
from aideator_agent.shell import NotStarted, Shell
from aideator_agent.spec import RunSpec
from aideator_agent.told import Told
from aideator_agent.totals import Totals
from aideator_agent.verdict import Ended

SECONDS: Final = 100.0  # for all of it
ANSWER_SECONDS: Final = 60.0
NOWHERE: Final = "http://127.0.0.1:9"  # where no model is


def greeted(spec: RunSpec) -> dict[str, Any]:
    """Returns what the program of the only variation's agent says, or `error`: why it can't work."""
    program = spec.variations[0].agent
    if program is None:
        return {"error": "the spec has no agent that is a program of its own"}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        settings = _settings(spec, Path(folder))
        surroundings.enter(settings, os.environ)
        shell = open_shell(settings, settings.workspace)
        try:
            home = home_of(settings, program, NOWHERE, "none")
            home.write("")
            return {"name": program.name, **_said(home, shell)}
        except Ended as ended:
            return {"name": program.name, "error": ended.verdict.reason}
        except NotStarted as error:
            return {"name": program.name, "error": f"{program.name} could not be started: {error}"}
        finally:
            shell.end()


def _settings(spec: RunSpec, folder: Path) -> Settings:
    """In a pod the program gets the folders and the container that an attempt would give it."""
    channel = os.environ.get("AIDEATOR_CHANNEL")
    workspace = Path(os.environ["AIDEATOR_WORKSPACE"]) if channel else folder / "workspace"
    workspace.mkdir(exist_ok=True)
    return Settings(spec, spec.variations[0], "", workspace, folder, Path(channel) if channel else None)


def _said(home: Home, shell: Shell) -> dict[str, Any]:
    """Raises `Ended`, or `NotStarted`."""
    began, interrupts = time.monotonic(), Interrupts(SECONDS)
    version = version_of(home, shell, interrupts.stop)
    interrupts.check()
    said: dict[str, Any] = {"version": version.text or None if version else None}
    if home.program.protocol == "acp":
        said["calls_itself"] = _greeting(home, shell, interrupts) or None
    return {**said, "seconds": round(time.monotonic() - began, 3)}


def _greeting(home: Home, shell: Shell, interrupts: Interrupts) -> str:
    nobody = os.open(os.devnull, os.O_WRONLY)
    emitter = Emitter(nobody, Redactor(()))
    try:
        conversation = shell.start(home.script(home.program.command), interrupts.stop)
        telling = Telling(str(home.folder), emitter, Totals())
        agent = AcpAgent(
            home.program, conversation, telling, emitter, Told(emitter), interrupts.check, Patience(ANSWER_SECONDS)
        )
        return agent.greet()
    finally:
        emitter.end()
        os.close(nobody)
