"""A bar that shows how far a delivery through connections has come."""

from collections.abc import Iterable
from typing import TextIO

from aideator_cli.text.clean import one_line


def draw_delivery(out: TextIO, progress: Iterable[tuple[int, int, str]]) -> None:
    """Draws until the progress ends, and removes the bar then. Each step has the bytes that arrived, all bytes, and what is in the way."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("sending commits"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    trouble = TextColumn("{task.fields[trouble]}", markup=False)
    with Progress(*columns, trouble, console=Console(file=out), transient=True) as bar:
        task = bar.add_task("", total=None, trouble="")
        for count, total, text in progress:
            bar.update(task, completed=count, total=total, trouble=one_line(text))
