"""The values that can be completed: runs, variations, models, contexts and other names. Nothing here asks a network or a cluster."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from aideator_cli.cli import invocation

MOST: Final = 100  # runs

Values = Iterable[tuple[str, str]]


def values(path: str, param: Any, given: Sequence[str], word: str) -> Values:
    """Returns what the option or argument could be, each value with a description, which may be empty. Some may not begin with `word`.

    `path`: the command's words, such as `config set`. `given`: the arguments before this one.
    """
    metavar = param.metavar or ""
    if param.param_type_name == "option":
        named = _OPTIONS.get(param.name)
        return named(word) if named else ()
    if "RUN" in metavar:
        return _runs(word, variations="/N" in metavar)
    if (path, param.name) == ("select", "number"):
        return _numbers(given[0])
    if (path, param.name) == ("config set", "value"):
        return _of_setting(given[0], word)
    named = _ARGUMENTS.get((path, param.name))
    return named(word) if named else ()


def _runs(word: str, *, variations: bool) -> Values:
    """Returns the runs, newest first. Once only one is left, its variations come, too."""
    from aideator_cli.store.names import names

    settings = invocation.settings()
    run, slash, _ = word.partition("/")
    with names(settings.home, settings.database) as stored:
        if stored is None:
            return []
        if slash:
            found = []
        elif run.startswith("@"):
            found = [("@last", "the newest run")] if stored.runs("", 1) else []
        else:
            found = stored.runs(run, MOST)
        if variations and (slash or (run and len(found) == 1)):
            whole = run if slash else found[0][0]
            found += [(f"{whole}/{number}", _who(*who)) for number, *who in stored.variations(whole)]
        return found


def _numbers(run: str) -> Values:
    from aideator_cli.store.names import names

    settings = invocation.settings()
    with names(settings.home, settings.database) as stored:
        return [(str(number), _who(*who)) for number, *who in stored.variations(run)] if stored else []


def _who(model: str, role: str) -> str:
    from aideator_cli.intake.roles.finding import NEUTRAL

    return model if role == NEUTRAL else f"{model}, {role}"


def _models(word: str) -> Values:
    """Returns the models of the table and of models.yaml. Until a letter is typed, a key in the environment leaves only its own models."""
    from aideator_cli.intake.models import names
    from aideator_cli.intake.models_file import load_overrides

    own = load_overrides(invocation.settings().models_file)
    usable = [] if word else names(os.environ)
    return [(name, "") for name in dict.fromkeys((*own, *(usable or names())))]


def _agents(word: str) -> Values:
    from aideator_cli.intake.agents.presets import names

    agent, slash, model = word.partition("/")
    return [(f"{agent}/{name}", said) for name, said in _models(model)] if slash else [(name, "") for name in names()]


def _roles(_word: str) -> Values:
    from aideator_cli.intake.roles.finding import names

    return [(name, "") for name in names(invocation.settings().roles_folder)]


def _contexts(_word: str) -> Values:
    from aideator_cli.backends.kubernetes.kubeconfig import load

    config = load()
    if config is None:
        return []
    return [(name, "current" if name == config.current else "") for name in sorted(config.contexts)]


def _profiles(_word: str) -> Values:
    """Returns those of config.toml and of this folder's repository, if it is trusted."""
    from aideator_cli.actions.configuring import in_force
    from aideator_cli.cli.option_table import option_table

    here, _ = in_force(invocation.here(), option_table(), Path())
    return [(name, "") for name in here.settings.configuration.profiles]


def _settings(_word: str) -> Values:
    from aideator_cli.cli.option_table import option_table

    return [(each.name, each.takes) for each in option_table().values()]


def _of_setting(name: str, word: str) -> Values:
    """Returns the values of the setting of this name."""
    from aideator_cli.actions.configuring import the_option
    from aideator_cli.cli.option_table import option_table
    from aideator_cli.system.configuration.options import Kind

    option = the_option(option_table(), name)
    if option.kind is Kind.SWITCH:
        return [("true", ""), ("false", "")]
    if option.choices:
        return [(each, "") for each in option.choices]
    named = _OPTIONS.get(option.name)
    return named(word) if named else ()


_OPTIONS: Final[Mapping[str, Callable[[str], Values]]] = {
    "agent": _agents,
    "context": _contexts,
    "like": _roles,
    "model": _models,
    "profile": _profiles,
    "role": _roles,
}
_ARGUMENTS: Final[Mapping[tuple[str, str], Callable[[str], Values]]] = {
    ("config get", "name"): _settings,
    ("config set", "name"): _settings,
    ("config unset", "name"): _settings,
    ("models", "names"): _models,
    ("roles show", "role"): _roles,
}
