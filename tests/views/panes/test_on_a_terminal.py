"""The panes on a real terminal, before real agents: processes on this machine, played by a script."""

import os
import sys
import time
from pathlib import Path

import pytest

from tests.end_to_end.user import User
from tests.fixtures.repositories import LocalRepository
from tests.fixtures.tmux import Pane, Panes

HANGS = """
- say: I wait for something that never comes.
  calls: [{tool: bash, arguments: {command: echo begun; sleep 600}}]
"""


@pytest.fixture
def user(tmp_path: Path) -> User:
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    return User(kept | {"AIDEATOR_HOME": str(tmp_path / "home")}, [], tmp_path)


def started(pane: Pane, user: User, *words: str) -> Pane:
    pane.start_aideator(list(words), {"AIDEATOR_HOME": user.environment["AIDEATOR_HOME"]}, user.folder)
    return pane


def hanging_run(pane: Pane, user: User) -> Pane:
    repository = LocalRepository(user.folder / "repo")
    repository.commit({"a.txt": "one\n"})
    (user.folder / "hangs.yaml").write_text(HANGS)
    return started(pane, user, "run", str(user.folder / "repo"), "Wait", "-n", "2", "--model", "scripted/hangs.yaml")


def test_q_leaves_within_a_second_while_agents_hang_and_says_how_to_come_back(terminal: Panes, user: User) -> None:
    pane = hanging_run(terminal(120, 30), user)
    pane.until_shown("2 at work", "$ echo begun; sleep 600", "q leave (agents go on)")
    began = time.monotonic()
    pane.keys("q")
    assert pane.until_ended() == 130
    assert time.monotonic() - began < 2.0  # with tmux, and a busy machine
    assert not pane.alternate()
    assert "2 agents stay at work" in pane.text()
    again = started(terminal(80, 24), user, "watch")
    again.until_shown("1 ● hangs.yaml", "begun")
    again.keys("C")
    again.until_shown("Ask 2 agents (1, 2) to stop?")
    again.keys("y")
    again.until_shown("2 ended")
    again.keys("q")
    assert again.until_ended() == 1
    assert "cancelled" in again.text()


def test_a_run_is_watched_to_its_end_compared_and_its_winner_selected(terminal: Panes, user: User) -> None:
    pane = started(terminal(120, 40), user, "demo")
    pane.until_shown("1 is the only one that passes unittest")
    pane.resize(80, 24)
    pane.until_shown("[1 ✓]")
    pane.resize(120, 40)
    pane.keys("Space", "2", "Space", "=")
    pane.until_shown('if not line or line.startswith("#")', "Esc back")
    pane.keys("q")
    pane.until_shown("s select")
    pane.keys("1", "s")
    pane.until_shown("why (optional)")
    pane.type("it passes")
    pane.keys("Enter")
    pane.until_shown("selected ", "1*  ✓")
    pane.keys("q")
    assert pane.until_ended() == 0
    assert "it passes" in user.call("show", "@last").out.decode()


@pytest.mark.parametrize("signal", ["TERM", "HUP"])
def test_a_signal_leaves_the_terminal_as_it_was(terminal: Panes, user: User, signal: str) -> None:
    pane = hanging_run(terminal(100, 30), user)
    pane.until_shown("2 at work")
    process = pane.tmux("list-panes", "-F", "#{pane_pid}").strip()
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    os.kill(int(children[0]), getattr(__import__("signal"), f"SIG{signal}"))
    assert pane.until_ended() == 130
    assert not pane.alternate()
    user.call("cancel", "@last")


@pytest.mark.parametrize("words", [["--view", "panes"], ["--view", "live"]])
def test_a_pipe_gets_no_panes(user: User, words: list[str]) -> None:
    done = user.call("watch", *words)
    assert (done.code, done.out) == (2, b"")
    assert "stdout is not one" in done.err


def test_no_color_and_a_dumb_terminal_are_heeded(terminal: Panes, user: User) -> None:
    assert started(terminal(100, 30), user, "demo").until_shown("at work")
    plain = terminal(100, 30)
    plain.start_aideator(["watch"], {"AIDEATOR_HOME": user.environment["AIDEATOR_HOME"], "NO_COLOR": "1"}, user.folder)
    plain.until_shown("1 ✓")
    assert "[38;2;" not in plain.coloured()
    dumb = terminal(100, 30)
    words = ["env", "TERM=dumb", sys.executable, "-m", "aideator_cli", "watch"]
    dumb.start(words, {"AIDEATOR_HOME": user.environment["AIDEATOR_HOME"]}, user.folder)
    dumb.until_ended()
    assert not dumb.alternate()
    assert "/1 │" in dumb.text()
