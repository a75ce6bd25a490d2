"""A pane's scroll bar is redrawn only if it looks different, and is never behind."""

import asyncio

from textual.app import App, ComposeResult
from textual.scrollbar import ScrollBar
from textual.widget import Widget

from aideator_cli.views.panes.rows import Row
from aideator_cli.views.panes.scrollbar import QuietScrollBar
from aideator_cli.views.panes.scroller import Scroller


class Panes(App[None]):
    def compose(self) -> ComposeResult:
        yield Scroller()


class Busy(Panes):
    """Its scroll bars take messages from `go_on` on."""

    def _start_widget(self, parent: Widget, widget: Widget) -> None:
        widget._attach(parent)

    def go_on(self, bar: QuietScrollBar) -> None:
        assert bar.parent is not None
        super()._start_widget(bar.parent, bar)


def test_what_came_while_it_was_made_is_shown() -> None:
    """On a busy machine a pane is laid out, drawn and filled before its scroll bar takes a message."""

    async def play() -> None:
        app = Busy()
        async with app.run_test(size=(20, 8)) as pilot:
            scroller = app.query_one(Scroller)
            bar = scroller.vertical_scrollbar
            assert isinstance(bar, QuietScrollBar)
            assert thumb(bar) == []
            scroller.replace(0, [Row(0, "", str(number), "text") for number in range(16)])
            app.go_on(bar)
            await pilot.pause()
            assert thumb(bar) == [4, 5, 6, 7]

    asyncio.run(play())


def test_it_looks_as_if_it_was_redrawn_with_every_move() -> None:
    async def play() -> None:
        app = Panes()
        async with app.run_test(size=(20, 11)) as pilot:
            scroller = app.query_one(Scroller)
            scroller.replace(0, [Row(0, "", str(number), "text") for number in range(400)])
            await pilot.pause()
            bar = scroller.vertical_scrollbar
            for _ in range(400):
                scroller.scroll_rows(-1)
                seen = bar.render_lines(bar.size.region)
                ScrollBar.refresh(bar)
                assert seen == bar.render_lines(bar.size.region), scroller.scroll_offset

    asyncio.run(play())


def thumb(bar: ScrollBar) -> list[int]:
    """The lines that it covers."""
    lines = bar.render_lines(bar.size.region)
    return [
        y
        for y, line in enumerate(lines)
        for part in line
        if part.style and part.style.meta.get("@mouse.down") == "grab"
    ]
