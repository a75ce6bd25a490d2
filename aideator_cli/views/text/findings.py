"""`doctor` for a person: one line for each finding, and under it what mends it."""

from typing import Final

from aideator_cli.domain.findings import BROKEN, NOTE, Finding
from aideator_cli.errors import words
from aideator_cli.text.clean import one_line
from aideator_cli.text.folding import fold
from aideator_cli.views.screen import Screen
from aideator_cli.views.text.grid import Style, Styled

_SIGNS: Final[dict[str, tuple[str, Style]]] = {BROKEN: ("✗", "red"), NOTE: ("–", "yellow")}
_CELLS: Final = 13  # of the longest part


def show_finding(screen: Screen, finding: Finding, program: str) -> None:
    sign, style = _SIGNS.get(finding.state, ("✓", "green"))
    begin = f"{finding.part:<{_CELLS}} "
    text = screen.folded(f"  {begin}{one_line(finding.text)}", indent=" " * (2 + len(begin)))[2:]
    screen.line(f"{_painted(screen, sign, style)} {text}".rstrip())
    if finding.mend is not None:
        indent = " " * (2 + len(begin))
        mend = ["→", *(one_line(word) for word in words(finding.mend, program))]
        hint = fold(mend, screen.width, len(indent), f"{indent}  ") if screen.is_terminal else " ".join(mend)
        for line in f"{indent}{hint}".splitlines():
            told = line.lstrip(" ")
            screen.line(line[: len(line) - len(told)] + _painted(screen, told, "dim"))
    screen.out.flush()


def _painted(screen: Screen, text: str, style: Style) -> str:
    return Styled(text, style).painted() if screen.colour else text
