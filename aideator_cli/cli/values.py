"""The values that can be completed: runs, variations, models, contexts and other names. Nothing here asks a network or a cluster."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from aideator_cli.cli import invocation

MOST: Final = 100  # runs
_TAKE_TEAMS: Final = {
    "apply", "cancel", "delete", "diff", "export", "logs", "replay", "report", "show", "wait", "watch"
}  # fmt: skip

Values = Iterable[tuple[str, str]]


def values(path: str, param: Any, given: Sequence[str], word: str) -> Values:
    """Returns what the option or argument could be, each value with a description, which may be empty. Some may not begin with `word`.

    `path`: the command's words, such as `config set`. `given`: the arguments before this one.
    """
    metavar = param.metavar or ""
    if param.param_type_name == "option":
        named = _OF_COMMANDS.get((path, param.name)) or _OPTIONS.get(param.name)
        return named(word) if named else ()
    if "RUN" in metavar:
        return _runs(word, variations="/N" in metavar, teams=path in _TAKE_TEAMS)
    if (path, param.name) == ("select", "number"):
        return _numbers(given[0])
    if (path, param.name) == ("config set", "value"):
        return _of_setting(given[0], word)
    named = _ARGUMENTS.get((path, param.name))
    return named(word) if named else ()


def _runs(word: str, *, variations: bool, teams: bool) -> Values:
    """Returns the runs, newest first, and before them the teams. Once only one run is left, its variations come, too."""
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
        known = stored.teams(run, MOST) if teams and not slash else []
        return [*((team, "a team") for team in known), *found]


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


def _named_or_chosen(word: str) -> Values:
    """Returns the models, and `auto` with the policies by which AIdeator chooses one."""
    from aideator_cli.intake.routing.policies import AUTO

    chosen = [(AUTO, "the usual policy"), *((f"{AUTO}:{name}", said) for name, said in _policies(word))]
    return [*_models(word), *chosen]


def _policies(_word: str) -> Values:
    from aideator_cli.intake.routing.policies import load
    from aideator_cli.system.configuration.repository import root_of

    found = load(invocation.settings().config_folder, root_of(Path()))
    return [
        (name, f"prefers {policy.prefer}" if name != policy.prefer else "") for name, policy in found.by_name.items()
    ]


def _policies_or_models(word: str) -> Values:
    return [*_policies(word), *_models(word)]


def _agents(word: str) -> Values:
    from aideator_cli.intake.agents.presets import names

    agent, slash, model = word.partition("/")
    if slash:
        return [(f"{agent}/{name}", said) for name, said in _named_or_chosen(model)]
    return [(name, "") for name in names()]


def _roles(_word: str) -> Values:
    from aideator_cli.intake.roles.finding import names

    return [(name, "") for name in names(invocation.settings().roles_folder)]


def _teams(_word: str) -> Values:
    """Returns the shipped teams and those of this folder's repository."""
    from aideator_cli.intake.teams.finding import names
    from aideator_cli.system.configuration.repository import root_of

    return [(name, "") for name in names(root_of(Path()))]


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
    "escalate": _policies_or_models,
    "like": _roles,
    "model": _named_or_chosen,
    "profile": _profiles,
    "role": _roles,
    "team": _teams,
}
_OF_COMMANDS: Final[Mapping[tuple[str, str], Callable[[str], Values]]] = {
    ("doctor", "model"): _models,  # these ask the model that is named
    ("judge", "model"): _models,
    ("teams new", "like"): _teams,
}
_ARGUMENTS: Final[Mapping[tuple[str, str], Callable[[str], Values]]] = {
    ("config get", "name"): _settings,
    ("config set", "name"): _settings,
    ("config unset", "name"): _settings,
    ("models", "names"): _models,
    ("roles show", "role"): _roles,
    ("teams check", "team"): _teams,
    ("teams show", "team"): _teams,
}
