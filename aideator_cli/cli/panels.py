"""Help with many options: each panel stands under its own heading."""

from collections.abc import Mapping, Sequence
from typing import Any

from typer.core import TyperCommand


class Panelled(TyperCommand):
    """A command whose help groups the options by their `rich_help_panel`, in the order in which the panels first appear."""

    order: Sequence[str] = ()  # headings that come first
    headings: Mapping[str, str] = {}  # of options that have no panel of their own, by name

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


def _names(ctx: Any) -> list[str]:
    """Returns the words of the command, without the program."""
    return [] if ctx.parent is None else [*_names(ctx.parent), ctx.info_name]
