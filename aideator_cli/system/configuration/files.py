"""A configuration file: TOML, or as before YAML. It is checked as a whole, also what is in its profiles."""

import re
from collections.abc import Callable, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any, Final

from aideator_agent.values import frozen
from aideator_cli.errors import AideatorError, usage
from aideator_cli.system.configuration.layers import Layer, Origin, Setting
from aideator_cli.system.configuration.names import secret_in, unknown
from aideator_cli.system.configuration.options import Option, Table
from aideator_cli.system.configuration.values import as_secret, checked

PROFILES: Final = "profiles"
PROFILE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")

Rule = Callable[
    [Option, Any, str], AideatorError | None
]  # an option, its value and where it stands: why it may not be there


@frozen
class File:
    """A file's settings, and those of its profiles by name."""

    path: Path
    settings: Layer = field(default_factory=dict)
    profiles: Mapping[str, Layer] = field(default_factory=dict)


def parsed(text: str, path: Path, table: Table, rule: Rule | None = None, *, complete: bool = True) -> File:
    """Reads TOML. `complete`: whether `table` has every option; if not, names that it lacks are passed over.

    Raises `AideatorError` (usage), which names the file, and the line where it can.
    """
    return checked_file(toml(text, path), path, table, rule, complete=complete, text=text)


def toml(text: str, path: Path) -> dict[str, Any]:
    """Raises `AideatorError` (usage) if the text is not TOML."""
    import tomllib

    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        said = str(error) if not isinstance(error, RecursionError) else "it is nested too deeply"
        said = said.replace("Cannot overwrite a value", "A name is set twice")
        found = re.fullmatch(r"(.*) \(at (.*)\)", said, re.DOTALL)
        message, place = (found[1], f", {found[2]}") if found else (said, "")
        raise usage(
            f"{path}{place}: {message[:1].lower()}{message[1:]}",
            'the file must be TOML: a line for each setting, name = "value"',
        ) from error


def checked_file(
    data: Mapping[str, Any],
    path: Path,
    table: Table,
    rule: Rule | None = None,
    *,
    complete: bool = True,
    text: str | None = None,
) -> File:
    """Returns what a file holds. `text`: the file itself, in which errors find their line."""
    reading = _Reading(path, table, rule, complete, text)
    named = data.get(PROFILES, {})
    if not isinstance(named, dict):
        raise usage(
            f"{path}: {PROFILES} is no table", f'write [{PROFILES}.cheap] above the settings of the profile "cheap"'
        )
    profiles = {}
    for name, settings in named.items():
        if not PROFILE_NAME.fullmatch(name):
            raise usage(f"{path}: {name[:60]!r} can't name a profile", "use at most 40 letters, digits, - and _")
        if not isinstance(settings, dict):
            raise usage(f"{path}: {PROFILES}.{name} is no table", f"write [{PROFILES}.{name}] above its settings")
        profiles[name] = reading.layer(settings, name)
    return File(path, reading.layer({name: value for name, value in data.items() if name != PROFILES}), profiles)


@frozen
class _Reading:
    path: Path
    table: Table
    rule: Rule | None
    complete: bool
    text: str | None

    def layer(self, data: Mapping[str, Any], profile: str | None = None) -> Layer:
        return {name: found for name, raw in data.items() if (found := self._setting(name, raw, profile)) is not None}

    def _setting(self, name: str, raw: Any, profile: str | None) -> Setting | None:
        def where() -> str:
            return str(Origin(str(self.path), self._line(name, profile), profile))

        option = self.table.get(name)
        if option is None:
            if not self.complete:
                return None
            raise unknown(where(), name, self.table)
        value = checked(option, raw, where, self.path.parent)
        if what := secret_in(value):
            raise as_secret(where(), name, what)
        if self.rule and (error := self.rule(option, raw, where())):
            raise error
        return Setting(value, (Origin(str(self.path), self._line(name, profile), profile),))

    def _line(self, name: str, profile: str | None) -> int | None:
        return None if self.text is None else line_of(self.text, name, profile)


_HEADER: Final = re.compile(r"\s*\[\s*([^\[\]]+?)\s*\]\s*(?:#.*)?")


def line_of(text: str, name: str, profile: str | None = None) -> int | None:
    """Returns the line, from 1, in which the setting begins, or None if that is not plain to see."""
    table, table_at_setting = "", profile and f"{PROFILES}.{profile}"
    own = re.compile(rf"""\s*["']?{re.escape(name)}["']?\s*[=.]|\s*["']?{re.escape(name)}["']?\s*:""")
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.fullmatch(line):
            table = re.sub(r"[\s\"']", "", header[1])
            if table in (name if not profile else f"{table_at_setting}.{name}",):
                found.append(number)
        elif table == (table_at_setting or "") and own.match(line):
            found.append(number)
    return found[0] if len(found) == 1 else None
