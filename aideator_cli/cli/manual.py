"""The manual pages, made from the commands' own help as docs/commands.md is."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import typer
from typer.core import TyperGroup

from aideator_cli import __version__
from aideator_cli.cli.commands import app

_WIDE: Final = 10_000  # columns: `man` folds the lines itself
_HELP: Final = ["-h", "--help"]
_CHANGED: Final = str.maketrans({"\\": r"\e", "-": r"\-", "'": r"\(aq", "`": r"\(ga", "^": r"\(ha", "~": r"\(ti"})


def pages() -> dict[str, str]:
    """Returns the pages by name, such as `aideator-config-set`, each in the language of `man`."""
    group: Any = typer.main.get_command(app)
    with typer.Context(
        group, info_name="aideator", max_content_width=_WIDE, terminal_width=_WIDE, help_option_names=_HELP
    ) as context:
        return dict(_pages(group, context))


def _pages(command: Any, context: Any) -> Iterator[tuple[str, str]]:
    name = context.command_path.replace(" ", "-")
    yield name, _page(name, command, context)
    if isinstance(command, TyperGroup):
        for word in command.list_commands(context):
            inner: Any = command.resolve_command(context, [word])[1]
            with typer.Context(inner, info_name=word, parent=context, help_option_names=_HELP) as inside:
                yield from _pages(inner, inside)


def _page(name: str, command: Any, context: Any) -> str:
    out = Roff()
    out.lines += [f'.TH {escaped(name.upper())} 1 "" "aideator {__version__}" "AIdeator"', ".nh", ".SH NAME"]
    short = (command.help or "").strip().partition("\n")[0].partition(". ")[0].removesuffix(".")
    out.lines += [rf"{escaped(name)} \- {escaped(short)}"]
    command.format_help(context, out)
    if context.parent is not None:
        out.lines += [".SH SEE ALSO", rf".BR {escaped(context.parent.command_path.replace(' ', '-'))} (1)"]
    return "\n".join(out.lines) + "\n"


class Roff:
    """Takes what a command writes of its help, and makes a manual page of it."""

    width: Final = _WIDE
    current_indent: Final = 0

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._described = False

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:  # noqa: ARG002
        self.lines += [".SH SYNOPSIS", rf"\fB{escaped(prog)}\fR {escaped(args)}"]

    def write_paragraph(self) -> None:
        """A text that follows brings its own."""

    def write_text(self, text: str) -> None:
        if not self._described:
            self.lines.append(".SH DESCRIPTION")
            self._described = True
        for paragraph in text.split("\n\n"):
            self.lines += [".PP", escaped(" ".join(paragraph.split()))]

    def write_dl(self, rows: Iterable[tuple[str, str]], *_: Any, **__: Any) -> None:
        for term, text in rows:
            self.lines += [".TP", rf"\fB{escaped(term)}\fR", escaped(" ".join(text.split()))]

    def write(self, text: str) -> None:
        """A line that stands as it is: an example."""
        self.lines += [".PP", ".nf", escaped(text.strip("\n")), ".fi"]

    @contextmanager
    def section(self, name: str) -> Iterator[None]:
        self.lines.append(f".SH {escaped(name.upper())}")
        self._described = True
        yield

    @contextmanager
    def indentation(self) -> Iterator[None]:
        yield


def escaped(text: str) -> str:
    """Returns the text as `man` shows it letter by letter. A line that begins with a dot or a quote would be a request."""
    line = "".join(each if each.isascii() else rf"\[u{ord(each):04X}]" for each in text.translate(_CHANGED))
    return rf"\&{line}" if line.startswith((".", r"\(aq")) else line
