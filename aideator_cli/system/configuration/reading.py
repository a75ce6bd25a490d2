"""Puts together what is configured: the user's file, the repository's, a profile of both, and variables, in this order."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from aideator_agent.values import frozen
from aideator_cli.errors import AideatorError, Hint, command, usage
from aideator_cli.system.configuration import files
from aideator_cli.system.configuration.files import File
from aideator_cli.system.configuration.found import TOML, YAML, Configuration, Remark, may_exist
from aideator_cli.system.configuration.layers import Layer, Origin, Setting, laid
from aideator_cli.system.configuration.names import secret_in, without_password
from aideator_cli.system.configuration.options import VARIABLE, Table
from aideator_cli.system.configuration.repository import RepositoryFile
from aideator_cli.system.configuration.values import as_secret, checked, typed

PROFILE: Final = "AIDEATOR_PROFILE"
_NO_SETTINGS: Final = frozenset({"AIDEATOR_HOME", "AIDEATOR_DEBUG", "AIDEATOR_OIDC_SECRET", "AIDEATOR_TOKEN", PROFILE})


@frozen
class Sources:
    folder: Path  # of the user's file
    environment: Mapping[str, str]
    table: Table
    complete: bool = True  # whether the table has every option
    profile: str | None = None  # as chosen on the command line; None: AIDEATOR_PROFILE decides
    repository: RepositoryFile | None = None
    without: frozenset[str] = field(default_factory=frozenset)  # settings that don't count this time

    def read(self) -> Configuration:
        """Raises `AideatorError` (usage) for every mistake in a file, a variable or the profile's name."""
        own, remarks = user_file(self.folder, self.table, complete=self.complete)
        shared = self.repository.file if self.repository else None
        chosen = self.profile or self.environment.get(PROFILE) or None
        in_both = [file for file in (own, shared) if file is not None]
        names = sorted({name for file in in_both for name in file.profiles})
        if chosen is not None and chosen not in names:
            raise self._no_profile(chosen, names)
        layers = [file.settings for file in in_both]
        layers += [file.profiles[chosen] for file in reversed(in_both) if chosen in file.profiles] if chosen else []
        found = laid([*layers, self._variables()])
        kept = {name: setting for name, setting in found.items() if name not in self.without}
        return Configuration(kept, chosen, (*remarks, *self._slips()), tuple(names))

    def _no_profile(self, name: str, names: Sequence[str]) -> AideatorError:
        whose = "" if self.profile else f" (of {PROFILE})"
        near = get_close_matches(name, names, n=1)
        hint: Hint = (
            f"did you mean {near[0]}?" if near
            else f"profiles are {', '.join(names)}" if names
            else ("make one: ", command("config", "set", "--profile", name, "model", "NAME"))
        )  # fmt: skip
        return usage(f"there is no profile {name!r}{whose}", hint)

    def _variables(self) -> Layer:
        found = {}
        for option in self.table.values():
            text = self.environment.get(option.variable, "")
            if text.strip():
                lines = text.splitlines() if option.many else [text]
                raw = typed(option, [line for line in lines if line.strip()])
                value = checked(option, raw, lambda name=option.variable: name, Path.cwd())  # type: ignore[misc]
                if option.name == "database" and isinstance(value, str):
                    value = without_password(value)  # this variable may hold one; `Settings.database` reads it as it is
                elif what := secret_in(value):
                    raise as_secret(option.variable, option.name, what)
                found[option.name] = Setting(value, (Origin(option.variable),))
        return found

    def _slips(self) -> tuple[Remark, ...]:
        """Variables that are nearly a setting's. Others with this beginning may belong to somebody else."""
        if not self.complete:
            return ()
        known = {option.variable for option in self.table.values()} | _NO_SETTINGS
        near = {
            name: close[0]
            for name in sorted(self.environment)
            if name.startswith(VARIABLE)
            and name not in known
            and (close := get_close_matches(name, known, n=1, cutoff=0.92))
        }
        return tuple(Remark(f"{name} sets nothing", f"did you mean {meant}?") for name, meant in near.items())


def user_file(folder: Path, table: Table, *, complete: bool = True) -> tuple[File | None, tuple[Remark, ...]]:
    """Returns the user's file, or None if there is none, and remarks. Raises `AideatorError` (usage)."""
    path, old = folder / TOML, folder / YAML
    if may_exist(path):
        from aideator_cli.system.yaml_file import read_text

        remarks = (Remark(f"{old} is not read, because {path} exists", f"delete {YAML}"),) if may_exist(old) else ()
        return files.parsed(read_text(path, "configuration"), path, table, complete=complete), remarks
    if may_exist(old):
        return old_file(old, table, complete=complete), (_moving(old),)
    return None, ()


def _moving(old: Path) -> Remark:
    return Remark(
        f"{old} still counts, but the configuration is {TOML} now", ("move it: ", command("config", "migrate"))
    )


def old_file(path: Path, table: Table, *, complete: bool = True) -> File:
    """Returns what a config.yaml holds. Raises `AideatorError` (usage)."""
    from aideator_cli.system.yaml_file import placed, read_text

    text = read_text(path, "configuration")
    data = placed(text, f"configuration {path}").value or {}
    if not isinstance(data, dict):
        raise usage(f"configuration {path} is not a mapping of settings", hint="write one `name: value` per line")
    return files.checked_file(data, path, table, complete=complete, text=text)
