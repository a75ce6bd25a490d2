"""The panes on a real terminal, before real agents: processes on this machine, played by a script."""

import base64
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from functools import partial
from pathlib import Path

import pytest

from aideator_cli.errors import ExitCode
from tests.end_to_end.user import User
from tests.fixtures.colours import colours, styles
from tests.fixtures.repositories import LocalRepository
from tests.fixtures.stored_runs import Told, add_run, change
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
    assert re.search(r"^  aideator watch \w{7}$", pane.text(), re.MULTILINE)
    assert "it passes" in user.call("show", "@last").out.decode()


def mouse(pane: Pane, code: int, column: int, line: int, *, released: bool = False) -> None:
    """What a terminal writes for the mouse (SGR), in cells from 1."""
    pane.tmux(
        "send-keys", "-H", *(f"{byte:x}" for byte in f"\x1b[<{code};{column};{line}{'m' if released else 'M'}".encode())
    )


def has_mouse(pane: Pane) -> bool:
    return pane.tmux("display-message", "-p", "#{mouse_any_flag}").strip() == "1"


def test_what_is_dragged_over_or_copied_by_key_is_in_tmuxs_buffer_and_m_gives_the_mouse_away(
    terminal: Panes, user: User
) -> None:
    pane = hanging_run(terminal(120, 30), user)
    screen = pane.until_shown("2 at work", "I wait for something that never comes.", "begun").split("\n")
    line = next(number for number, text in enumerate(screen, 1) if "I wait for" in text)
    column = screen[line - 1].index("I wait for") + 1
    mouse(pane, 0, column + 2, line)
    mouse(pane, 32, column + 5, line)
    mouse(pane, 0, column + 5, line, released=True)
    pane.until_shown("copied 1 line")
    pane.until(lambda _: "wait" in pane.tmux("list-buffers"))
    assert pane.tmux("show-buffer") == "wait"
    pane.keys("Y")
    pane.until(lambda _: pane.tmux("show-buffer") == "echo begun; sleep 600")
    assert has_mouse(pane)
    pane.keys("M")
    pane.until_shown("the terminal has the mouse; M takes it back")
    assert not has_mouse(pane)
    pane.keys("M")
    pane.until_shown("the panes have the mouse again")
    assert has_mouse(pane)
    pane.keys("q")
    pane.until_ended()
    again = started(terminal(80, 24), user, "watch", "--no-mouse")
    again.until_shown("begun")
    assert not has_mouse(again)
    assert copied_on_a_terminal(user, "Y") == "echo begun; sleep 600"
    user.call("cancel", "@last")


def copied_on_a_terminal(user: User, key: str) -> str:
    """What `watch` puts on the clipboard of a terminal that is no tmux, by OSC 52."""
    primary, replica = pty.openpty()
    fcntl.ioctl(replica, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    environment = user.environment | {"TERM": "xterm-256color"}
    words = [sys.executable, "-m", "aideator_cli", "watch"]
    with subprocess.Popen(
        words, stdin=replica, stdout=replica, stderr=replica, env=environment, cwd=user.folder
    ) as process:
        os.close(replica)
        seen = until_written(primary, b"begun")
        os.write(primary, key.encode())
        seen = until_written(primary, b"\x07", b"\x1b]52;c;")
        os.write(primary, b"q")
        while select.select([primary], [], [], 20)[0]:
            try:
                if not os.read(primary, 65536):
                    break
            except OSError:  # the other side is closed
                break
        process.wait(20)
    os.close(primary)
    return base64.b64decode(seen.partition(b"\x1b]52;c;")[2].partition(b"\x07")[0]).decode()


def until_written(terminal: int, text: bytes, after: bytes = b"") -> bytes:
    seen, end = b"", time.monotonic() + 60
    while text not in seen.partition(after)[2] if after else text not in seen:
        assert select.select([terminal], [], [], max(0.0, end - time.monotonic()))[0], seen
        seen += os.read(terminal, 65536)
    return seen


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_a_signal_leaves_the_terminal_as_it_was(terminal: Panes, user: User, number: signal.Signals) -> None:
    pane = hanging_run(terminal(100, 30), user)
    pane.until_shown("2 at work")
    process = pane.tmux("list-panes", "-F", "#{pane_pid}").strip()
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    os.kill(int(children[0]), number)
    assert pane.until_ended() == 128 + number
    assert not pane.alternate()
    user.call("cancel", "@last")


def test_a_terminal_that_goes_away_without_a_signal_ends_the_panes(user: User) -> None:
    add_run(Path(user.environment["AIDEATOR_HOME"]), Told(change("a.py", "old", "new")))
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    command = [sys.executable, "-m", "aideator_cli", "watch", "--view", "panes"]
    environment = user.environment | {"TERM": "xterm-256color"}
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
    )
    os.close(theirs)
    until_written(ours, b"k3v9x2q")
    os.close(ours)  # nobody's controlling terminal, so the kernel sends no SIGHUP
    assert process.wait(60) == ExitCode.HUNG_UP


@pytest.mark.parametrize("words", [["--view", "panes"], ["--view", "live"]])
def test_a_pipe_gets_no_panes(user: User, words: list[str]) -> None:
    done = user.call("watch", *words)
    assert (done.code, done.out) == (2, b"")
    assert "stdout is not one" in done.err


def test_no_color_takes_every_colour_and_what_is_marked_can_still_be_seen(terminal: Panes, user: User) -> None:
    says = tuple({"type": "say", "text": f"Line {n}\n"} for n in range(3))
    home = Path(user.environment["AIDEATOR_HOME"])
    add_run(home, Told(change("a.py", "old", "new"), more=says), Told(change("a.py", "old", "other")))
    pane, written = terminal(120, 40), user.folder / "written"
    wishes = {"NO_COLOR": "1", "COLORTERM": "truecolor"}
    pane.start_aideator(["watch"], user.environment | wishes, user.folder)
    pane.tmux("pipe-pane", f"cat > {written}")
    pane.until_shown("Line 2", "s select")
    last_line = partial(_last_line_begins, pane)
    pane.keys("?")
    pane.until_shown("search in all panes")
    pane.keys("Escape")
    pane.until(lambda screen: "search in all panes" not in screen)
    pane.keys("/")
    last_line(" search")
    pane.type("line")
    last_line(" search line")
    pane.keys("Enter")
    pane.until_shown("1 of 1")
    pane.keys("C-p")
    pane.until_shown("Search for commands")
    pane.type("mouse")
    pane.until(lambda screen: "mouse" in screen and "Full screen" not in screen)
    assert "theme" not in pane.text()
    pane.keys("Escape")
    pane.until(lambda screen: "Search for commands" not in screen and "Line 2" in screen)
    pane.keys("s")
    pane.until_shown("why (optional)")
    pane.keys("Enter")
    pane.until_shown("1*  ✓")
    pane.keys("d")
    pane.until_shown("-old", "+new")
    pane.keys("q")
    assert pane.until_ended() == 0
    seen = written.read_bytes()
    assert len(seen) > 10_000
    assert colours(seen) == set()
    behind, found, found_and_chosen = b"\x1b[2m", b"\x1b[1;4m", b"\x1b[1;4;7m"
    assert {behind, found, found_and_chosen} <= styles(seen)


def test_what_is_typed_in_one_burst_reaches_the_line_that_its_first_key_opens(terminal: Panes, user: User) -> None:
    """As over a slow connection, or pasted."""
    says = tuple({"type": "say", "text": f"Line {n}\n"} for n in range(3))
    add_run(Path(user.environment["AIDEATOR_HOME"]), Told(change("a.py", "old", "new"), more=says))
    pane = started(terminal(120, 40), user, "watch")
    pane.until_shown("Line 2", "s select")
    pane.type("/line c")
    _last_line_begins(pane, " search line c")
    pane.keys("Escape")
    pane.until_shown("s select")
    pane.type("sthe only one")
    _last_line_begins(pane, " select k3v9x2q/1; why (optional): the only one")
    pane.keys("Enter")
    pane.until_shown("1*  ✓")
    assert "the only one" in user.call("show", "@last").out.decode()


def _last_line_begins(pane: Pane, text: str) -> None:
    pane.until(lambda screen: screen.rstrip("\n").split("\n")[-1].startswith(text))


def test_on_a_dumb_terminal_there_are_lines(terminal: Panes, user: User) -> None:
    add_run(Path(user.environment["AIDEATOR_HOME"]), Told(change("a.py", "old", "new")))
    dumb = terminal(100, 30)
    words = ["env", "TERM=dumb", sys.executable, "-m", "aideator_cli", "watch"]
    dumb.start(words, {"AIDEATOR_HOME": user.environment["AIDEATOR_HOME"]}, user.folder)
    dumb.until_ended()
    assert not dumb.alternate()
    assert "/1 │" in dumb.text()


def test_from_the_smallest_to_the_largest_terminal_every_view_shows_a_run_and_nothing_breaks(
    terminal: Panes, user: User
) -> None:
    panes = started(terminal(40, 12), user, "demo")
    panes.until_shown("at work")
    for columns, lines in ((300, 100), (60, 8), (40, 12)):
        panes.resize(columns, lines)
    panes.until_shown("3 ended", seconds=120)
    panes.resize(300, 100)
    panes.until(lambda screen: "1 ✓" in screen and max(map(len, screen.split("\n"))) == 300)
    panes.keys("q")
    assert panes.until_ended() == 0
    for columns, lines in ((40, 12), (300, 100)):
        for words in (
            ["watch", "--view", "live"],
            ["watch", "--view", "lines"],
            ["watch", "--plain"],
            ["list"],
            ["compare"],
        ):
            pane = started(terminal(columns, lines), user, *words)
            assert pane.until_ended() == 0
            told = pane.text()
            assert "Traceback" not in told
            if words == ["watch", "--view", "lines"]:
                each = [line for line in told.split("\n") if "│" in line]
                assert max(map(len, each)) <= columns
            if words == ["watch", "--plain"]:
                assert "Variation 1, scripted/right.yaml: succeeded. unittest passed" in told
