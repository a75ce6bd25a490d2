"""Where the providers' APIs are, for the key proxy of an agent that is not our own loop; and which of the APIs that agent gets."""

from collections.abc import Mapping
from typing import Final

from aideator_agent.program import Wire
from aideator_cli.errors import AideatorError, usage
from aideator_cli.intake.agents.presets import Preset
from aideator_cli.intake.models import ModelInfo

_GOOGLE: Final = "https://generativelanguage.googleapis.com"
OPENAI_STYLE: Final[Mapping[str, str]] = {  # provider -> its address; each of them speaks OpenAI's chat API
    "cerebras": "https://api.cerebras.ai/v1",
    "dashscope": "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
    "deepinfra": "https://api.deepinfra.com/v1/openai",
    "deepseek": "https://api.deepseek.com/v1",
    "fireworks_ai": "https://api.fireworks.ai/inference/v1",
    "groq": "https://api.groq.com/openai/v1",
    "hosted_vllm": "http://localhost:8000/v1",
    "mistral": "https://api.mistral.ai/v1",
    "moonshot": "https://api.moonshot.ai/v1",
    "nvidia_nim": "https://integrate.api.nvidia.com/v1",
    "ollama": "http://localhost:11434/v1",
    "ollama_chat": "http://localhost:11434/v1",
    "openrouter": "https://openrouter.ai/api/v1",
    "together_ai": "https://api.together.xyz/v1",
    "xai": "https://api.x.ai/v1",
}
SEVERAL: Final[Mapping[str, Mapping[Wire, str]]] = {  # the provider's own API first
    "anthropic": {"anthropic": "https://api.anthropic.com"},
    "openai": {"openai": "https://api.openai.com/v1", "responses": "https://api.openai.com/v1"},
    "gemini": {"gemini": _GOOGLE, "openai": f"{_GOOGLE}/v1beta/openai"},
}
_GATEWAY: Final = "name a gateway that offers the model with --api-base URL, or use AIdeator's own loop: --agent own"
_ADDRESSES: Final[Mapping[str, str]] = {  # of providers whose address only the user knows
    "azure": "name your resource: --api-base https://NAME.openai.azure.com/openai/v1",
}
NATIVE: Final[Mapping[str, Wire]] = {"anthropic": "anthropic", "gemini": "gemini"}
TAILS: Final[Mapping[Wire, tuple[str, ...]]] = {  # what clients of an API add themselves
    "anthropic": ("/v1/messages", "/v1"),
    "gemini": ("/v1beta", "/v1"),
}
SPOKEN: Final[Mapping[Wire, str]] = {
    "anthropic": "Anthropic's messages API",
    "openai": "OpenAI's chat API",
    "responses": "OpenAI's responses API",
    "gemini": "Gemini's API",
}


def resolve(preset: Preset, info: ModelInfo, api_base: str | None) -> tuple[Wire, str]:
    """Returns the API that the agent speaks to the model, and the address to which its paths are appended.

    The user's own endpoint (`api_base`) is taken at its word: gateways speak several APIs. Raises `AideatorError` (usage) if agent
    and model have no API in common.
    """
    if api_base is not None:
        native = NATIVE.get(info.provider, "openai")
        wire = native if native in preset.wires else next(iter(preset.wires))
        return wire, _trimmed(wire, api_base)
    offered = SEVERAL.get(info.provider) or _openai_style(info.provider)
    if not offered:
        raise usage(
            f"{preset.name} can't reach {info.name}: AIdeator knows no address for agents at {info.provider}",
            _ADDRESSES.get(info.provider, _GATEWAY),
        )
    for wire, address in offered.items():
        if wire in preset.wires:
            return wire, address
    raise _mismatch(preset, info, offered)


def can_use(preset: Preset, info: ModelInfo, api_base: str | None) -> bool:
    try:
        resolve(preset, info, api_base)
    except AideatorError:
        return False
    return True


def _openai_style(provider: str) -> Mapping[Wire, str]:
    address = OPENAI_STYLE.get(provider)
    return {"openai": address} if address else {}


def _trimmed(wire: Wire, api_base: str) -> str:
    base = api_base.rstrip("/")
    tail = next((tail for tail in TAILS.get(wire, ()) if base.endswith(tail)), "")
    return base.removesuffix(tail)


def _mismatch(preset: Preset, info: ModelInfo, offered: Mapping[Wire, str]) -> AideatorError:
    speaks = " or ".join(SPOKEN[wire] for wire in preset.wires)
    offers = " or ".join(SPOKEN[wire] for wire in offered)
    own = f", such as {preset.name}/{preset.model}" if preset.model else ""
    return usage(
        f"{preset.name} can't work with {info.name}: it speaks {speaks}, and {info.provider} offers {offers}",
        f"choose another model{own}, another agent, or a gateway that speaks both: --api-base URL",
    )
