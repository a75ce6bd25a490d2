"""`--view live` on a real terminal: it draws on a screen of its own, and leaves the one that was there as it was."""

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.fixtures.stored_runs import Told, add_run, change
from tests.fixtures.tmux import Pane, Panes

PATCH = change("src/a.py", "old", "new")
SAYS = tuple({"type": "say", "text": f"Line {n}\n"} for n in range(8))
LATER = {"type": "say", "text": "much later", "time": "2026-11-21T12:50:00Z"}


def played(pane: Pane, home: Path, *words: str, environment: Mapping[str, str] | None = None) -> Pane:
    pane.start_aideator(["replay", "--view", "live", *words], {"AIDEATOR_HOME": str(home), **(environment or {})}, home)
    return pane


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (60, 12)])
def test_it_ends_with_the_table_and_nothing_is_left_of_it(
    terminal: Panes, tmp_path: Path, columns: int, lines: int
) -> None:
    add_run(tmp_path, Told(PATCH, more=SAYS), Told(PATCH))
    pane = played(terminal(columns, lines), tmp_path, "--max-pause", "0.2")
    pane.until(lambda screen: "●" in screen and "at work" in screen)
    assert pane.alternate()
    assert pane.until_ended() == 0
    assert not pane.alternate()
    shown = [line for line in pane.screen(history=True) if line]
    assert shown[0].split()[:2] in (["model", "outcome"], ["outcome", "files"])
    assert [line[:4] for line in shown[1:3]] == ["1  ✓", "2  ✓"]
    assert "at work" not in "".join(shown)


def test_a_resize_draws_it_anew(terminal: Panes, tmp_path: Path) -> None:
    add_run(tmp_path, Told(PATCH, more=(*SAYS, LATER)), Told(PATCH))
    pane = played(terminal(80, 24), tmp_path, "--max-pause", "1h", "--speed", "100")
    pane.until_shown("●", "steps")
    for columns, lines in ((50, 10), (30, 5), (120, 40), (80, 24)):
        pane.resize(columns, lines)
        pane.until(lambda screen, room=columns: _is_whole(screen, room))
    pane.keys("C-c")
    assert pane.until_ended() == 130
    assert not pane.alternate()


def _is_whole(screen: str, columns: int) -> bool:
    """The one table, as wide as there is room."""
    lines = [line for line in screen.split("\n") if line]
    titles = next((line for line in lines if line.endswith("time")), "")
    return len(titles) in (columns, columns - 2) and screen.count("●") == 1 and screen.count("at work") <= 1


def test_no_color_takes_the_colours_alone(terminal: Panes, tmp_path: Path) -> None:
    add_run(tmp_path, Told(PATCH, more=(*SAYS, LATER)), Told(outcome="failed", end={"fault": "agent"}))
    for environment, is_coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
        words = ("--max-pause", "1h", "--speed", "100")
        pane = played(terminal(80, 24), tmp_path, *words, environment=environment)
        pane.until_shown("1 ●", "2 ✗")
        assert ("\x1b[31m✗" in pane.coloured()) is is_coloured


def test_on_a_dumb_terminal_it_is_refused(terminal: Panes, tmp_path: Path) -> None:
    add_run(tmp_path, Told(PATCH))
    pane = terminal(80, 24)
    words = ["env", "TERM=dumb", sys.executable, "-m", "aideator_cli", "replay", "--view", "live"]
    pane.start(words, {"AIDEATOR_HOME": str(tmp_path)}, tmp_path)
    assert pane.until_ended() == 2
    assert "--view lines" in pane.text()
