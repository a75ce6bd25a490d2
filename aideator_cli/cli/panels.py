"""Help with many options: each panel stands under its own heading."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from typer.core import TyperCommand
from typer.exceptions import TyperException

from aideator_cli.cli.coercion import make_plain

_RANGE: Final = re.compile(r"(?<=[\[ ])(?:(\d+)<=)?x(?:>=(\d+)|<=(\d+))(?=\]$)")  # as Typer ends a help with it


class Panelled(TyperCommand):
    """A command whose help groups the options by their `rich_help_panel`, in the order in which the panels first appear."""

    order: Sequence[str] = ()  # headings that come first
    headings: Mapping[str, str] = {}  # of options that have no panel of their own, by name

    def get_params(self, ctx: Any) -> list[Any]:
        return make_plain(super().get_params(ctx))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """An error of the parser names no command, and so whose help shows what is right."""
        try:
            return super().parse_args(ctx, args)
        except TyperException as error:
            if getattr(error, "ctx", ctx) is None:
                error.ctx = ctx  # type: ignore[attr-defined]
            raise

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """The same with every Typer."""
        arguments = [param for param in self.get_params(ctx) if param.param_type_name == "argument"]
        if not all(param.metavar for param in arguments):
            return super().collect_usage_pieces(ctx)
        return ["[OPTIONS]", *map(_shown, arguments)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        panels: dict[str, list[tuple[str, str]]] = {title: [] for title in ("Arguments", *self.order, "Options")}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is not None:
                usual = (
                    "Arguments"
                    if param.param_type_name == "argument"
                    else self.headings.get(param.name or "", "Options")
                )
                if usual == "Arguments" and param.metavar:
                    record = (param.metavar, record[1])  # some versions of Typer add a type
                record = (record[0], _RANGE.sub(_in_words, record[1]))
                panels.setdefault(getattr(param, "rich_help_panel", None) or usual, []).append(record)
        for title, records in panels.items():
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        from aideator_cli.cli.examples import EXAMPLES

        super().format_epilog(ctx, formatter)
        if examples := EXAMPLES.get(" ".join(_names(ctx))):
            with formatter.section("Examples"):
                for example in examples:
                    formatter.write(f"{' ' * formatter.current_indent}{example}\n")


def _shown(argument: Any) -> str:
    name = str(argument.metavar)
    return name if argument.required or name.startswith("[") else f"[{name}]"


def _names(ctx: Any) -> list[str]:
    """Returns the words of the command, without the program."""
    return [] if ctx.parent is None else [*_names(ctx.parent), ctx.info_name]


def _in_words(found: re.Match[str]) -> str:
    least, alone, most = found.groups()
    return f"{alone} or more" if alone else f"{least} to {most}" if least else f"{most} or less"
