"""A signal ends a command at once: with the exit code that shells give it, the terminal as it was, and the agents at work."""

import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from aideator_cli.errors import ExitCode
from tests.faults.waiting import until
from tests.fixtures.repositories import LocalRepository

CODES = {
    signal.SIGINT: ExitCode.INTERRUPTED,
    signal.SIGTERM: ExitCode.TERMINATED,
    signal.SIGHUP: ExitCode.HUNG_UP,
}
SENT = [
    *((words, signal.SIGINT) for words in (["watch"], ["wait"], ["logs", "-f"], ["list", "--watch"])),
    *((words, number) for words in (["watch"], ["wait"]) for number in (signal.SIGTERM, signal.SIGHUP)),
]


def _hearing_all() -> None:
    """Whoever runs the tests may ignore SIGHUP, as nohup does."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@dataclass(frozen=True)
class Machine:
    """A data folder with a run whose agent works until it is stopped."""

    home: Path
    run: str
    environment: Mapping[str, str]

    def start(self, *words: str, **how: object) -> "subprocess.Popen[bytes]":
        how = {
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "preexec_fn": _hearing_all,
            **how,
        }
        return subprocess.Popen([sys.executable, "-m", "aideator_cli", *words], env=dict(self.environment), **how)  # type: ignore[call-overload]

    def call(self, *words: str) -> str:
        process = self.start(*words)
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        return out.decode()

    def follows(self, process: "subprocess.Popen[bytes]") -> bool:
        """Whether it has opened the store, and so listens to signals."""
        files = Path(f"/proc/{process.pid}/fd")
        with suppress(FileNotFoundError):  # closed just now
            return any(each.readlink().name == "aideator.db-wal" for each in files.iterdir())
        return False

    def is_at_work(self) -> bool:
        return json.loads(self.call("show", self.run, "--json"))["state"] == "running"


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    folder = tmp_path_factory.mktemp("machine")
    repository = LocalRepository(folder / "todo")
    repository.commit({"a.py": "x = 1\n"})
    turns = [
        {"say": "I wait."},
        {"calls": [{"tool": "bash", "arguments": {"command": "sleep 900"}}]},
    ]
    (folder / "slow.yaml").write_text(yaml.safe_dump(turns))
    environment = {
        **os.environ,
        "AIDEATOR_HOME": str(folder / "home"),
        "KUBECONFIG": str(folder / "none"),
        "TERM": "xterm",
    }
    environment.pop("CI", None)
    started = Machine(folder / "home", "", environment)
    words = (
        "run",
        str(repository.path),
        "Wait.",
        "--model",
        f"scripted/{folder}/slow.yaml",
        "-n",
        "1",
        "--backend",
        "local",
    )
    out = started.call(*words, "--detach")
    machine = Machine(folder / "home", out.strip(), environment)
    yield machine
    machine.call("cancel", machine.run)


def test_detach_prints_the_id_and_nothing_else_on_stdout(machine: Machine) -> None:
    assert len(machine.run) == 7
    assert machine.is_at_work()


@pytest.mark.parametrize(("words", "number"), SENT, ids=lambda each: getattr(each, "name", None) or " ".join(each))
def test_a_command_that_follows_ends_with_the_code_of_the_signal(
    machine: Machine, words: Sequence[str], number: signal.Signals
) -> None:
    process = machine.start(*words)
    if words[0] in ("watch", "logs"):
        assert process.stdout is not None
        assert any(b"I wait" in line for line in process.stdout)
    until(lambda: machine.follows(process), f"{words} follows")
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    assert process.returncode == CODES[number], err
    assert b"Traceback" not in err
    if words == ["watch"]:
        assert f"1 agent stays at work on this machine, local backend.  aideator watch {machine.run}".encode() in err


def test_the_agents_went_on(machine: Machine) -> None:
    assert machine.is_at_work()


def test_who_ignores_the_end_of_the_terminal_goes_on(machine: Machine) -> None:
    process = machine.start("wait", preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    until(lambda: machine.follows(process), "it follows")
    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == ExitCode.TERMINATED


@pytest.mark.parametrize("words", [["watch", "--json"], ["logs", "-f"], ["logs", "-f", "--json"]], ids=" ".join)
def test_a_reader_that_goes_away_ends_it(machine: Machine, words: Sequence[str]) -> None:
    reading, writing = os.pipe()
    process = machine.start(*words, stdout=writing)
    os.close(writing)
    os.close(reading)
    _, err = process.communicate(timeout=30)
    assert process.returncode == ExitCode.PIPE_CLOSED, err
    assert b"Traceback" not in err
    assert b"Broken" not in err


class Terminal:
    """A terminal whose other end this test holds."""

    def __init__(self) -> None:
        self.ours, self.theirs = pty.openpty()
        fcntl.ioctl(self.theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 90, 0, 0))
        self.shown = b""
        self._closing = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while not self._closing.is_set():
            if select.select([self.ours], [], [], 0.05)[0]:
                self.shown += os.read(self.ours, 65536)

    def close(self) -> None:
        self._closing.set()
        self._reader.join()
        os.close(self.theirs)
        os.close(self.ours)

    def start(self, machine: Machine, *words: str) -> "subprocess.Popen[bytes]":
        def take() -> None:
            _hearing_all()
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        return machine.start(*words, stdin=self.theirs, stdout=self.theirs, stderr=self.theirs, preexec_fn=take)  # type: ignore[arg-type]

    def settings(self) -> object:
        return termios.tcgetattr(self.theirs)


@pytest.mark.parametrize("view", ["panes", "live"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_a_signal_restores_the_terminal(machine: Machine, view: str, number: signal.Signals) -> None:
    terminal = Terminal()
    before = terminal.settings()
    process = terminal.start(machine, "watch", "--view", view)
    until(lambda: b"\x1b[?1049h" in terminal.shown and b"at work" in terminal.shown, "the view is drawn")
    process.send_signal(number)
    assert process.wait(30) == CODES[number], terminal.shown[-2000:]
    until(lambda: b"stays at work" in terminal.shown, "it says what becomes of the agents")
    assert terminal.settings() == before
    after = terminal.shown.rpartition(b"\x1b[?1049h")[2]
    terminal.close()
    assert b"\x1b[?1049l" in after, "the first screen is back"
    assert after.rfind(b"\x1b[?25h") > after.rfind(b"\x1b[?25l"), "and its cursor"


@pytest.mark.parametrize("view", ["panes", "live", "lines"])
def test_a_terminal_that_is_closed_ends_it(machine: Machine, view: str) -> None:
    terminal = Terminal()
    process = terminal.start(machine, "watch", "--view", view)
    until(lambda: b"at work" in terminal.shown or b"I wait" in terminal.shown, "the view is drawn")
    terminal.close()
    assert process.wait(30) == ExitCode.HUNG_UP
    assert machine.is_at_work()
