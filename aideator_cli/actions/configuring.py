"""Shows and changes the configuration: the user's file, or that of a repository."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from aideator_agent.values import frozen
from aideator_cli.actions.here import Here
from aideator_cli.errors import AideatorError, ExitCode, command, not_found, usage
from aideator_cli.intake import configured, models
from aideator_cli.system.configuration import files, reading, repository, writing
from aideator_cli.system.configuration.files import PROFILE_NAME
from aideator_cli.system.configuration.found import TOML, YAML
from aideator_cli.system.configuration.layers import Setting
from aideator_cli.system.configuration.names import is_key, near, secret_in, unknown
from aideator_cli.system.configuration.options import Kind, Option, Table
from aideator_cli.system.configuration.repository import RepositoryFile
from aideator_cli.system.configuration.trust import Trust
from aideator_cli.system.configuration.values import Value, as_secret, checked, typed
from aideator_cli.system.output_file import output_file
from aideator_cli.system.yaml_file import read_text

FIRST = "# Settings of aideator: each is the default of the option of this name. `aideator config show --all` lists them all.\n"
_NOTHING = "nothing was set"


@frozen
class Target:
    """The file that is changed."""

    path: Path
    repository: Path | None = None  # the top of the repository whose file it is


def the_option(table: Table, name: str) -> Option:
    """Finds a setting by its name, or as the flag. Raises `AideatorError` (usage)."""
    found = table.get(name.removeprefix("--").replace("-", "_"))
    if found is None:
        if is_key(name):
            raise unknown(_NOTHING, name, table)
        meant = near(name, table)
        hint = f"did you mean {' or '.join(meant)}?" if meant else command("config", "show", "--all")
        raise usage(f"there is no setting {name!r}", hint)
    return found


def target(here: Here, folder: Path | None) -> Target:
    """Returns the user's file, or with a folder that of its repository. Raises `AideatorError`."""
    if folder is not None:
        root = repository.root_of(folder)
        if root is None:
            raise not_found(
                f"{folder.absolute()} is in no git repository", "call it in your clone, or name one with -C DIR"
            )
        return Target(root / repository.NAME, root)
    path = here.settings.config_folder / TOML
    if not path.exists() and (old := path.with_name(YAML)).exists():
        raise usage(f"the configuration is still {old}", ("move it first: ", command("config", "migrate")))
    return Target(path)


def put(here: Here, table: Table, where: Target, name: str, texts: Sequence[str], profile: str | None) -> Setting:
    """Sets what a person typed. Raises `AideatorError` (usage) if the option does not take it."""
    option = the_option(table, name)
    if not option.many and len(texts) != 1:
        raise usage(f"{option.name} takes one value, not {len(texts)}", "put words that belong together in quotes")
    raw = typed(option, [_placed(option, text, where) for text in texts])
    value = checked(option, raw, lambda: _NOTHING, where.path.parent)
    if what := secret_in(value):
        raise as_secret(_NOTHING, option.name, what)
    configured.check(option.flag, value)
    _change(
        here,
        table,
        where,
        option.name,
        tuple(raw) if option.many and len(raw) > 1 else raw[0] if option.many else raw,
        profile,
    )
    return Setting(value, ())


def _placed(option: Option, text: str, where: Target) -> str:
    """A path that a person types starts where the person stands, and the file's where the file lies."""
    if option.flag == models.OPTION and where.repository is None:
        return ",".join(map(_script, text.split(",")))
    if option.kind is not Kind.PATH:
        return text
    path = Path.cwd() / Path(text).expanduser()
    return os.path.relpath(path, where.repository) if where.repository else str(path)


def _script(item: str) -> str:
    """A script's path starts where the person stands, too. Other models stay as they are."""
    if not item.startswith(models.SCRIPTED) or item == models.SCRIPTED:
        return item
    return f"{models.SCRIPTED}{os.path.normpath(Path.cwd() / item.removeprefix(models.SCRIPTED))}"


def doubt(here: Here, option: Option, value: Value) -> str | None:
    """Returns why no run could use this model, unless another setting makes it known: an endpoint, or a coding agent."""
    if option.flag != models.OPTION:
        return None
    try:
        configured.check_models(here.settings, value)
    except AideatorError as error:
        if error.code == ExitCode.NOT_FOUND:
            return error.message
        return (
            f"{error.message}; a run takes it only with an endpoint (api_base) or a coding agent (agent) that knows it"
        )
    return None


def drop(here: Here, table: Table, where: Target, name: str, profile: str | None) -> bool:
    """Removes a setting from the file. Returns whether it was there."""
    option = the_option(table, name)
    found = files.toml(text_of(where), where.path)
    there = found.get(files.PROFILES, {}).get(profile, {}) if profile else found
    if option.name not in there:
        return False
    _change(here, table, where, option.name, None, profile)
    return True


def _change(here: Here, table: Table, where: Target, name: str, value: Value | None, profile: str | None) -> None:
    if profile is not None and not PROFILE_NAME.fullmatch(profile):
        raise usage(f"{profile!r} can't name a profile", "use at most 40 letters, digits, - and _")
    before = text_of(where)
    files.toml(before, where.path)
    try:
        after = writing.changed(before or FIRST, name, value, profile)
    except writing.Unclear as error:
        edit = command("config", "edit", *(["--repository"] if where.repository else []))
        raise usage(
            f"{name} can't be changed in {where.path} without touching the rest of it", ("change it by hand: ", edit)
        ) from error
    save(here, table, where, after)


def text_of(where: Target) -> str:
    """Returns the file's text, empty if there is none."""
    if where.repository is not None:
        found = repository.text(where.repository)
        return "" if found is None else found
    return read_text(where.path, "configuration") if where.path.exists() else ""


def check(table: Table, where: Target, text: str) -> None:
    """Raises `AideatorError` (usage) for a mistake in what would be the file."""
    rule = None if where.repository is None else repository.rule(where.repository)
    files.parsed(text, where.path, table, rule)


def save(here: Here, table: Table, where: Target, text: str) -> None:
    """Writes the file, if it has no mistake. What the user writes into a repository that is trusted, or had no such file, is trusted."""
    check(table, where, text)
    trusted = where.repository is not None and _is_trusted(here, table, where.repository)
    try:
        where.path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        from aideator_cli.errors import unwritable

        raise unwritable(where.path, error) from error
    with output_file(where.path, force=True) as out:
        out.write(text)
    if trusted and where.repository is not None and (file := repository.find(where.repository, table)):
        Trust(here.settings.home).add(file)


def _is_trusted(here: Here, table: Table, root: Path) -> bool:
    try:
        file = repository.find(root, table)
    except AideatorError:
        return False
    return file is None or Trust(here.settings.home).has(file)


@frozen
class Moved:
    old: Path
    new: Path


def migrate(here: Here, table: Table) -> Moved:
    """Writes config.yaml as config.toml, and keeps the old file under another name. Raises `AideatorError`."""
    folder = here.settings.config_folder
    old, new = folder / YAML, folder / TOML
    if not old.exists():
        raise not_found(f"there is no {old} to move", command("config", "show"))
    if new.exists():
        raise usage(f"{new} exists already", f"compare it with {old}, and delete that")
    file = reading.old_file(old, table)
    with output_file(new, force=False) as out:
        out.write(FIRST + "\n" + writing.whole({name: setting.value for name, setting in file.settings.items()}))
    kept = old.with_name(f"{old.name}.old")
    old.replace(kept)
    return Moved(kept, new)


@frozen
class Found:
    """The file of the repository that somebody stands in."""

    file: RepositoryFile
    trusted: bool


def of_repository(here: Here, table: Table, folder: Path) -> Found | None:
    """Raises `AideatorError` (usage) for a mistake in the file."""
    root = repository.root_of(folder)
    file = None if root is None else repository.find(root, table)
    return None if file is None else Found(file, Trust(here.settings.home).has(file))


def trust(here: Here, file: RepositoryFile) -> None:
    Trust(here.settings.home).add(file)


def untrust(here: Here, folder: Path) -> bool:
    """Returns whether the repository had been trusted."""
    return Trust(here.settings.home).remove(repository.root_of(folder) or folder)


def in_force(here: Here, table: Table, folder: Path) -> tuple[Here, Found | None]:
    """Returns `here` with what would count in this folder, and the repository's file, trusted or not."""
    found = of_repository(here, table, folder)
    if found is None or not found.trusted:
        return here, found
    return replace(here, settings=here.settings.with_repository(found.file)), found
