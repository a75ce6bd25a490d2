"""`replay --cast`: an asciinema recording whose times are computed; whole, or not there."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from aideator_cli.cli import terminal
from aideator_cli.errors import ExitCode
from aideator_cli.store import Store
from aideator_cli.stream.following import stored
from aideator_cli.views.text.lines import show_lines
from tests.actions.replay.screens import Screen, Terminal
from tests.cli.conftest import Shell
from tests.fixtures.stored_runs import Told, add_run, change

PATCH = change("src/a.py", "old", "new")
SAYS = tuple(
    {"type": "say", "text": f"Line {n}: äöü 漢字 \x1b[2J, long enough to be folded where it ends.\n"} for n in range(30)
)


@pytest.fixture(autouse=True)
def size(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:  # noqa: ARG001
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("LINES", "20")
    monkeypatch.delenv("NO_COLOR", raising=False)


def read(file: Path) -> tuple[dict[str, Any], list[tuple[float, str, str]]]:
    header, *events = [json.loads(line) for line in file.read_text().splitlines()]
    return header, [tuple(event) for event in events]


def test_a_recording_is_what_asciinema_plays(aideator: Shell, home: Path, tmp_path: Path) -> None:
    add_run(home, Told(PATCH, more=SAYS), prompt="Make \x1b]0;owned\x07 it")
    begun = time.monotonic()
    done = aideator("replay", "--cast", str(tmp_path / "run.cast"))
    assert (done.code, done.out) == (0, "")
    assert done.err == f"recorded @last to {tmp_path}/run.cast: 32 s.  asciinema play {tmp_path}/run.cast\n"
    assert time.monotonic() - begun < 10
    header, events = read(tmp_path / "run.cast")
    assert header == {
        "version": 2,
        "width": 60,
        "height": 20,
        "timestamp": 1795262400,
        "title": "k3v9x2q: Make ␛]0;owned␇ it",
        "env": {"TERM": "xterm-256color"},
    }
    assert [kind for _, kind, _ in events] == ["o"] * len(events)
    times = [at for at, _, _ in events]
    assert times == sorted(times)
    assert times[1:4] == [2.0, 3.0, 4.0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["aideator-home", "run.cast"]


def test_its_text_is_what_the_view_prints_on_a_terminal_of_that_size(
    aideator: Shell, home: Path, tmp_path: Path
) -> None:
    spec = add_run(home, Told(PATCH, more=SAYS))
    aideator("replay", "--cast", str(tmp_path / "run.cast"))
    _, events = read(tmp_path / "run.cast")
    printed = Terminal()
    show_lines(terminal.screen(printed), spec, stored(Store.open(home), spec))
    assert "".join(data for _, _, data in events) == printed.getvalue().replace("\n", "\r\n")


def test_its_times_are_those_of_the_pace(aideator: Shell, home: Path, tmp_path: Path) -> None:
    add_run(home, Told(PATCH, more=SAYS))
    aideator("replay", "--speed", "4", "--cast", str(tmp_path / "run.cast"))
    _, events = read(tmp_path / "run.cast")
    assert [at for at, _, _ in events][1:4] == [0.5, 0.75, 1.0]


def test_the_live_table_is_recorded_too(aideator: Shell, home: Path, tmp_path: Path, screen: Screen) -> None:
    add_run(home, Told(PATCH, more=SAYS), Told(outcome="limit", end={"reason": "steps"}))
    aideator("replay", "--view", "live", "--cast", str(tmp_path / "run.cast"))
    header, events = read(tmp_path / "run.cast")
    shown = screen(header["width"], header["height"], "".join(data for _, _, data in events))
    assert shown[0].startswith("k3v9x2q  2 ended")
    assert [line[:5] for line in shown[1:4]] == ["     ", "1 ✓  ", "2 –  "]
    assert not any(shown[4:])


def test_without_colours_there_are_none(
    aideator: Shell, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    add_run(home, Told(PATCH, more=SAYS))
    aideator("replay", "--cast", str(tmp_path / "run.cast"))
    assert "\\u001b" not in (tmp_path / "run.cast").read_text()


def test_a_file_that_is_there_is_kept_unless_told_otherwise(aideator: Shell, home: Path, tmp_path: Path) -> None:
    add_run(home, Told(PATCH))
    file = tmp_path / "run.cast"
    file.write_text("mine")
    refused = aideator("replay", "--cast", str(file))
    assert (refused.code, file.read_text()) == (ExitCode.USAGE, "mine")
    assert refused.err == f"error: {file} already exists\n hint: overwrite it with --force, or name another file\n"
    assert aideator("replay", "--cast", str(file), "--force").code == 0
    assert read(file)[0]["version"] == 2


def test_a_folder_or_a_place_that_can_not_be_written_is_named(aideator: Shell, home: Path, tmp_path: Path) -> None:
    add_run(home, Told(PATCH))
    assert aideator("replay", "--cast", str(tmp_path), "--force").code == ExitCode.USAGE
    nowhere = aideator("replay", "--cast", str(tmp_path / "no" / "run.cast"))
    assert nowhere.code == ExitCode.NOT_FOUND
    assert nowhere.err.startswith(
        f"error: {tmp_path}/no/run.cast can't be written: there is no folder {tmp_path}/no\n hint: "
    )


@pytest.mark.parametrize("name", ["a.txt/run.cast", "x" * 250])
def test_a_name_that_no_file_can_have_is_told(aideator: Shell, home: Path, tmp_path: Path, name: str) -> None:
    add_run(home, Told(PATCH))
    (tmp_path / "a.txt").write_text("mine")
    refused = aideator("replay", "--cast", str(tmp_path / name))
    assert refused.err.startswith(f"error: {tmp_path / name} can't be written: ")
    assert refused.code != 0


def test_what_breaks_off_leaves_nothing(
    aideator: Shell, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_run(home, Told(PATCH, more=SAYS))
    file = tmp_path / "run.cast"
    file.write_text("mine")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("aideator_cli.views.cast.Cast.flush", full)
    done = aideator("replay", "--cast", str(file), "--force")
    assert done.err == f"error: {file} can't be written: No space left on device\n hint: choose another place\n"
    assert (done.code, file.read_text()) == (ExitCode.FAILED, "mine")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["aideator-home", "run.cast"]


def test_panes_are_refused_with_another_way(aideator: Shell, home: Path, tmp_path: Path) -> None:
    add_run(home, Told(PATCH))
    done = aideator("replay", "--view", "panes", "--cast", str(tmp_path / "run.cast"))
    assert done.code == ExitCode.USAGE
    assert done.err.splitlines()[1] == " hint: --view live, or asciinema rec -c 'aideator replay @last'"
