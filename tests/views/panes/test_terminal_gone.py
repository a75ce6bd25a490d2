"""A terminal that goes away while it is written to: the panes end, whatever is still to be drawn."""

import asyncio
import errno
import io
import sys
import threading
from typing import Any

import pytest

from aideator_cli.views.panes.app import PanesApp
from tests.backends.kubernetes.specs import run_spec

PICTURES = 100  # more than wait for a terminal


class Gone(io.StringIO):
    def write(self, _: str) -> int:
        raise OSError(errno.EIO, "Input/output error")


def test_pictures_for_a_terminal_that_is_gone_hold_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "__stderr__", Gone())
    driver = asyncio.run(_driver())
    threads = pytest.importorskip("textual.drivers._writer_thread", reason="this Textual writes otherwise")
    writer = threads.WriterThread(driver._file)
    writer.daemon = True

    def draw() -> None:
        for _ in range(PICTURES):
            writer.write("a picture")
        writer.stop()

    writer.start()
    drawing = threading.Thread(target=draw, daemon=True)
    drawing.start()
    drawing.join(20)
    assert not drawing.is_alive()


async def _driver() -> Any:
    app = PanesApp(run_spec(), iter(()))
    return app.driver_class(app, size=(80, 24))
