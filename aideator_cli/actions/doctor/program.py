"""What `doctor` finds about a coding agent that is a program of its own."""

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any, Final

from aideator_agent.program import AgentProgram
from aideator_cli.domain.findings import BROKEN, NOTE, Finding, broken, ok
from aideator_cli.domain.result import OWN
from aideator_cli.errors import AideatorError
from aideator_cli.intake.agents import presets, programs
from aideator_cli.intake.agents.installed import check_installed
from aideator_cli.intake.models import ModelInfo
from aideator_cli.system.installation import adding
from aideator_cli.system.settings import Settings

PART: Final = "agent"
NOBODY: Final = "http://127.0.0.1:9"  # the address of a model that is not asked


def program_of(name: str, model: ModelInfo | None, api_base: str | None) -> AgentProgram | None:
    """Returns the program of an agent, with the model if one is named. None for AIdeator's own loop.

    Raises `AideatorError` (usage) for an unknown agent, and for a model that it can't work with.
    """
    if name == OWN:
        return None
    preset = presets.find(name)
    if model is not None:
        return programs.program(preset, model, api_base)
    usual = (preset.model or "model").rpartition("/")[2]
    return programs.program(preset, ModelInfo(usual, "", (), None, None), NOBODY)


def missing_here(program: AgentProgram, settings: Settings) -> Finding | None:
    """Returns what this machine lacks to run the agent."""
    try:
        check_installed([program], settings.environment)
    except AideatorError as error:
        return broken(PART, error)
    if find_spec("aiohttp") is None:
        text = f"the key proxy, through which {program.name} asks its model, needs aiohttp"
        return Finding(PART, BROKEN, text, adding("agents"))
    return None


def finding(said: Mapping[str, Any], program: AgentProgram, where: str) -> Finding:
    """`said` is what the trial's program told: foreign text. `where`: where the agent was looked for."""
    name = program.name
    if not said or said.get("error"):
        why = str(said.get("error") or "the image of AIdeator's agent is too old to look for it")
        return Finding(PART, BROKEN, f"{name} can't work {where}: {why}", _way_out(program, why))
    own, version = said.get("calls_itself"), said.get("version")
    told = str(version or own or "")
    if program.protocol == "acp":
        answers = "answers over ACP" if told else "answers over ACP, and does not say its version"
        return ok(PART, f"{name} {where}: {', '.join(part for part in (told, answers) if part)}")
    if told:
        return ok(PART, f"{name} {where}: {told}")
    return Finding(PART, NOTE, f"{name} {where}: nobody knows whether it is there, for its file names no `version`")


def _way_out(program: AgentProgram, why: str) -> str | None:
    return None if program.docs is None or program.docs in why else f"see {program.docs}"
