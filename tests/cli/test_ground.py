"""Light or dark: as it is configured, else as the terminal says."""

import pytest

from aideator_cli.cli import ground


@pytest.mark.parametrize(
    ("answer", "light"),
    [
        (b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\\x1b[?62c", True),
        (b"\x1b]11;rgb:1e/1e/1e\x07\x1b[?1;2c", False),
        (b"\x1b]11;rgba:fdfd/f6f6/e3e3/ffff\x07", True),
        (b"\x1b[?62c", False),
        (b"", False),
        (b"\x1b]11;rgb:zz/1/1\x07", False),
    ],
)
def test_the_terminals_answer_decides(monkeypatch: pytest.MonkeyPatch, answer: bytes, light: bool) -> None:
    monkeypatch.delenv("COLORFGBG", raising=False)
    monkeypatch.setattr(ground, "_asked", lambda: answer)
    assert ground.is_light(None) is light


def test_the_configuration_and_the_environment_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ground, "_asked", lambda: pytest.fail("asked"))
    assert ground.is_light("light")
    assert not ground.is_light("dark")
    monkeypatch.setenv("COLORFGBG", "0;15")
    assert ground.is_light(None)
    monkeypatch.setenv("COLORFGBG", "15;0")
    assert not ground.is_light(None)
    monkeypatch.delenv("COLORFGBG")
    monkeypatch.setenv("NO_COLOR", "1")
    assert not ground.is_light(None)
