"""Shells to run commands in: child processes, and a container under each /bin/sh."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from aideator_agent.channel import ChannelShell
from aideator_agent.local_shell import LocalShell
from tests.agent.shell.containers import PATIENCE, SERVERS, Commands, Container, can_isolate


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "work space" / "repo"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture(params=SERVERS)
def container(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Container]:
    """Not started yet."""
    with _container(request.param, tmp_path) as container:
        yield container


@pytest.fixture
def pod(container: Container, folder: Path) -> Iterator[Commands]:
    with _commands(container, folder) as commands:
        yield commands


@pytest.fixture
def local(folder: Path) -> Iterator[Commands]:
    shell = LocalShell(folder, {"PATH": os.environ["PATH"]})
    yield Commands(shell, folder)
    shell.end()


@pytest.fixture(params=["local", *SERVERS])
def commands(request: pytest.FixtureRequest, tmp_path: Path, folder: Path) -> Iterator[Commands]:
    if request.param == "local":
        yield request.getfixturevalue("local")
    else:
        with _container(request.param, tmp_path) as container, _commands(container, folder) as commands:
            assert commands.run("true").exit_code == 0, "no limit of a test is for the start of the container"
            yield commands


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that every user of this machine can reach, as pytest's own are not."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@contextmanager
def _container(server: str, tmp_path: Path) -> Iterator[Container]:
    program = SERVERS[server]
    if not shutil.which(program[0]):
        pytest.skip(f"this machine has no {program[0]}")
    if not can_isolate():
        pytest.skip("needs root's unshare and mount")
    channel = tmp_path / "the channel"
    channel.mkdir()
    container = Container(channel, program)
    try:
        yield container
    finally:
        container.close()


@contextmanager
def _commands(container: Container, folder: Path) -> Iterator[Commands]:
    shell = ChannelShell(container.channel, folder, PATIENCE)
    container.start()
    yield Commands(shell, folder)
    shell.end(0.2)
