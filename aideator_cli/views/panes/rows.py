"""An agent's entries as rows of a pane: what is drawn, in which style, and how much of it is folded away."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from rich.segment import Segment

from aideator_agent.colleague import ASK
from aideator_agent.values import frozen
from aideator_cli.text.figures import duration, plural
from aideator_cli.views.course.entries import Entry
from aideator_cli.views.panes.cells import cut, drawable, folded, width_of
from aideator_cli.views.signs import STOPPING, TOLD, WAITING

FOLDED: Final = 3  # lines of a tool's output that are shown
NOTICEABLE: Final = 0.1  # seconds
QUIET_TOOLS: Final = (
    "read_file",
    "search_code",
    "write_file",
    "str_replace",
)  # whose output begins with what matters, or says no more than the call
_SIGNS: Final = {
    "say": "", "think": "·", "told": TOLD, "patch": "±", "signal": "?", "note": "·", "answer": "¶",
    "base": "–", "notice": "!", "gap": "≠", "seen": "!",
    "waits": WAITING, "asked": STOPPING, "attempt": "↻", "end": "■", "stray": "", "other": "?",
}  # fmt: skip
_STYLES: Final = {
    "say": "text", "think": "think", "told": "end", "patch": "end", "signal": "notice", "note": "dim",
    "answer": "text", "notice": "notice", "gap": "failed", "seen": "dim",
    "waits": "dim",
    "asked": "dim", "attempt": "notice", "base": "dim", "end": "end", "stray": "dim", "other": "dim",
}  # fmt: skip


@dataclass(slots=True, eq=False)
class Row:
    """One line of a pane. `lead` (a time, a sign) and `right` are ours, `text` is foreign: cleaned, and cut to the width."""

    entry: int
    lead: str
    text: str
    style: str
    right: str = ""
    right_style: str = "dim"
    coloured: Callable[[], list[Segment]] | None = None  # the text with colours of its own, made when it is drawn
    joint: str | None = (
        None  # of a line that was folded: what stood between this row and the one before; None: a line begins
    )
    whole: str = ""  # the line of which `text` is the beginning, where it was cut


@frozen
class Layout:
    width: int  # cells
    wrap: bool = False  # what tools print, too
    times: bool = False

    @property
    def room(self) -> int:
        return max(1, self.width - self.indent)

    @property
    def indent(self) -> int:
        return 11 if self.times else 2

    def lead(self, sign: str, time: str) -> str:
        stamp = f"{time[11:19]:<8} " if self.times else ""
        return f"{stamp}{sign[:1]:<2}"


def entry_rows(entry: Entry, layout: Layout) -> list[Row]:
    """Folded: a tool's output is its last few lines."""
    rows = list(_call(entry, layout) if entry.kind == "call" else _said(entry, layout))
    for row in rows[1:]:
        row.lead = layout.lead(row.lead.strip()[:1] if row.lead.strip() else "", "")
    return rows


def _said(entry: Entry, layout: Layout) -> Iterator[Row]:
    if entry.kind in ("check", "base"):
        yield from _check(entry, layout)
        return
    style = "failed" if entry.failed else _STYLES[entry.kind]
    sign = layout.lead("✗" if entry.failed and entry.kind != "gap" else _SIGNS[entry.kind], entry.time)
    for number, line in enumerate([*([entry.words] if entry.words else []), *entry.text.lines]):
        if line.strip() or number:
            for joint, part in folded(drawable(line), layout.room):
                yield Row(entry.number, sign, part, style, joint=joint)
                sign = layout.lead("", "")
    if entry.text.cut or entry.text.left_out:
        yield _folded(entry, layout, "Enter shows more")


def _folded(entry: Entry, layout: Layout, what: str) -> Row:
    return Row(entry.number, layout.lead("▸", ""), cut(what, layout.room), "dim")


def _check(entry: Entry, layout: Layout) -> Iterator[Row]:
    sign, style = ("✗", "failed") if entry.failed else ("✓", "ok")
    if entry.kind == "base":
        sign, style = _SIGNS["base"], _STYLES["base"]
    for joint, part in folded(drawable(entry.words), layout.room):
        yield Row(entry.number, layout.lead(sign, entry.time), part, style, joint=joint)
        sign = ""
    if entry.failed:
        yield from _tail(entry, layout, "failed")
    elif entry.text.count:
        yield _folded(entry, layout, f"output, {plural(entry.text.count, 'line')}")


def _call(entry: Entry, layout: Layout) -> Iterator[Row]:
    yield from _head(entry, layout)
    if entry.tool in QUIET_TOOLS and not entry.failed:
        if entry.tool in ("read_file", "search_code") and entry.text.count:
            yield _folded(entry, layout, plural(entry.text.count, "line"))
    elif entry.tool == ASK and not entry.failed:
        for line in entry.text.lines:
            for joint, part in folded(drawable(line), layout.room):
                yield Row(entry.number, layout.lead("", ""), part, "text", joint=joint)
    elif entry.tool == "bash" or entry.text.count > 1 or entry.running:
        yield from _tail(entry, layout, "failed" if entry.failed else "output")


def _head(entry: Entry, layout: Layout) -> Iterator[Row]:
    words = drawable(entry.words)
    sign = "$" if entry.tool == "bash" else "✗" if entry.failed else "▸"
    words = words.removeprefix("$ ") if entry.tool == "bash" else words
    right = "…" if entry.running else _how_it_ended(entry)
    if width_of(right) > layout.room // 2:
        right = ""
    room = layout.room - (len(right) + 1 if right else 0)
    style = "failed" if entry.failed and entry.tool != "bash" else "tool"
    for row in _broken(words, entry, layout, style, room):
        if row.joint is None:
            row.lead, row.right = layout.lead(sign, entry.time), right
            row.right_style = "failed" if entry.failed else "dim"
        yield row


def _how_it_ended(entry: Entry) -> str:
    """A command that went well says how long it took, if that can be noticed, and a question who has answered it."""
    if entry.failed or entry.exit_code != 0 or entry.tool == ASK:
        return entry.ended
    seconds = entry.seconds or 0.0
    return duration(seconds) if entry.tool == "bash" and seconds >= NOTICEABLE else ""


def _tail(entry: Entry, layout: Layout, style: str) -> Iterator[Row]:
    """The last lines that hold something."""
    filled = islice((line for line in reversed(entry.text.lines) if line.strip()), FOLDED)
    shown = list(filled)[::-1]
    more = entry.text.count - len(shown)
    if more and shown:
        yield _folded(entry, layout, f"{plural(more, 'line')} more")
    for line in shown:
        yield from _broken(drawable(line), entry, layout, style, layout.room)


def _broken(line: str, entry: Entry, layout: Layout, style: str, room: int) -> Iterator[Row]:
    """A line that is folded or cut, as the person wishes."""
    lead = layout.lead("", "")
    if not layout.wrap:
        yield Row(entry.number, lead, cut(line, room), style, whole=line)
        return
    for joint, part in folded(line, room):
        yield Row(entry.number, lead, part, style, joint=joint)


def whole_rows(entry: Entry, layout: Layout) -> list[Row]:
    """All that is kept of an entry, arguments and output."""
    rows = _lines([entry.words], layout, "end")
    rows[0].lead = layout.lead("", entry.time)
    rows += _lines([entry.ended] if entry.ended else [], layout, "failed" if entry.failed else "dim")
    for name, style, text in _sections(entry):
        rows.append(Row(0, layout.lead("", ""), "", "text"))
        if name:
            rows += _lines([name], layout, "hunk")
        rows += _lines(text.split("\n"), layout, style)
    if entry.text.count:
        rows.append(Row(0, layout.lead("", ""), "", "text"))
        if entry.text.left_out:
            told = f"{plural(entry.text.left_out, 'earlier line')} not kept here; `aideator logs` shows them"
            rows += _lines([told], layout, "notice")
        rows += _lines(entry.text.lines, layout, "failed" if entry.failed else "text")
        if entry.text.cut:
            told = f"{plural(entry.text.cut, 'character')} at the ends of long lines not kept here"
            rows += _lines([told], layout, "notice")
    return rows


def _sections(entry: Entry) -> Iterator[tuple[str, str, str]]:
    """Name, style and text of each argument that its one line does not tell whole."""
    for name, value in entry.arguments.items():
        if name == "path" or (name == "command" and f"$ {value}" == entry.words):
            continue
        style = {"old": "removed", "new": "added"}.get(name, "text")
        yield "" if name == "command" else name, style, value.rstrip("\n")


def _lines(lines: Iterable[str], layout: Layout, style: str) -> list[Row]:
    return [
        Row(0, layout.lead("", ""), part, style, joint=joint)
        for line in lines
        for joint, part in folded(drawable(line), layout.room)
    ]
