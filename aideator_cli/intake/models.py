"""Knows the models: their providers, keys and prices. Also assigns models to variations.

The data comes from models.json (which cli/models_table.py writes from the pinned LiteLLM) and the user's models.yaml.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlsplit

from aideator_agent.spec import Price
from aideator_agent.values import frozen
from aideator_cli.domain import result
from aideator_cli.errors import AideatorError, ExitCode, Hint, Lacking, command, usage
from aideator_cli.intake import counts

OPTION: Final = "--model"
SCRIPTED: Final = result.SCRIPTED


@frozen
class ModelInfo:
    name: str  # LiteLLM's, or scripted/FILE
    provider: str
    keys: tuple[str, ...]  # environment variables that its provider reads
    price: Price | None  # None: unknown, which differs from 0
    context: int | None  # tokens
    max_output: int | None = None  # tokens of one turn
    host: str | None = None  # to which requests go; None: unknown
    keys_required: bool = True  # false: the user's own endpoint, which may need no key
    calls_tools: bool = False  # false: nobody knows; the table has only models that do
    api_base: str | None = None  # the OpenAI-compatible endpoint that serves it; None: the provider's own
    suggested: bool = False  # the table has it as the one to begin with at its provider
    price_overridden: bool = (
        False  # the user set the price; else the agent's LiteLLM knows it too, with tiers and cache writes
    )


@frozen
class Override:
    """What models.yaml says about one model. None means that it says nothing."""

    keys: tuple[str, ...] | None = None
    price: Price | None = None
    context: int | None = None
    max_output: int | None = None
    api_base: str | None = None


Overrides = Mapping[str, Override]
NO_OVERRIDES: Final[Overrides] = MappingProxyType({})


def resolve(name: str, *, api_base: str | None = None, overrides: Overrides = NO_OVERRIDES) -> ModelInfo:
    """Raises `AideatorError` (usage) if no provider can be found for the name. `api_base` goes before that of models.yaml.

    An unknown model of a known provider is accepted without a price. With `api_base`, a name that does not begin with a known provider
    belongs to the endpoint and is read as `openai/<name>`.
    """
    if not name or name != name.strip() or not name.isprintable():
        raise usage(f"{name!r} is not a valid model name", "for example: --model claude-sonnet-4-5")
    if name.startswith(SCRIPTED):
        return _overridden(_scripted(name), overrides.get(name))
    if name == "auto" or name.startswith("auto:"):
        raise usage(
            f"{name} is chosen for the agents of a run; here a model must be named",
            "for example: --model claude-sonnet-4-5",
        )
    own = overrides.get(name) or overrides.get(f"openai/{name}") or overrides.get(name.removeprefix("openai/"))
    info = _served(name, api_base or (own.api_base if own else None), overrides)
    return _overridden(info, own or overrides.get(info.name))


def is_known(name: str, overrides: Overrides = NO_OVERRIDES) -> bool:
    """Returns whether the whole text names a model. Then a number after its last colon is part of the name, not a count.

    A name that is in no table is recognised by its form: `ollama/NAME:TAG` and Bedrock's `...-v1:0`.
    """
    if name in overrides or _row(name) is not None:
        return True
    return re.fullmatch(r"ollama(_chat)?/[^:]+:[^:]+|bedrock/.+-v\d+:\d+", name) is not None


def every(overrides: Overrides = NO_OVERRIDES) -> list[ModelInfo]:
    """Returns the models of the table and of models.yaml, those of models.yaml first."""
    return [resolve(name, overrides=overrides) for name in dict.fromkeys((*overrides, *names()))]


def names(environment: Mapping[str, str] | None = None) -> list[str]:
    """Returns the names in the table. `environment`: only of the providers that have all their keys in it."""
    found: dict[str, None] = {}
    for provider, entry in _providers().items():
        keys = entry["keys"]
        if environment is None or (keys and all(environment.get(key) for key in keys)):
            found |= dict.fromkeys((*entry["bare"], *(f"{provider}/{name}" for name in entry["prefixed"])))
    return list(found)


def parse_models(values: Iterable[str], *, n: int | None, known: Callable[[str], bool] = is_known) -> list[str]:
    """Returns one model name for each variation, from the values of `--model` ("a:2,b:1", or the option repeated) and `-n`.

    `:K` is a count unless `known` accepts the whole text as a model; `counts.share_out` has the rules. Raises `AideatorError` (usage).
    """
    return share_out(named_models(values, known), n)


def share_out(named: list[tuple[str, int | None]], n: int | None) -> list[str]:
    """Returns the model of each variation. Raises `AideatorError` (usage)."""
    counts.check_number(n)
    return counts.share_out(OPTION, "models", named, n)


def named_models(values: Iterable[str], known: Callable[[str], bool] = is_known) -> list[tuple[str, int | None]]:
    """Returns the models that `--model` names, each with its count, or None. Raises `AideatorError` (usage)."""
    named = [counts.counted(OPTION, item, known) for value in values for item in split_models(OPTION, value)]
    if not named:
        raise usage("no model is given", "for example: --model claude-sonnet-4-5")
    return named


def split_models(option: str, value: str) -> list[str]:
    """Splits an option's value at its commas. Raises `AideatorError` (usage), also for a script whose file's name has a comma."""
    items = counts.items(option, value, "claude-sonnet-4-5:2,gpt-5:1")
    for before, item in pairwise(items):
        if SCRIPTED in before and "/" not in item and re.search(r"\.ya?ml(:\d+)?$", item):
            raise usage(
                f"a script's file name can't contain a comma: {before},{item}",
                f"rename the file, or repeat {option} for each",
            )
    return items


def available(environment: Mapping[str, str]) -> list[str]:
    """Returns what each available key allows, as phrases: `ANTHROPIC_API_KEY allows claude-sonnet-4-5`."""
    found = examples(environment).items()
    return [f"{keys} {'allow' if ' and ' in keys else 'allows'} {model}" for keys, model in found]


def examples(environment: Mapping[str, str]) -> dict[str, str]:
    """Returns a model for each available key, or for keys that are needed together: `ANTHROPIC_API_KEY` -> `claude-sonnet-4-5`."""
    found: dict[str, str] = {}  # keys -> a model; well-known providers come before others that share their key
    for provider, entry in sorted(
        _providers().items(), key=lambda item: ("example" not in item[1], not item[1]["prefixed"])
    ):
        keys = entry["keys"]
        if keys and all(environment.get(key) for key in keys):
            found.setdefault(" and ".join(keys), _example(provider, entry))
    return found


def provider_keys() -> frozenset[str]:
    """Returns every environment variable from which a provider reads a key."""
    return frozenset(key for entry in _providers().values() for key in entry["keys"])


def set_key(name: str) -> Hint:
    """Returns how to give an agent on this machine its key."""
    if find_spec("keyring") is None:
        return f"export {name}=…"
    return (f"export {name}=…, or keep it in the keyring: ", command("secret", "set", name, "--backend", "local"))


def no_model(environment: Mapping[str, str]) -> AideatorError:
    """Returns the error for a run without `--model` and without a configured model."""
    phrases = available(environment)
    hint: Hint = (
        f"these keys are set: {'; '.join(phrases)}"
        if phrases
        else (
            "name one with --model. Each needs its provider's key, and none is set: ",
            "export ANTHROPIC_API_KEY=… for --model claude-sonnet-4-5. Without a key: ",
            command("demo"),
        )
    )
    return Lacking("no model is given (--model), and none is configured", hint=hint, code=ExitCode.USAGE)


def _served(name: str, api_base: str | None, overrides: Overrides) -> ModelInfo:
    provider = _provider_of(name)
    if api_base is not None and (provider is None or "/" not in name):
        provider, name = "openai", f"openai/{name}"
    if provider is None:
        prefix, slash, _ = name.partition("/")
        override = overrides.get(name)
        if not slash or override is None or override.keys is None:
            raise _unknown_provider(prefix, name) if slash else _unknown_model(name)
        return ModelInfo(name, prefix, override.keys, None, None)
    keys = tuple(_providers()[provider]["keys"])
    if api_base is not None:
        keys = tuple(key for key in keys if not key.endswith("_API_BASE"))
    required = api_base is None or provider != "openai"
    row = _row(name) or []
    host = _providers()[provider].get("host") if api_base is None else urlsplit(api_base).hostname
    sizes = (_at(row, 3), _at(row, 4))
    return ModelInfo(
        name, provider, keys, _price(row), *sizes, host, keys_required=required, api_base=api_base, calls_tools=_row(name) is not None,
        suggested=name == _providers()[provider].get("example"),
    )  # fmt: skip


def _scripted(name: str) -> ModelInfo:
    if name == SCRIPTED:
        raise usage("scripted/ needs a script file", "for example: --model scripted/script.yaml")
    return ModelInfo(name, "scripted", (), Price(0.0, 0.0, 0.0), None)


def _overridden(info: ModelInfo, override: Override | None) -> ModelInfo:
    if override is None:
        return info
    return replace(
        info,
        keys=info.keys if override.keys is None else override.keys,
        price=override.price or info.price,
        context=override.context or info.context,
        max_output=override.max_output or info.max_output,
        keys_required=info.keys_required or override.keys is not None,
        price_overridden=override.price is not None,
    )


def _unknown_provider(prefix: str, name: str) -> AideatorError:
    near = _close(prefix, _providers())
    guess = f"did you mean {near[0]}/{name.partition('/')[2]}? " if near else ""
    return usage(
        f"unknown model provider '{prefix}' in '{name}'",
        f"{guess}For your own endpoint, add --api-base URL. For another provider, name its keys in models.yaml.",
    )


def _unknown_model(name: str) -> AideatorError:
    bare = [n for entry in _providers().values() for n in entry["bare"]]
    prefixed = {f"{p}/{n}": n for p, entry in _providers().items() for n in entry["prefixed"]}
    near = [full for full, n in prefixed.items() if name in (n, n.rpartition("/")[2])] or _close(
        name, [*bare, *prefixed]
    )
    guess = f"did you mean {', '.join(near[:3])}? " if near else ""
    return usage(
        f"unknown model '{name}'",
        f"{guess}For a model that is not listed, write PROVIDER/{name}, or add --api-base URL.",
    )


def _close(word: str, words: Iterable[str]) -> list[str]:
    import difflib  # takes 5 ms, and only this error needs it

    return difflib.get_close_matches(word, list(words), n=3, cutoff=0.6)


@cache
def _providers() -> Mapping[str, Any]:
    text = Path(__file__).with_name("models.json").read_bytes()
    providers: Mapping[str, Any] = json.loads(text)["providers"]
    return providers


@cache
def _bare() -> Mapping[str, str]:
    return {name: provider for provider, entry in _providers().items() for name in entry["bare"]}


def _provider_of(name: str) -> str | None:
    prefix, slash, _ = name.partition("/")
    return _bare().get(name) or (prefix if slash and prefix in _providers() else None)


def _row(name: str) -> list[Any] | None:
    provider = _provider_of(name)
    if provider is None:
        return None
    entry = _providers()[provider]
    rest = name.removeprefix(f"{provider}/")
    row: list[Any] | None = entry["bare"].get(rest, entry["prefixed"].get(rest))
    return row


def _price(row: list[Any]) -> Price | None:
    paid, earned, cached = _at(row, 0), _at(row, 1), _at(row, 2)
    if paid is None or earned is None:
        return None
    return Price(paid / 1e6, earned / 1e6, None if cached is None else cached / 1e6)


def _at(row: list[Any], index: int) -> Any:
    return row[index] if index < len(row) else None


def _example(provider: str, entry: Mapping[str, Any]) -> str:
    if example := entry.get("example"):
        return str(example)
    names = [*entry["bare"], *(f"{provider}/{name}" for name in entry["prefixed"])]
    return names[0] if names else f"{provider}/MODEL"
