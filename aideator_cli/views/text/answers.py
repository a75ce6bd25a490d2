"""An answer on a terminal or in a pipe. Its Markdown is foreign: it is cleaned first, and its links are text, not links."""

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from aideator_agent.citation import Citation
from aideator_cli.domain.result import Result
from aideator_cli.text.clean import one_line
from aideator_cli.text.figures import plural
from aideator_cli.text.places import parted, wrong
from aideator_cli.views.screen import Screen
from aideator_cli.views.text.names import model_name

if TYPE_CHECKING:
    from rich.console import RenderableType

MARK: Final = "⚠"  # behind a place that does not exist
NAMED: Final = 8  # places or files in a sentence
NARROWEST: Final = 40  # cells
GAP: Final = 3  # cells between columns
_IN_A_LINK: Final = re.compile(
    rf"\]\(([^()\n]{{0,400}}){MARK}([^()\n]{{0,200}})\)"
)  # there it would become part of the address
DRAWN: Final = 40_000  # characters: a hostile text takes a time that grows with the square of its length
SHOWN: Final = 20_000  # characters of an answer beside others


def show_answer(screen: Screen, result: Result) -> None:
    """Drawn for a person, as it is for a program."""
    text = result.answer or ""
    if not screen.is_terminal:
        screen.write_bytes(text.encode(errors="replace"))
        return
    for line in drawn(marked(text, result.citations), screen.width, colour=screen.colour):
        screen.line(line)


def drawn(text: str, width: int, *, colour: bool) -> list[str]:
    """Returns the lines of cleaned Markdown, at most `width` cells wide. A very long text stays as it is."""
    if len(text) > DRAWN:
        return text.rstrip("\n").split("\n")
    from rich.markdown import Markdown

    return _printed(Markdown(text, hyperlinks=False), width, colour=colour)


def _printed(drawing: "RenderableType", width: int, *, colour: bool) -> list[str]:
    from io import StringIO

    from rich.console import Console

    console = Console(
        file=StringIO(), width=max(width, NARROWEST), force_terminal=colour, no_color=not colour, highlight=False,
        color_system="truecolor" if colour else None, legacy_windows=False,
    )  # fmt: skip
    console.print(drawing)
    assert isinstance(console.file, StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def show_side_by_side(screen: Screen, results: Sequence[Result]) -> None:
    """Shows answers in columns where a person's terminal is wide enough, else one below the other. Long ones are cut."""
    texts = [_begun(result) for result in results]
    width = (screen.width - GAP * (len(results) - 1)) // len(results)
    if not screen.is_terminal or width < NARROWEST:
        for result, text in zip(results, texts, strict=True):
            screen.line(f"── {_name(result)} ──\n")
            body = (
                drawn(text, screen.width, colour=screen.colour) if screen.is_terminal else text.rstrip("\n").split("\n")
            )
            for line in [*body, ""]:
                screen.line(line)
        return
    for line in _columns([_name(result) for result in results], texts, screen):
        screen.line(line)


def _columns(names: Sequence[str], texts: Sequence[str], screen: Screen) -> list[str]:
    from rich.markdown import Markdown
    from rich.table import Table
    from rich.text import Text

    table = Table(
        box=None, padding=(0, GAP, 0, 0), pad_edge=False, header_style="dim" if screen.colour else "", expand=True
    )
    for name in names:
        table.add_column(Text(name), ratio=1)
    table.add_row(*(Markdown(text, hyperlinks=False) for text in texts))
    return _printed(table, screen.width, colour=screen.colour)


def _begun(result: Result) -> str:
    text = result.answer or ""
    begun = text if len(text) <= SHOWN else f"{text[:SHOWN]}\n\n… {len(text) - SHOWN} more characters"
    return marked(begun, result.citations)


def _name(result: Result) -> str:
    return f"{result.variation}, {model_name(result.model)}"


def marked(text: str, citations: Iterable[Citation]) -> str:
    """Returns the cleaned text with a mark behind each place that does not exist."""
    shown = "".join(f"{piece}{MARK}" if wrong else piece for piece, wrong in parted(text, citations))
    return _IN_A_LINK.sub(rf"](\1\2){MARK}", shown)


def told_places(result: Result) -> list[str]:
    """Returns a sentence on what does not exist, and one on what was changed. Empty if there is nothing to tell."""
    told = []
    if found := wrong(result.citations):
        told.append(f"{MARK} cited, but not in the repository: {_some(found, len(found))}")
    if files := len(result.changed) + result.changed_left_out:
        told.append(
            f"the agent changed {plural(files, 'file')}, which {'is' if files == 1 else 'are'} left out: {_some(result.changed, files)}"
        )
    return told


def _some(names: Sequence[str], count: int) -> str:
    shown = [one_line(name) for name in names[:NAMED]]
    return ", ".join(shown) + (f" and {count - len(shown)} more" if count > len(shown) else "")
