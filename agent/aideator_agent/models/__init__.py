"""The models that an agent can work with."""

from collections.abc import Mapping
from typing import Final

from aideator_agent.interrupts import Interrupts
from aideator_agent.models.base import Model
from aideator_agent.models.understanding import Understanding
from aideator_agent.settings import Settings
from aideator_agent.verdict import failed

SCRIPTED: Final = "scripted/"


def open_model(settings: Settings, keys: Mapping[str, str], interrupts: Interrupts) -> Model:
    """Returns the variation's model at once; its library loads in the background. Raises `Ended` if a script is missing."""
    name = settings.variation.model
    if name.startswith(SCRIPTED):
        from aideator_agent.models.scripted import ScriptedModel

        script = settings.spec.scripts.get(name)
        if script is None:
            raise failed("model", f"the spec holds no script for {name}")
        return Understanding(ScriptedModel(script, settings.variation.price, interrupts))
    from aideator_agent.models.litellm_model import LiteLLMModel

    spec = settings.spec
    return Understanding(LiteLLMModel(settings.variation, keys, interrupts, spec.limits.output, spec.model_hosts))


def library_version(name: str) -> str | None:
    """Returns LiteLLM's version if the model needs LiteLLM and it is installed."""
    if name.startswith(SCRIPTED):
        return None
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("litellm")
    except PackageNotFoundError:
        return None
