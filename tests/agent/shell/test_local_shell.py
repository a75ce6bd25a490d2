"""What only commands on this machine can do."""

import os
import sys
from pathlib import Path

import pytest

from aideator_agent.local_shell import LocalShell
from tests.agent.shell.containers import Commands, running, until, word

INNER = """
import os, sys
from pathlib import Path
from aideator_agent.local_shell import LocalShell
shell = LocalShell(Path("."), os.environ)
shell.run(f"setsid sleep {sys.argv[1]}", seconds=60, write=print, stop=lambda: False)
"""


def lives(pid: str) -> bool:
    try:
        return Path("/proc", pid, "stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_a_command_gets_the_environment_that_is_given_and_no_more(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "a-key-of-the-parent")
    local = Commands(LocalShell(folder, {"PATH": os.environ["PATH"], "GIVEN": "yes"}), folder)

    local.run("env")

    names = {line.split("=")[0] for line in local.said.decode().splitlines()}
    assert {"PATH", "GIVEN"} < names
    assert names <= {"PATH", "GIVEN", "AIDEATOR_COMMAND", "PWD", "OLDPWD", "SHLVL", "_"}


def test_two_agents_on_one_machine_leave_each_other_alone(folder: Path) -> None:
    environment = {"PATH": os.environ["PATH"]}
    one, two = (Commands(LocalShell(folder, environment), folder) for _ in range(2))
    mine, other = word(), word()
    one.run(f"sleep {mine} &")
    two.run(f"sleep {other} &")
    until(lambda: running(other))

    assert one.shell.end()
    assert not running(mine)
    assert running(other)
    assert two.shell.end()
    assert not running(other)


def test_an_agent_within_a_command_goes_with_it(local: Commands) -> None:
    mine = word()
    (local.folder / "inner.py").write_text(INNER)

    finished = local.run(f"{sys.executable} inner.py {mine}", 1)

    assert finished.reason == "timeout"
    until(lambda: not running(mine), 20)


def test_a_process_that_becomes_another_program_all_the_time_is_ended(folder: Path) -> None:
    again = folder / "again"
    again.write_text('#!/bin/sh\nexec "$0"\n')
    again.chmod(0o755)
    for _ in range(60):
        local = Commands(LocalShell(folder, {"PATH": os.environ["PATH"]}), folder)
        local.run(
            "setsid sh -c 'echo $$ > pid.new; mv pid.new pid; exec ./again' >/dev/null 2>&1 & until test -e pid; do :; done"
        )
        pid = (folder / "pid").read_text().strip()

        assert local.shell.end()
        until(lambda pid=pid: not lives(pid), 5)  # type: ignore[misc]
        (folder / "pid").unlink()


def test_a_process_that_hid_and_still_holds_the_output_makes_the_end_uncertain(local: Commands) -> None:
    mine = word()
    local.run(f"env -i setsid sleep {mine} &")
    until(lambda: any(has_shed_its_mark(pid) for pid in running(mine)))

    assert not local.shell.end(0.2)

    for pid in running(mine):
        os.kill(pid, 9)


def has_shed_its_mark(pid: int) -> bool:
    """`env` and `setsid` have become `sleep`, whose environment is empty."""
    return Path(f"/proc/{pid}/comm").read_text() == "sleep\n" and not Path(f"/proc/{pid}/environ").read_bytes()


def test_a_machine_without_bash_runs_commands_by_sh(folder: Path, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    local = Commands(LocalShell(folder, {"PATH": str(tools)}), folder)

    assert local.run("echo hello; exit 3").exit_code == 3
    assert local.said == b"hello\n"
