"""The configured model, for what works with one: the setting `model` may name several, each with a count, as `--model` does."""

from functools import partial

from aideator_cli.errors import usage
from aideator_cli.intake import models, models_file
from aideator_cli.system.settings import Settings


def first(settings: Settings) -> str | None:
    """Returns the first configured model, or None."""
    named = _named(settings)
    return named[0] if named else None


def only(settings: Settings) -> str | None:
    """Returns the configured model, or None. Raises `AideatorError` (usage) if there are several."""
    named = _named(settings)
    if len(named) > 1:
        raise usage(f"the configuration names several models: {', '.join(named)}", "name the one to ask with --model")
    return named[0] if named else None


def _named(settings: Settings) -> list[str]:
    configured = settings.defaults.model
    if configured is None:
        return []
    known = partial(models.is_known, overrides=models_file.load_overrides(settings.models_file))
    return list(dict.fromkeys(name for name, _ in models.named_models([configured], known)))
