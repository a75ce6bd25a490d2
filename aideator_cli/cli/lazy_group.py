"""A group that loads a command only when it is called. A list of commands needs only their names and first help sentences."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from aideator_cli.cli.coercion import make_plain
from aideator_cli.cli.panels import Panelled


class Lazy(NamedTuple):
    """A command that is not loaded yet."""

    module: str
    function: str
    help: str  # the first sentence of its docstring
    commands: "Mapping[str, Lazy] | None" = None  # of a group, which is no command itself
    configured: bool = False  # whether the configuration fills in its options
    grouped: bool = False  # whether its options stand under those headings, too


def lazy_group(
    package: str, known: Mapping[str, Lazy], sections: Mapping[str, Sequence[str]] | None = None
) -> type[TyperGroup]:
    """A class for `typer.Typer(cls=…)`. The commands' modules are in this package. `sections`: of the help, with their commands."""

    class LazyGroup(TyperGroup):
        def __init__(self, **settings: Any) -> None:
            settings["commands"] = {name: TyperCommand(name, help=lazy.help) for name, lazy in known.items()}
            super().__init__(**settings)

        def get_params(self, ctx: Any) -> list[Any]:
            return make_plain(super().get_params(ctx))

        def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
            for title, names in (sections or {"Commands": tuple(known)}).items():
                with formatter.section(title):
                    formatter.write_dl([(name, known[name].help) for name in names])

        def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
            """Loads the command: it is called, or a word of it is to be completed."""
            name, listed, rest = super().resolve_command(ctx, args)
            return name, listed and _load(package, name or "", known[name or ""]), rest

    return LazyGroup


def _load(package: str, name: str, lazy: Lazy) -> Any:
    if lazy.commands is not None:
        group = typer.Typer(
            name=name, cls=lazy_group(package, lazy.commands), help=lazy.help, no_args_is_help=True,
            add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False,
        )  # fmt: skip
        group.callback()(_nothing)
        return typer.main.get_command(group)
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.command(name, cls=_class(lazy))(getattr(import_module(f"{package}.{lazy.module}"), lazy.function))
    return typer.main.get_command(app)


def _class(lazy: Lazy) -> type[Panelled]:
    if lazy.configured:
        from aideator_cli.cli.configured import Configured

        return Configured
    if lazy.grouped:
        from aideator_cli.cli.grouped import Grouped

        return Grouped
    return Panelled


def _nothing() -> None:
    """A group does nothing by itself."""
