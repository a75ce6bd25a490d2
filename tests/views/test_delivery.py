"""The bar of a delivery."""

import io

import pytest

from aideator_cli.views.delivery import draw_delivery


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_it_shows_what_arrived_and_what_is_in_the_way_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "150")
    out = Terminal()
    draw_delivery(out, [(0, 4_000_000, "1 of the pods [red]has not started\x1b]0;x\x07"), (4_000_000, 4_000_000, "")])
    assert "4.0/4.0 MB" in out.getvalue()
    assert "\x1b]0;" not in out.getvalue()
