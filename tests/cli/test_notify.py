"""`--notify`: a person who no longer looks is told that all agents have ended."""

import os
from pathlib import Path

import pytest

from aideator_cli.cli.ringing import Ring
from aideator_cli.domain.result import Result
from aideator_cli.errors import ExitCode
from tests.cli.conftest import Shell
from tests.fixtures.stored_runs import Told, add_run, change

RESULTS = [Result(1, "m", outcome="succeeded"), Result(2, "m", outcome="failed")]
TEXT = "k3v9x2q: 1 of 2 succeeded"


@pytest.fixture(autouse=True)
def ssh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without a desktop. Returns a folder on the PATH."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "TMUX", "STY", "VTE_VERSION", "AIDEATOR_NOTIFY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    return programs


def with_program(folder: Path, name: str, code: int = 0) -> Path:
    told = folder / "told"
    (folder / name).write_text(f'#!/bin/sh\nfor word; do echo "$word"; done >> {told}\nexit {code}\n')
    (folder / name).chmod(0o755)
    return told


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, f"\x1b]9;AIdeator: {TEXT}\x1b\\\a"),
        ({"VTE_VERSION": "7600"}, f"\x1b]777;notify;AIdeator;{TEXT}\x1b\\\a"),
        ({"TERM": "foot"}, f"\x1b]777;notify;AIdeator;{TEXT}\x1b\\\a"),
        ({"TMUX": "/tmp/tmux,1,0"}, f"\x1bPtmux;\x1b\x1b]9;AIdeator: {TEXT}\x1b\x1b\\\x1b\\\a"),
        ({"STY": "1.pts"}, f"\x1bP\x1b]9;AIdeator: {TEXT}\a\x1b\\\a"),
    ],
)
def test_a_terminal_is_told_by_the_sequence_that_it_knows(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], expected: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert Ring("desktop").sequence("k3v9x2q", RESULTS) == expected


def test_a_desktop_is_told_by_its_own_program_and_the_terminal_only_if_that_fails(
    monkeypatch: pytest.MonkeyPatch, ssh: Path
) -> None:
    told = with_program(ssh, "notify-send")
    assert "\x1b]9;" in Ring("desktop").sequence("k3v9x2q", RESULTS), "there is no desktop"
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert Ring("desktop").sequence("k3v9x2q", RESULTS) == ""
    assert told.read_text().splitlines() == ["--app-name=AIdeator", "--", "AIdeator", TEXT]
    with_program(ssh, "notify-send", code=1)
    assert "\x1b]9;" in Ring("desktop").sequence("k3v9x2q", RESULTS)


def test_it_rings_once() -> None:
    ring = Ring("bell")
    assert [ring.sequence("k3v9x2q", RESULTS) for _ in range(2)] == ["\a", ""]


@pytest.fixture
def run(home: Path, aideator: Shell) -> str:  # noqa: ARG001
    add_run(home, Told(change("a.py", "x = 1", "x = 2")), Told(outcome="failed"), run="k3v9x2q")
    return "k3v9x2q"


@pytest.mark.parametrize("command", ["wait", "watch"])
def test_commands_that_follow_take_it_and_data_stays_data(
    aideator: Shell, run: str, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aideator_cli.cli.terminal.draws", lambda _: True)
    quiet, rings = aideator(command, run, "--json"), aideator(command, run, "--json", "--notify", "bell")
    assert rings.out == quiet.out
    assert rings.code == quiet.code
    assert "\a" in rings.err
    assert "\a" not in quiet.err
    monkeypatch.setenv("AIDEATOR_NOTIFY", "bell")
    assert "\a" in aideator(command, run).err, "it can be configured"
    assert "\a" not in aideator(command, run, "--notify", "none").err


def test_in_a_pipe_nothing_rings_and_a_missing_desktop_is_told(aideator: Shell, run: str) -> None:
    assert aideator("wait", run, "--notify", "bell").err == ""
    said = aideator("wait", run, "--notify", "desktop")
    assert said.code == ExitCode.OK
    assert said.err == "warning: nobody was notified: there is neither a desktop with notify-send nor a terminal\n"


def test_another_word_is_refused_before_anything_happens(aideator: Shell, run: str) -> None:
    said = aideator("wait", run, "--notify", "email")
    assert (said.code, said.err) == (ExitCode.USAGE, "error: --notify takes none, bell or desktop, not email\n")
