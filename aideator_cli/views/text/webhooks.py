"""The tables of `webhook list` and `webhook dead`."""

from collections.abc import Mapping, Sequence
from typing import Any

from aideator_cli.text.clean import one_line
from aideator_cli.views.screen import Screen
from aideator_cli.views.text.grid import Grid, show


def show_webhooks(screen: Screen, found: Sequence[Mapping[str, Any]]) -> None:
    rows = [(each["id"], each["user"] or "everybody", ", ".join(each["events"]), each["url"]) for each in found]
    _show(screen, ("id", "runs of", "events", "url"), rows)


def show_dead(screen: Screen, found: Sequence[Mapping[str, Any]]) -> None:
    rows = [
        (each["id"], each["webhook"], each["run"], each["event"], each["attempts"], each["error"] or "")
        for each in found
    ]
    _show(screen, ("message", "webhook", "run", "event", "attempts", "why"), rows)


def _show(screen: Screen, titles: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    table = Grid()
    for title in titles:
        table.add_column(title)
    for row in rows:
        table.add_row(*(one_line(str(cell)) for cell in row))  # a server may say anything
    show(screen, table)
