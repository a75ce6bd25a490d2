"""The models that can be used with the keys at hand, what is known of each, and whether they answer."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from time import monotonic
from typing import Final

from aideator_agent.interrupts import Interrupts
from aideator_agent.models import library_version
from aideator_agent.models.base import ModelError
from aideator_agent.spec import VariationSpec
from aideator_agent.values import frozen
from aideator_agent.verdict import Ended
from aideator_cli.actions.here import Here
from aideator_cli.actions.keeping import Store, kept
from aideator_cli.actions.places import choose
from aideator_cli.errors import AideatorError, Hint, command, not_found, usage
from aideator_cli.intake import configured_model, models, models_file
from aideator_cli.intake.models import ModelInfo
from aideator_cli.system.installation import adding
from aideator_cli.system.keyring import listed
from aideator_cli.system.settings import Settings

_HERE: Final = "this machine's environment and keyring"
AT_ONCE: Final = 8
LOADING: Final = 30.0  # seconds that LiteLLM may take to load, which no model is to blame for
MOST: Final = 20  # models that are asked


@frozen
class Known:
    """A model, and whether its keys are at hand."""

    info: ModelInfo
    own: bool  # it stands in models.yaml
    usable: bool


@frozen
class Shelf:
    """What can be used, and where its keys are."""

    models: Sequence[Known]
    place: str  # of the keys, for people
    trouble: str | None = None  # why keys on the cluster could not be read

    @property
    def mend(self) -> Hint:
        """How to give agents a key where they would look for it."""
        return models.set_key("ANTHROPIC_API_KEY") if self.place == _HERE else (command("secret", "set", "NAME"),)


@frozen
class Checked:
    """A model that was asked for one token. None: `error` says why it did not answer."""

    info: ModelInfo
    seconds: float | None
    cost: float | None = None  # USD; None: unknown, or nothing was answered
    error: str | None = None


def shelf(here: Here, words: Sequence[str], store: Store) -> Shelf:
    """Returns the models whose keys are at hand, and those that `words` name.

    A word is a model's name, or a part of the names that are wanted. Raises `AideatorError` (usage) if a word matches nothing.
    """
    overrides = models_file.load_overrides(here.settings.models_file)
    names, place, trouble = _keys(here, store)
    own = {models.resolve(name, overrides=overrides).name for name in overrides}
    every = [Known(info, info.name in own, _usable(info, names)) for info in models.every(overrides)]
    if not words:  # a server on localhost needs no key, but nobody knows whether it is there
        return Shelf([known for known in every if known.usable and (known.own or known.info.keys)], place, trouble)
    found: dict[str, Known] = {}
    for word in words:
        matching = [known for known in every if word in known.info.name]
        exact = [known for known in matching if known.info.name == word]
        if not matching:
            info = models.resolve(word, overrides=overrides)
            exact = [Known(info, own=False, usable=_usable(info, names))]
        found |= {known.info.name: known for known in exact or matching}
    return Shelf(list(found.values()), place, trouble)


def check(here: Here, infos: Sequence[ModelInfo], seconds: float) -> Iterator[Checked]:
    """Asks each model for one token from this machine, several at once. Yields each answer as it comes.

    Raises `AideatorError` if that can't be done here.
    """
    if not infos:
        raise usage("no model is named, and none is configured", hint="aideator models MODEL --check")
    if len(infos) > MOST:
        raise usage(f"{len(infos)} models match, and --check asks at most {MOST}", hint="name them")
    if any(library_version(info.name) is None for info in infos):
        raise not_found("asking models needs LiteLLM, which is not installed here", hint=adding("models"))
    return _answers(here.settings, infos, seconds)


def chosen(here: Here, found: Sequence[Known]) -> list[ModelInfo]:
    """Returns the models that are asked when none is named: the configured one and those of models.yaml that can be used."""
    configured = configured_model.first(here.settings)
    infos = [known.info for known in found if known.usable and known.own]
    if configured and not configured.startswith(models.SCRIPTED):
        overrides = models_file.load_overrides(here.settings.models_file)
        info = models.resolve(configured, api_base=here.settings.defaults.api_base, overrides=overrides)
        infos = [info, *(each for each in infos if each.name != info.name)]
    return infos


def _answers(settings: Settings, infos: Sequence[ModelInfo], seconds: float) -> Iterator[Checked]:
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="check") as pool:
        for done in as_completed([pool.submit(_checked, settings, info, seconds) for info in infos]):
            yield done.result()


def _checked(settings: Settings, info: ModelInfo, seconds: float) -> Checked:
    from aideator_agent.models.litellm_model import LiteLLMModel

    keys = {name: found for name in info.keys if (found := settings.key(name))}
    missing = [name for name in info.keys if name not in keys]
    if missing and info.keys_required:
        return Checked(info, None, error=f"this machine has no {' and '.join(missing)}")
    price = info.price if info.price_overridden else None
    variation = VariationSpec(1, info.name, api_base=info.api_base, keys=info.keys, price=price)
    try:
        LiteLLMModel(variation, keys, Interrupts(LOADING)).ready()
        model = LiteLLMModel(variation, keys, Interrupts(seconds))
        began = monotonic()
        used = model.touch()
    except Ended:
        return Checked(info, None, error=f"no answer within {seconds:g} s")
    except ModelError as error:
        return Checked(info, None, error=str(error))
    return Checked(info, monotonic() - began, used.cost)


def _usable(info: ModelInfo, names: frozenset[str]) -> bool:
    return not info.keys_required or names.issuperset(info.keys)


def _keys(here: Here, store: Store) -> tuple[frozenset[str], str, str | None]:
    """Returns the names of the keys that runs would find, where they are, and why they could not be read."""
    backend = choose(store.where, here.settings)
    if backend.name == "local":
        set_here = {name for name, value in here.settings.environment.items() if value}
        return frozenset({*set_here, *listed()}), _HERE, None
    try:
        used = [keys for keys in kept(here, store) if keys.used]
    except AideatorError as error:
        return frozenset(), backend.where, error.message
    names = frozenset(entry.name for keys in used for entry in keys.entries)
    return names, used[0].place if used else f"no Secret in {backend.where}", None
