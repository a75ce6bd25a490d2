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

from tests.fixtures.loaded import Begun, Interpreters, Loaded
from tests.fixtures.ports import free_port

LOADED = "tests.server.loaded"


@dataclass(frozen=True)
class Served:
    address: str
    process: "subprocess.Popen[bytes] | Begun"


@contextmanager
def served(
    home: Path,
    *words: str,
    module: tuple[str, ...] = ("aideator_cli", "serve", "--port", "0"),
    afresh: bool = False,
    **variables: str,
) -> Iterator[Served]:
    """Ends it by SIGINT and checks that it left orderly, unless a test has killed it. `afresh`: it is no copy of one that is loaded."""
    environment = {**os.environ, "AIDEATOR_HOME": str(home), **variables}
    process = _begun(
        [*module, *words],
        environment,
        None if afresh or Interpreters.ours is None else Interpreters.ours.of_commands(LOADED),
    )
    assert process.stderr is not None
    with process.stderr as said:
        try:
            line = said.readline().decode()
            found = re.search(r"http://\S+:\d+", line)
            assert found, line + said.read().decode()
            yield Served(found[0], process)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
        assert process.wait(30) in (0, -signal.SIGKILL), said.read()


def _begun(words: list[str], environment: dict[str, str], loaded: Loaded | None) -> "subprocess.Popen[bytes] | Begun":
    if loaded is not None:
        with open(1, "wb", closefd=False) as stdout:
            return loaded.start(words, environment, Path.cwd(), stdout=stdout)
    return subprocess.Popen([sys.executable, "-m", *words], stderr=subprocess.PIPE, env=environment)


def another_server(folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, str]:
    """The data folder and the port of a server that a test starts, ends and starts again. Clients of the test are another machine's."""
    port = str(free_port())
    monkeypatch.setenv("AIDEATOR_HOME", str(folder / "client"))
    monkeypatch.setenv("AIDEATOR_SERVER", f"http://127.0.0.1:{port}")
    return folder / "another-server", port
