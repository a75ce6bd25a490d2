"""Which models there are: who serves a name, which keys it needs, what it costs; and which variation gets which model.

The facts come from models.json (models_table.py writes it from the pinned LiteLLM) and the user's models.yaml.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import cycle, islice, pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from aideator_agent.spec import Price
from aideator_cli.errors import AideatorError, usage

MOST: Final = 20
USUAL: Final = 3
MORE: Final = "run --matrix FILE makes more of them, up to 200"
SCRIPTED: Final = "scripted/"


@dataclass(frozen=True)
class ModelInfo:
    name: str  # LiteLLM's, or scripted/FILE
    provider: str
    keys: tuple[str, ...]  # environment variables that its provider reads
    price: Price | None  # None: unknown, which is not 0
    context: int | None  # tokens
    keys_required: bool = True  # false: an endpoint of the user's own, which may take no key
    price_overridden: bool = (
        False  # the price is the user's; else the agent's LiteLLM knows it too, with tiers and cache writes
    )


@dataclass(frozen=True)
class Override:
    """What models.yaml says of one model; None: nothing."""

    keys: tuple[str, ...] | None = None
    price: Price | None = None
    context: int | None = None


Overrides = Mapping[str, Override]
NO_OVERRIDES: Final[Overrides] = MappingProxyType({})


def resolve(name: str, *, api_base: str | None = None, overrides: Overrides = NO_OVERRIDES) -> ModelInfo:
    """Raises `AideatorError` (usage) for a name that no provider can be found for.

    A known provider's unknown model is accepted, its price unknown. With `api_base`, a name that does not begin with a known provider
    is the endpoint's own, taken as `openai/<name>`.
    """
    if not name or name != name.strip() or not name.isprintable():
        raise usage(f"a model's name can't be {name!r}", "for example: --model claude-sonnet-4-5")
    info = _scripted(name) if name.startswith(SCRIPTED) else _served(name, api_base, overrides)
    return _overridden(info, overrides.get(name) or overrides.get(info.name))


def is_known(name: str, overrides: Overrides = NO_OVERRIDES) -> bool:
    """Whether the whole text names a model, so that a number after its last colon is no count.

    Of a name that is in no table that is decided by its form: `ollama/NAME:TAG` and Bedrock's `...-v1:0`.
    """
    if name in overrides or _row(name) is not None:
        return True
    return re.fullmatch(r"ollama(_chat)?/[^:]+:[^:]+|bedrock/.+-v\d+:\d+", name) is not None


def parse_models(values: Iterable[str], *, n: int | None, known: Callable[[str], bool] = is_known) -> list[str]:
    """One model's name for each variation, out of `--model`'s values ("a:2,b:1", or the option repeated) and `-n`.

    `:K` is a count unless `known` has the whole text as a model; counts set how many there are (a name without one counts once).
    Without counts the models go round robin over `n`, by default one of each, and three of a single one. Raises `AideatorError` (usage).
    """
    if n is not None and not 1 <= n <= MOST:
        raise usage(f"-n takes 1 to {MOST}, not {n}", MORE if n > MOST else f"-n {USUAL} is usual")
    items = [_counted(item, known) for value in values for item in _items(value)]
    if not items:
        raise usage("no model is given", "for example: --model claude-sonnet-4-5")
    if any(count is not None for _, count in items):
        return _by_counts(items, n)
    names = [name for name, _ in items]
    total = n if n is not None else USUAL if len(names) == 1 else len(names)
    if not len(names) <= total <= MOST:
        raise usage(
            f"{len(names)} models can't share {min(total, MOST)} variations",
            f"-n takes 1 to {MOST}, or name fewer models",
        )
    return list(islice(cycle(names), total))


def available(environment: Mapping[str, str]) -> list[str]:
    """What the keys at hand allow, as phrases: `ANTHROPIC_API_KEY allows claude-sonnet-4-5`."""
    examples: dict[str, str] = {}  # keys -> a model; providers that one knows before those that share their key
    for provider, entry in sorted(
        _providers().items(), key=lambda item: ("example" not in item[1], not item[1]["prefixed"])
    ):
        keys = entry["keys"]
        if keys and all(environment.get(key) for key in keys):
            examples.setdefault(" and ".join(keys), _example(provider, entry))
    return [f"{keys} {'allow' if ' and ' in keys else 'allows'} {model}" for keys, model in examples.items()]


def provider_keys() -> frozenset[str]:
    """Every environment variable that some provider reads a key from."""
    return frozenset(key for entry in _providers().values() for key in entry["keys"])


def no_model(environment: Mapping[str, str]) -> AideatorError:
    """The error for a run without `--model` and without a configured one."""
    phrases = available(environment)
    hint = (
        f"keys at hand: {'; '.join(phrases)}"
        if phrases
        else "no provider's key is set; for example: --model claude-sonnet-4-5"
    )
    return usage("no model is given (--model), and none is configured", hint)


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
    return ModelInfo(name, provider, keys, _price(row), _at(row, 3), keys_required=required)


def _scripted(name: str) -> ModelInfo:
    if name == SCRIPTED:
        raise usage("scripted/ needs the script's file", "for example: --model scripted/script.yaml")
    return ModelInfo(name, "scripted", (), Price(0.0, 0.0, 0.0), None)


def _overridden(info: ModelInfo, override: Override | None) -> ModelInfo:
    if override is None:
        return info
    return ModelInfo(
        name=info.name,
        provider=info.provider,
        keys=info.keys if override.keys is None else override.keys,
        price=override.price or info.price,
        context=override.context or info.context,
        keys_required=info.keys_required or override.keys is not None,
        price_overridden=override.price is not None,
    )


def _unknown_provider(prefix: str, name: str) -> AideatorError:
    near = _close(prefix, _providers())
    guess = f"did you mean {near[0]}/{name.partition('/')[2]}? " if near else ""
    return usage(
        f"unknown model provider '{prefix}' in '{name}'",
        f"{guess}An endpoint of your own takes --api-base URL; models.yaml can name the keys of a provider not listed here.",
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
        f"{guess}A name that is not listed takes its provider, PROVIDER/{name}, or --api-base URL.",
    )


def _close(word: str, words: Iterable[str]) -> list[str]:
    import difflib  # 5 ms, for an error alone

    return difflib.get_close_matches(word, list(words), n=3, cutoff=0.6)


def _items(value: str) -> list[str]:
    items = [item.strip() for item in value.split(",")]
    if "" in items:
        raise usage(f"--model {value!r} names an empty model", "for example: --model claude-sonnet-4-5:2,gpt-5:1")
    for before, item in pairwise(items):
        if before.startswith(SCRIPTED) and "/" not in item and re.search(r"\.ya?ml(:\d+)?$", item):
            raise usage(
                f"a script's file name can't hold a comma: {before},{item}",
                "rename the file, or repeat --model for each",
            )
    return items


def _counted(item: str, known: Callable[[str], bool]) -> tuple[str, int | None]:
    name, colon, digits = item.rpartition(":")
    if not colon or not re.fullmatch(r"[0-9]+", digits) or known(item):
        return item, None
    if not name or len(digits) > 6 or int(digits) == 0:
        raise usage(f"--model {item!r}: what follows the colon is a count, 1 to {MOST}")
    return name, int(digits)


def _by_counts(items: list[tuple[str, int | None]], n: int | None) -> list[str]:
    names = [name for name, count in items for _ in range(min(1 if count is None else count, MOST + 1))]
    total = sum(1 if count is None else count for _, count in items)
    if total > MOST:
        raise usage(f"-n takes 1 to {MOST}; the counts in --model add up to {total}", MORE)
    if n is not None and n != total:
        raise usage(f"-n {n} and the counts in --model, which add up to {total}, contradict each other", "leave out -n")
    return names


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
