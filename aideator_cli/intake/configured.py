"""Checks a setting when it is made, by the rules that a run keeps to."""

from functools import partial
from pathlib import Path

from aideator_cli.errors import not_found
from aideator_cli.intake import bounds, counts, models, models_file
from aideator_cli.system.configuration.values import Value
from aideator_cli.system.settings import Settings
from aideator_cli.text.durations import seconds
from aideator_cli.text.quantities import byte_count


def check(flag: str, value: Value) -> None:
    """Raises `AideatorError` (usage) if no run could take the value, whatever else is set."""
    if flag == "-n" and isinstance(value, int):
        counts.check_number(value)
    elif flag in bounds.RANGES and isinstance(value, int | float):
        bounds.check_number(flag, value)
    elif flag in bounds.TIMES:
        bounds.check_time(flag, seconds(flag, str(value)))
    elif flag == "--max-file":
        bounds.check_file(byte_count(flag, str(value)))
    elif flag == "--api-base":
        bounds.check_api_base(str(value))


def check_models(settings: Settings, value: Value) -> None:
    """Raises `AideatorError` if AIdeator does not know a model. An endpoint and another coding agent know models of their own."""
    overrides = models_file.load_overrides(settings.models_file)
    texts = value if isinstance(value, tuple) else (str(value),)
    named = models.named_models(texts, partial(models.is_known, overrides=overrides))
    defaults = settings.defaults
    for name, _ in named:
        if name.startswith(models.SCRIPTED):
            if not Path(name.removeprefix(models.SCRIPTED)).exists():
                raise not_found(f"script {name.removeprefix(models.SCRIPTED)} does not exist")
        elif name.partition(":")[0] != "auto" and defaults.agent is None:
            models.resolve(name, api_base=defaults.api_base, overrides=overrides)
