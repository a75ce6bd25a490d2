"""The user's models.yaml: keys, prices and context sizes that the table does not know, or has otherwise.

models:
  openai/our-model: {keys: [OUR_API_KEY], input_price_per_million: 0.5, output_price_per_million: 2, context: 131072}
"""

import re
from pathlib import Path
from typing import Any, Final

from aideator_agent.spec import Price
from aideator_cli.errors import AideatorError, usage
from aideator_cli.intake.models import NO_OVERRIDES, Override, Overrides

INPUT: Final = "input_price_per_million"
OUTPUT: Final = "output_price_per_million"
CACHED: Final = "cached_price_per_million"
FIELDS: Final = ("keys", INPUT, OUTPUT, CACHED, "context")


def load_overrides(path: Path) -> Overrides:
    """What the file says, by the model's name; nothing when there is no file. Prices are USD a million tokens.

    Raises `AideatorError` (usage) for whatever is not as it should be.
    """
    if not path.exists():
        return NO_OVERRIDES
    from aideator_cli.yaml_file import read_yaml

    data = read_yaml(path, "models file")
    if data is None:
        return NO_OVERRIDES
    if not isinstance(data, dict) or set(data) != {"models"} or not isinstance(data["models"], dict):
        raise usage(f"models file {path} must be one mapping `models`, from a model's name to what it has", _expected())
    return {name: _override(f"models file {path}, {name}", entry) for name, entry in data["models"].items()}


def _override(where: str, entry: Any) -> Override:
    if not isinstance(entry, dict):
        raise usage(f"{where}: {entry!r} is no mapping", _expected())
    for name in entry:
        if name not in FIELDS:
            raise usage(f"{where}: unknown field '{name}'", _expected())
    context = entry.get("context")
    if context is not None and (type(context) is not int or context < 1):
        raise _wrong(where, "context", context, "a whole number of tokens")
    return Override(_keys(where, entry.get("keys")), _price(where, entry), context)


def _keys(where: str, keys: Any) -> tuple[str, ...] | None:
    if keys is None:
        return None
    if not isinstance(keys, list) or not all(
        isinstance(k, str) and re.fullmatch(r"[A-Z_][A-Z0-9_]{0,127}", k) for k in keys
    ):
        # what stands there may be the key itself: it is not repeated
        raise usage(f"{where}: keys takes a list of names of environment variables", "for example: keys: [OUR_API_KEY]")
    return tuple(keys)


def _price(where: str, entry: dict[str, Any]) -> Price | None:
    for name in (INPUT, OUTPUT, CACHED):
        value = entry.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0):
            raise _wrong(where, name, value, "USD a million tokens, 0 or more")
    paid, earned, cached = (entry.get(name) for name in (INPUT, OUTPUT, CACHED))
    if paid is None and earned is None and cached is None:
        return None
    if paid is None or earned is None:
        raise usage(f"{where}: a price needs both {INPUT} and {OUTPUT}")
    return Price(paid / 1e6, earned / 1e6, None if cached is None else cached / 1e6)


def _wrong(where: str, name: str, value: Any, wanted: str) -> AideatorError:
    return usage(f"{where}: {name} is {value!r}; it takes {wanted}")


def _expected() -> str:
    return "for example: models: {openai/our-model: {keys: [OUR_API_KEY], context: 131072}}; fields: " + ", ".join(
        FIELDS
    )
