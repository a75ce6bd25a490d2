"""A command that starts processes without end is kept below a limit, so that the machine stays usable, and ends with all of them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from aideator_agent.local_shell import OOM, LocalShell
from tests.agent.shell.containers import Commands

NOBODY = 65534
MANY = "n=0; while [ $n -lt 300 ]; do sleep 60 & n=$((n+1)); done; echo started; jobs -p | wc -l"
BOMB = f"""
import os, resource, sys
from pathlib import Path
from aideator_agent import local_shell
os.setgroups([]); os.setresgid(*[{NOBODY}] * 3); os.setresuid(*[{NOBODY}] * 3)
local_shell.PROCESSES = 60
local_shell._tasks = lambda: 0
shell, said = local_shell.LocalShell(Path(sys.argv[1]), dict(PATH=sys.argv[2])), bytearray()
done = shell.run(sys.argv[3], seconds=60, write=said.extend, stop=lambda: False)
ended = shell.end()
refused = b"Resource temporarily unavailable" in said or b"Cannot fork" in said
print(refused, ended, resource.getrlimit(resource.RLIMIT_NPROC) == local_shell.LIMITS)
"""


@pytest.mark.skipif(
    os.geteuid() != 0, reason="the limit is of a user, and only root can become one who has no other processes"
)
def test_a_bomb_meets_its_limit_and_is_ended(public: Path) -> None:
    command = [sys.executable, "-c", BOMB, str(public), os.environ["PATH"], MANY]
    done = subprocess.run(command, cwd=public, capture_output=True, text=True, check=False)
    assert done.stdout == "True True True\n", done.stderr


def test_commands_get_the_limit_and_this_process_keeps_its_own(commands: Commands) -> None:
    commands.run("ulimit -u 2>&1 || ulimit -p")
    assert 1000 < int(bytes(commands.said).split()[-1]) <= 100_000, commands.said


@pytest.mark.skipif(not OOM.exists(), reason="only Linux tells what it ends first when memory runs out")
def test_when_memory_runs_out_a_command_is_ended_before_anything_else(tmp_path: Path) -> None:
    shell, said, own = LocalShell(tmp_path, dict(os.environ)), bytearray(), OOM.read_text()
    shell.run(f"cat {OOM}; sh -c 'cat {OOM}'", seconds=20, write=said.extend, stop=lambda: False)
    shell.end()
    assert said == b"1000\n1000\n"
    assert OOM.read_text() == own
