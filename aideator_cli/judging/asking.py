"""A model that answers questions on this machine, outside of any agent: opened, paid for and failing as one knows it from a run."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Final

from aideator_agent.interrupts import Interrupts
from aideator_agent.models import library_version, open_model
from aideator_agent.models.base import (
    ContextExceeded,
    CutTurn,
    KeyRefused,
    LibraryMissing,
    ModelError,
    ModelUnknown,
    PassingFault,
    Refused,
    Turn,
    Usage,
)  # fmt: skip
from aideator_agent.models.retry import asking
from aideator_agent.settings import Settings as AgentSettings
from aideator_agent.spec import RunSpec, VariationSpec
from aideator_cli.errors import AideatorError, not_found, refused, unavailable, usage
from aideator_cli.intake import models, models_file, scripts
from aideator_cli.settings import Settings

LONGEST: Final = 7 * 86400.0  # seconds; what ends a call sooner is the provider's silence
INSTALL: Final = "pip install './agent[models]'"


class NoAnswer(Exception):
    """The model could be asked, and has not answered this question; the text says why."""


@dataclass(frozen=True)
class Said:
    text: str
    usage: Usage
    seconds: float


class Asked:
    """`tell` hears of each question that is to be asked again."""

    def __init__(
        self, spec: RunSpec, variation: VariationSpec, settings: Settings, tell: Callable[[str], None]
    ) -> None:
        keys = {name: settings.environment[name] for name in variation.keys if settings.environment.get(name)}
        self._interrupts = Interrupts(LONGEST)
        self._model = open_model(_agent_settings(spec, variation), keys, self._interrupts)
        self._tell = tell

    def ask(self, system: str, question: str) -> Said:
        """Raises `NoAnswer`, or `AideatorError` when no further question would be answered either."""
        messages = [{"role": "system", "content": system}, {"role": "user", "content": question}]
        begun = monotonic()
        turn: Turn | None = None
        try:
            for piece in asking(lambda: self._model.turn(messages, ()), self._interrupts, self._tell):
                turn = piece if isinstance(piece, Turn) else turn
        except (CutTurn, Refused, ContextExceeded) as error:
            raise NoAnswer(str(error)) from error
        except ModelError as error:
            raise _failure(error) from error
        assert turn is not None
        return Said(turn.text, turn.usage, monotonic() - begun)


def resolve(name: str | None, api_base: str | None, settings: Settings) -> tuple[models.ModelInfo, VariationSpec]:
    """What is to be asked. Raises `AideatorError` for a model that is unknown, or whose key or library is not at hand."""
    name, api_base = name or settings.defaults.model, api_base or settings.defaults.api_base
    if name is None:
        raise models.no_model(settings.environment)
    if api_base is not None and not api_base.startswith(("http://", "https://")):
        raise usage(f"--api-base takes an http or https URL, not {api_base}")
    info = models.resolve(name, api_base=api_base, overrides=models_file.load_overrides(settings.models_file))
    if info.provider == "scripted":
        return info, VariationSpec(1, info.name)
    missing = [key for key in info.keys if not settings.environment.get(key)]
    if missing and api_base is None:
        raise not_found(
            f"{info.name} needs {' and '.join(missing)}, which the environment does not have",
            hint=f"export {missing[0]}=…",
        )
    if library_version(info.name) is None:
        raise not_found(f"to ask {info.name} takes LiteLLM, which is not installed here", hint=INSTALL)
    price = info.price if info.price_overridden else None
    return info, VariationSpec(1, info.name, api_base=api_base, keys=info.keys, price=price)


def _agent_settings(spec: RunSpec, variation: VariationSpec) -> AgentSettings:
    turns = {}
    if variation.model.startswith(models.SCRIPTED):
        turns[variation.model] = scripts.load(Path(variation.model.removeprefix(models.SCRIPTED)))
    nowhere = Path()  # it has no tools
    asked = replace(spec, variations=(variation,), scripts=turns)
    return AgentSettings(asked, variation, "", nowhere, nowhere, None)


def _failure(error: ModelError) -> AideatorError:
    if isinstance(error, KeyRefused | ModelUnknown):
        return not_found(str(error))
    if isinstance(error, LibraryMissing):
        return not_found(str(error), hint=INSTALL)
    if isinstance(error, PassingFault):
        return unavailable(str(error), hint="what was answered so far does not count; ask again later")
    return refused(str(error))
