"""A real `aideator serve` in a process of its own."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fixtures.ports import free_port


@dataclass(frozen=True)
class Served:
    address: str
    process: "subprocess.Popen[str]"


@contextmanager
def served(
    home: Path, *words: str, module: tuple[str, ...] = ("aideator_cli", "serve", "--port", "0"), **variables: str
) -> Iterator[Served]:
    """Ends it by SIGINT and checks that it left orderly, unless a test has killed it."""
    program = [sys.executable, "-m", *module, *words]
    environment = {**os.environ, "AIDEATOR_HOME": str(home), **variables}
    with subprocess.Popen(program, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stderr is not None
        try:
            line = process.stderr.readline()
            found = re.search(r"http://\S+:\d+", line)
            assert found, line + process.stderr.read()
            yield Served(found[0], process)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
        assert process.wait(30) in (0, -signal.SIGKILL), process.stderr.read()


def another_server(folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, str]:
    """The data folder and the port of a server that a test starts, ends and starts again. Clients of the test are another machine's."""
    port = str(free_port())
    monkeypatch.setenv("AIDEATOR_HOME", str(folder / "client"))
    monkeypatch.setenv("AIDEATOR_SERVER", f"http://127.0.0.1:{port}")
    return folder / "another-server", port
