"""`config`: the settings that are the defaults of options, and where each comes from."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aideator_cli.cli.commands import options

if TYPE_CHECKING:
    from aideator_cli.actions.configuring import Target
    from aideator_cli.actions.here import Here
    from aideator_cli.system.configuration.layers import Layer

Name = Annotated[
    str, typer.Argument(metavar="NAME", help="A setting: an option of `run`, such as max_cost.", show_default=False)
]
Values = Annotated[
    list[str],
    typer.Argument(metavar="VALUE…", help="Its value; several for an option that repeats.", show_default=False),
]
Origin = Annotated[
    bool, typer.Option("--origin", help="Show the file and line, or the variable, that sets each value.")
]
All = Annotated[bool, typer.Option("--all", help="Also list the settings that have no value.")]
OfRepository = Annotated[
    bool, typer.Option("--repository", help="Change .aideator.toml of the repository, not your own file.")
]
Folder = Annotated[
    Path,
    typer.Option("-C", metavar="DIR", help="A folder of the repository. Default: the current one.", show_default=False),
]
InProfile = Annotated[
    str | None, typer.Option("--profile", metavar="NAME", help="Change it in this profile.", show_default=False)
]
HERE = Path()


def show(
    origin: Origin = False,
    every: All = False,
    profile: options.Profile = None,
    folder: Folder = HERE,
    json: options.Json = False,
) -> int:
    """List the settings that count in this folder."""
    from aideator_cli.cli import terminal
    from aideator_cli.cli.option_table import option_table
    from aideator_cli.views.text.settings import record, show_settings

    layer, table = _in_force(profile, folder), option_table()
    if json:
        for name in table if every else sorted(layer):
            terminal.write_json(dict(record(name, layer)))
    elif layer or every:
        show_settings(terminal.screen(), layer, table, origin=origin, every=every)
    else:
        from aideator_cli.cli import invocation

        terminal.say(f"nothing is configured yet: {invocation.command('config', 'set')} model NAME")
    return 0


def get(name: Name, profile: options.Profile = None, folder: Folder = HERE, json: options.Json = False) -> int:
    """Print the value of a setting, a line for each if there are more."""
    from aideator_cli.actions.configuring import the_option
    from aideator_cli.cli.option_table import option_table
    from aideator_cli.errors import command, not_found
    from aideator_cli.text.clean import clean

    option = the_option(option_table(), name)
    layer = _in_force(profile, folder)
    setting = layer.get(option.name)
    if setting is None:
        raise not_found(f"{option.name} is not set", command("config", "set", option.name, "VALUE"))
    if json:
        from aideator_cli.cli import terminal
        from aideator_cli.views.text.settings import record

        terminal.write_json(record(option.name, layer))
        return 0
    for value in setting.value if isinstance(setting.value, tuple) else (setting.value,):
        print(str(value).lower() if isinstance(value, bool) else clean(str(value)))
    return 0


def set_value(
    name: Name, value: Values, profile: InProfile = None, repository: OfRepository = False, folder: Folder = HERE
) -> int:
    """Set the default of an option."""
    from aideator_cli.actions import configuring
    from aideator_cli.cli import terminal
    from aideator_cli.cli.option_table import option_table
    from aideator_cli.views.text.settings import lines_of

    here, where = _target(repository, folder)
    setting = configuring.put(here, option_table(), where, name, value, profile)
    option = configuring.the_option(option_table(), name)
    terminal.say(f"{option.name} is {'; '.join(lines_of(setting.value))} in {_place(where, profile)}")
    if doubt := configuring.doubt(here, option, setting.value):
        terminal.warn(doubt)
    return 0


def unset(name: Name, profile: InProfile = None, repository: OfRepository = False, folder: Folder = HERE) -> int:
    """Remove a setting."""
    from aideator_cli.actions import configuring
    from aideator_cli.cli import terminal
    from aideator_cli.cli.option_table import option_table
    from aideator_cli.errors import command, not_found

    here, where = _target(repository, folder)
    if not configuring.drop(here, option_table(), where, name, profile):
        raise not_found(f"{name} is not set in {_place(where, profile)}", command("config", "show", "--origin"))
    terminal.say(f"removed {name} from {_place(where, profile)}")
    return 0


def edit(repository: OfRepository = False, folder: Folder = HERE) -> int:
    """Open the file in your editor, and check it before it counts."""
    from aideator_cli.actions import configuring
    from aideator_cli.cli import terminal
    from aideator_cli.cli.editing import edited
    from aideator_cli.cli.option_table import option_table

    here, where = _target(repository, folder)
    before = configuring.text_of(where)
    text = edited(
        before or configuring.FIRST, where.path.name, lambda new: configuring.check(option_table(), where, new)
    )
    if text in (before, configuring.FIRST):
        terminal.say("nothing was changed")
        return 0
    configuring.save(here, option_table(), where, text)
    terminal.say(f"wrote {where.path}")
    return 0


def migrate() -> int:
    """Write the settings of a config.yaml as config.toml."""
    from aideator_cli.actions import configuring
    from aideator_cli.cli import invocation, terminal
    from aideator_cli.cli.option_table import option_table

    moved = configuring.migrate(invocation.here(), option_table())
    sys.stdout.write(f"{moved.new}\n")
    terminal.say(f"the old file is kept as {moved.old}; its comments were not moved")
    return 0


def _in_force(profile: str | None, folder: Path) -> "Layer":
    from aideator_cli.actions import configuring
    from aideator_cli.actions.here import Here
    from aideator_cli.cli import invocation, terminal
    from aideator_cli.cli.filling import tell
    from aideator_cli.cli.option_table import option_table
    from aideator_cli.system.settings import Choice

    here, found = configuring.in_force(Here(invocation.settings(Choice(profile))), option_table(), folder)
    tell(here.settings.configuration)
    if found is not None and not found.trusted:
        trust = invocation.command("trust", str(found.file.root))
        terminal.warn(f"{found.file.path} does not count until you trust it: {trust}")
    return here.settings.configuration.settings


def _target(repository: bool, folder: Path) -> "tuple[Here, Target]":
    from aideator_cli.actions import configuring
    from aideator_cli.cli import invocation

    here = invocation.here()
    return here, configuring.target(here, folder if repository else None)


def _place(where: "Target", profile: str | None) -> str:
    return f"[profiles.{profile}] of {where.path}" if profile else str(where.path)
