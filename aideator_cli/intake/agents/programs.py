"""A preset and a model become the program that an agent runs."""

import re
from typing import Final

from aideator_agent.program import AgentProgram
from aideator_cli.errors import usage
from aideator_cli.intake.agents import endpoints, options
from aideator_cli.intake.agents.options import Wanted
from aideator_cli.intake.agents.presets import Preset
from aideator_cli.intake.models import SCRIPTED, ModelInfo

AS_IT_IS: Final = Wanted()
PLAIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]*")  # safe in a shell's word, in JSON, TOML and YAML


def program(
    preset: Preset, info: ModelInfo, api_base: str | None, home: str | None = None, asked: Wanted = AS_IT_IS
) -> AgentProgram:
    """`home`: the user's own HOME, in which the agent finds its model by itself.

    Raises `AideatorError` (usage) if it can't work with the model, or can't be told what is asked.
    """
    if info.name.startswith(SCRIPTED):
        raise usage(
            f"{preset.name} can't play {info.name}: only AIdeator's own loop plays scripts",
            f"--agent own/{info.name}, or another model for {preset.name}",
        )
    model = name_at_provider(info)
    if not PLAIN.fullmatch(model):
        raise usage(f"{preset.name} can't be given the model {model!r}: its name has a character that no model's has")
    wire, upstream = endpoints.resolve(preset, info, api_base)
    env, files = options.told(preset, preset.wires[wire], asked, {"model": model})
    if home is not None:  # what hands over the key proxy would hide the user's login and settings
        env, files = {name: value for name, value in env.items() if "{url}" not in value and "{token}" not in value}, {}
    return AgentProgram(
        name=preset.name,
        protocol=preset.protocol,
        command=preset.command.replace("{model}", model),
        wire=wire,
        upstream=upstream,
        env=env,
        files=files,
        version=preset.version,
        docs=preset.docs,
        session=preset.session if home is None else None,
        home=home,
    )


def name_at_provider(info: ModelInfo) -> str:
    """Returns the model's name as its provider knows it: without LiteLLM's prefix."""
    return info.name.removeprefix(f"{info.provider}/")
