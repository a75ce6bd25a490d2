"""What was found about each variation, as lines: which layer says it, and how much it weighs."""

import textwrap
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from aideator_cli.choice.evidence import Finding, Weight, findings
from aideator_cli.choice.ranking import Candidate
from aideator_cli.views.screen import Screen
from aideator_cli.views.text.grid import CODES, Style

NAMES: Final = 4  # of tests in a line
SHOWN: Final = 6  # findings of a variation and a layer
LAYER: Final = 9  # cells
KIND: Final = 10
STYLES: Final[dict[Weight, Style]] = {"good": "green", "bad": "red", "look": "yellow", "note": "dim"}
LEAST: Final = 30  # cells for the words


class Line(NamedTuple):
    """A line, in three parts: only the one in the middle has a colour."""

    lead: str
    kind: str
    words: str
    style: Style

    def painted(self, *, colour: bool) -> str:
        kind = f"\x1b[{CODES[self.style]}m{self.kind}\x1b[0m" if colour and self.kind.strip() else self.kind
        return f"{self.lead}{kind}{self.words}".rstrip()


def show_evidence(screen: Screen, candidates: Sequence[Candidate]) -> None:
    """Shows nothing if nothing was found."""
    for line in of_all(candidates, screen.width if screen.is_terminal else None):
        screen.line(line.painted(colour=screen.colour))


def of_all(candidates: Sequence[Candidate], width: int | None) -> Iterator[Line]:
    """Yields the lines of each variation, with its number before the first one. `width`: cells, to fold at; None: not folded."""
    cells = max((len(str(each.number)) for each in candidates), default=1)
    for each in candidates:
        number = f"{each.number}".rjust(cells)
        for line in of_one(findings(each, NAMES), None if width is None else width - cells - 2):
            yield line._replace(lead=f"{number}  {line.lead}")
            number = " " * cells


def of_one(found: Sequence[Finding], width: int | None) -> Iterator[Line]:
    """Yields what was found about one variation. A layer's name stands in its first line alone."""
    before = ""
    for finding in bounded(found):
        layer = finding.layer if finding.layer != before else ""
        before = finding.layer
        first, *rest = _folded(finding.words, None if width is None else width - LAYER - KIND)
        yield Line(f"{layer:<{LAYER}}", f"{finding.kind:<{KIND}}", first, STYLES[finding.weight])
        yield from (Line(" " * LAYER, " " * KIND, line, "") for line in rest)


def bounded(found: Sequence[Finding]) -> Iterator[Finding]:
    """Yields the first of each layer, and how many follow."""
    for layer in dict.fromkeys(finding.layer for finding in found):
        each = [finding for finding in found if finding.layer == layer]
        yield from each[:SHOWN]
        if (left := len(each) - SHOWN) > 0:
            yield Finding(layer, "…", f"{left} more: the report and --json have them all", "note")


def _folded(words: str, room: int | None) -> list[str]:
    return [words] if room is None else textwrap.wrap(words, max(room, LEAST)) or [""]
