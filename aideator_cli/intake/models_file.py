"""Reads the user's models.yaml: keys, prices and context sizes that the built-in table lacks, or that replace the table's.

models:
  openai/our-model: {keys: [OUR_API_KEY], input_price_per_million: 0.5, output_price_per_million: 2, context: 131072}
"""

import re
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from aideator_agent.spec import Price
from aideator_cli.errors import AideatorError, usage
from aideator_cli.intake.models import NO_OVERRIDES, Override, Overrides

INPUT: Final = "input_price_per_million"
OUTPUT: Final = "output_price_per_million"
CACHED: Final = "cached_price_per_million"
TOKENS: Final = ("context", "max_output")
FIELDS: Final = ("keys", "api_base", INPUT, OUTPUT, CACHED, *TOKENS)


def load_overrides(path: Path) -> Overrides:
    """Returns the file's entries by model name, or none if there is no file. Prices are in USD per million tokens.

    Raises `AideatorError` (usage) for every mistake in the file.
    """
    if not path.exists():
        return NO_OVERRIDES
    from aideator_cli.system.yaml_file import read_yaml

    data = read_yaml(path, "models file")
    if data is None:
        return NO_OVERRIDES
    if not isinstance(data, dict) or set(data) != {"models"} or not isinstance(data["models"], dict):
        raise usage(
            f"models file {path} must have one mapping, `models`, of model names to their settings", _expected()
        )
    return {name: _override(f"models file {path}, {name}", entry) for name, entry in data["models"].items()}


def _override(where: str, entry: Any) -> Override:
    if not isinstance(entry, dict):
        raise usage(f"{where}: {entry!r} is not a mapping", _expected())
    for name in entry:
        if name not in FIELDS:
            raise usage(f"{where}: unknown field '{name}'", _expected())
    for name in TOKENS:
        tokens = entry.get(name)
        if tokens is not None and (type(tokens) is not int or tokens < 1):
            raise _wrong(where, name, tokens, "a whole number of tokens")
    price, (context, max_output) = _price(where, entry), (entry.get(name) for name in TOKENS)
    return Override(_keys(where, entry.get("keys")), price, context, max_output, _api_base(where, entry))


def _api_base(where: str, entry: dict[str, Any]) -> str | None:
    """Returns the endpoint's address. It must hold no key: who may see a run can see it."""
    address = entry.get("api_base")
    if address is None:
        return None
    if not isinstance(address, str) or not address.startswith(("http://", "https://")):
        raise _wrong(where, "api_base", address, "an http or https URL")
    if urlsplit(address).username is not None:
        raise usage(
            f"{where}: api_base contains credentials", "name the variable that holds the key: keys: [OUR_API_KEY]"
        )
    return address


def _keys(where: str, keys: Any) -> tuple[str, ...] | None:
    if keys is None:
        return None
    if not isinstance(keys, list) or not all(
        isinstance(k, str) and re.fullmatch(r"[A-Z_][A-Z0-9_]{0,127}", k) for k in keys
    ):
        # the value may be the key itself, so the error must not repeat it
        raise usage(f"{where}: keys takes a list of environment variable names", "for example: keys: [OUR_API_KEY]")
    return tuple(keys)


def _price(where: str, entry: dict[str, Any]) -> Price | None:
    for name in (INPUT, OUTPUT, CACHED):
        value = entry.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0):
            raise _wrong(where, name, value, "USD per million tokens, 0 or more")
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
