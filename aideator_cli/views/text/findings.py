"""`doctor` for a person: one line for each finding, and under it what mends it."""

from typing import Final

from aideator_cli.domain.findings import BROKEN, NOTE, Finding
from aideator_cli.errors import written
from aideator_cli.text.clean import one_line
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
        hint = f"→ {one_line(written(finding.mend, program))}"
        screen.line(f"  {'':<{_CELLS}} {_painted(screen, hint, 'dim')}")
    screen.out.flush()


def _painted(screen: Screen, text: str, style: Style) -> str:
    return Styled(text, style).painted() if screen.colour else text
