"""Draws the pictures of the docs: real screens, of a run that is made up. `make pictures`."""

import asyncio
import io
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event as Flag

from rich.console import Console
from rich.text import Text
from textual.pilot import Pilot

from aideator_cli.domain.events import Item
from aideator_cli.views.actions import Actions
from aideator_cli.views.live import drawing
from aideator_cli.views.panes import pane
from aideator_cli.views.panes.app import PanesApp
from aideator_cli.views.screen import Screen
from aideator_cli.views.text.lines import show_lines
from aideator_cli.views.text.table import show_table
from docs.pictures import story

NOT_LOADED = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)  # a picture fetches no fonts from anywhere
FONTS = re.compile(r"font-family: Fira Code, monospace;|font-family: Fira Code;")
MONOSPACE = "font-family: ui-monospace, 'Cascadia Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace;"

pane.FRAME_SECONDS = 0.0  # what stands on the screen does not depend on when it is looked at


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    os.environ |= {"COLORTERM": "truecolor", "TERM": "xterm-256color", "COLUMNS": "120", "FORCE_COLOR": "1"}
    for name in ("NO_COLOR", "COLORFGBG"):
        os.environ.pop(name, None)
    for name, picture in _pictures().items():
        (folder / name).write_text(without_fetching(picture))
        print(folder / name)


def _pictures() -> dict[str, str]:
    # At 34 rows a transcript fits without a scrollbar, and overflows with one, so that either may be drawn
    return {
        "panes.svg": asyncio.run(_panes((120, 36))),
        "panes-small.svg": asyncio.run(_panes((80, 24))),
        "panes-diff.svg": asyncio.run(_panes((120, 36), "d")),
        "panes-ended.svg": asyncio.run(_panes((120, 34), over=True)),
        "live.svg": _live(80),
        "lines.svg": _lines(),
    }


def without_fetching(svg: str) -> str:
    return "\n".join(line.rstrip() for line in FONTS.sub(MONOSPACE, NOT_LOADED.sub("", svg)).split("\n")) + "\n"


async def _panes(size: tuple[int, int], *keys: str, over: bool = False) -> str:
    items, stays = story.ended() if over else story.at_work(), Flag()
    actions = Actions(
        cancel=lambda _: None, select=lambda _, __: None, patch=lambda _: story.PATCH, results=story.results,
        next_steps=lambda _: ["aideator diff k3v9x2q/1", "aideator apply k3v9x2q/1"],
    )  # fmt: skip
    app = PanesApp(story.asked(), _told(items, stays, over=over), actions, now=lambda: story.NOW)
    async with app.run_test(size=size) as pilot:
        while app.transcripts.version < len(items) or app.board.outcome.display is not over:
            await pilot.pause(0.05)
        await pilot.press(*keys)
        drawn = await _drawn(app, pilot)
        stays.set()
    return drawn


async def _drawn(app: PanesApp, pilot: Pilot[None]) -> str:
    """The screen, once all that has come is handled, and another look draws the same."""
    drawn, before = "", None
    while drawn != before or _is_at_work(app):
        app.tick()
        await pilot.wait_for_scheduled_animations()
        drawn, before = app.export_screenshot(title="aideator run", simplify=True), drawn
    return drawn


def _is_at_work(app: PanesApp) -> bool:
    every = [app, *app.screen.walk_children(with_self=True)]
    waits = any(each._next_callbacks or not each._message_queue.empty() for each in every)
    return waits or app._background.busy or bool(app.screen._callbacks or app.screen._dirty_widgets)


def _told(items: list[Item], stays: Flag, *, over: bool) -> Iterator[list[Item]]:
    """While agents are at work the stream is open."""
    yield items
    if not over:
        stays.wait()


def _live(columns: int) -> str:
    console = _console(columns)
    console.print(drawing(story.asked(), story.at_work(), columns, 24))
    return console.export_svg(title="aideator run --view live")


def _lines() -> str:
    out = io.StringIO()
    screen = Screen(out, 120, is_terminal=True, colour=True, true_colour=True)
    show_lines(screen, story.asked(), iter([story.ended()]))
    screen.line()
    show_table(screen, story.results())
    last = out.getvalue().rstrip("\n").split("\n")[-24:]
    console = _console(120)
    console.print(Text.from_ansi("\n".join(last)), soft_wrap=True)
    return console.export_svg(title="aideator run --view lines")


def _console(columns: int) -> Console:
    return Console(
        width=columns, record=True, file=io.StringIO(), force_terminal=True, color_system="truecolor",
        legacy_windows=False, highlight=False,
    )  # fmt: skip


if __name__ == "__main__":
    main()
