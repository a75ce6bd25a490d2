"""The table of what can be configured, made from the options of `run`: a new one can be configured by itself."""

import re
from functools import cache
from inspect import signature
from pathlib import Path
from typing import Any, Final, get_args, get_type_hints

from typer.models import ArgumentInfo, OptionInfo

from aideator_cli.system.configuration.options import Kind, Option, Table, database, of_server

# The profile and the repository's file are where settings come from; AIDEATOR_PROFILE chooses the profile, too.
# An issue is a task, and so is what a team does.
NO_SETTINGS: Final = frozenset({"profile", "no_repository_file", "issue", "team"})
_KINDS: Final = {bool: Kind.SWITCH, int: Kind.WHOLE, float: Kind.NUMBER, Path: Kind.PATH}
_CHOICES: Final = re.compile(r"[a-z]+(?:\|[a-z]+)+")


@cache
def option_table() -> Table:
    """Returns the options by name, as they stand in the help, and `user` and `database`, which no command has as an option."""
    from aideator_cli.cli.commands.run import run

    hints = get_type_hints(run, include_extras=True)
    found = [option(name, hints[name]) for name in signature(run).parameters]
    options = {each.name: each for each in found if each is not None and each.name not in NO_SETTINGS}
    theme = Option("theme", Kind.TEXT, flag="", choices=("dark", "light"))
    server = {each.name: each for each in of_server()}
    return {**options, "user": Option("user", Kind.TEXT, flag=""), "theme": theme, "database": database(), **server}


def option(name: str, hint: Any) -> Option | None:
    """Returns the option of a parameter with this type, or None if it is an argument."""
    declared, *more = get_args(hint)
    info = next((each for each in more if isinstance(each, (OptionInfo, ArgumentInfo))), None)
    if not isinstance(info, OptionInfo):
        return None
    inner = next((each for each in get_args(declared) if each is not type(None)), declared)
    many = getattr(inner, "__origin__", None) is list
    base = get_args(inner)[0] if many else inner
    metavar = info.metavar or ""
    kind = Kind.TIME if metavar == "TIME" else _KINDS.get(base, Kind.TEXT)
    choices = tuple(metavar.split("|")) if _CHOICES.fullmatch(metavar) else ()
    # In an annotation the first name stands where the default stands otherwise
    names = [
        each for each in (info.default, *(info.param_decls or ())) if isinstance(each, str) and each.startswith("-")
    ]
    flag = next(iter(names), f"--{name.replace('_', '-')}").partition("/")[0]
    return Option(name, kind, many, flag, getattr(info, "rich_help_panel", None), choices, "=" in metavar)
