"""The shell container: what a hostile command, a death on either side and kubelet's restarts do to the agent."""

import os
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from aideator_agent.channel import ChannelShell, Patience, _Requests
from aideator_agent.shell_server import server_command
from tests.agent.shell.containers import PATIENCE, Commands, Container, running, until, word


def test_the_manifest_can_carry_the_server() -> None:
    shell, option, script = server_command()

    assert (shell, option) == ("/bin/sh", "-c")
    assert "$$" not in script, "Kubernetes makes one dollar of two"
    assert "$(" not in script, "Kubernetes puts its own variables there"
    assert len(script) < 2000


def test_commands_cannot_touch_the_channel(pod: Commands, container: Container) -> None:
    commands = ["rm {0}/req", "mv {0}/req {0}/x", "chmod 0 {0}/req", "ln -s / {0}/x", "touch {0}/x", "mkdir {0}/9"]
    for command in commands:
        assert pod.run(command.format(f"'{container.channel}'")).exit_code == 1
        assert b"Read-only file system" in pod.said


@pytest.mark.parametrize("attack", ["kill -9 1", "kill -STOP 1", "kill 1", "kill -HUP 1", "kill -INT 1", "kill 0"])
def test_commands_cannot_end_the_server(pod: Commands, container: Container, attack: str) -> None:
    pod.run(attack)

    assert pod.run("echo next").exit_code == 0
    assert container.starts == 1


def test_a_command_may_kill_its_own_group(pod: Commands) -> None:
    mine = word()
    pod.run(f"sleep {mine} &")
    until(lambda: running(mine))

    assert pod.run("kill -9 0").exit_code == 137
    assert running(mine)


def test_commands_hold_nothing_of_the_channel_but_their_output(pod: Commands) -> None:
    pod.run("ls -l /proc/$$/fd/ | sed -n 's/.*-> //p'")

    held = {Path(line).name for line in pod.said.decode().splitlines()}
    assert {"null", "out"} <= held
    assert not held & {"req", "ctl"}


def test_a_command_is_idle_though_an_answer_about_its_work_was_lost(
    pod: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    say = _Requests.say

    def losing(requests: _Requests, request: str) -> None:
        """What was to answer is gone before it does, as if the command had ended it."""
        said.append(request)
        if not request.startswith("look") or sum(each.startswith("look") for each in said) > 1:
            say(requests, request)

    monkeypatch.setattr(_Requests, "say", losing)
    assert pod.run("mkfifo fifo; read line <fifo", seconds=60, idle=1).reason == "waiting"


def test_a_command_that_kills_everything_is_lost_and_the_next_one_runs(pod: Commands, container: Container) -> None:
    finished = pod.run("kill -9 -1; kill -9 $$")

    assert finished.reason in {"lost", "exited"}
    assert finished.seconds < 2
    assert pod.run("exit 3").exit_code == 3
    assert container.starts == 1


def test_a_container_that_dies_in_mid_command_is_noticed_at_once_and_used_again(
    pod: Commands, container: Container
) -> None:
    def kill(data: bytes) -> None:
        pod.said.extend(data)
        os.kill(container.first, signal.SIGKILL)

    finished = pod.run("echo here; sleep 60", write=kill)

    assert finished.reason == "lost"
    assert finished.exit_code is None
    assert finished.seconds < 2
    assert pod.run("echo back").exit_code == 0
    assert container.starts == 2


def test_a_container_that_died_between_two_commands_is_waited_for(pod: Commands, container: Container) -> None:
    pod.run("true")
    os.kill(container.first, signal.SIGKILL)

    assert pod.run("echo back").exit_code == 0


def test_no_container_at_all_is_lost_after_the_patience(tmp_path: Path) -> None:
    shell = ChannelShell(tmp_path, tmp_path, Patience(server=0.3))

    finished = shell.run("true", seconds=60, write=lambda _: None, stop=lambda: False)

    assert finished.reason == "lost"
    assert 0.3 <= finished.seconds < 2


def test_waiting_for_a_container_can_be_stopped(tmp_path: Path) -> None:
    shell = ChannelShell(tmp_path, tmp_path)

    assert shell.run("true", seconds=60, write=lambda _: None, stop=lambda: True).reason == "stopped"


def test_a_process_without_the_mark_that_holds_the_output_is_ended_too(pod: Commands) -> None:
    mine = word()

    finished = pod.run(f"env -i setsid sleep {mine} & sleep 60", 0.3)

    assert finished.reason == "timeout"
    until(lambda: not running(mine), 20)
    assert pod.run("echo next").exit_code == 0


@pytest.mark.parametrize(
    ("lie", "ends"),
    [
        ("printf 'exit 7\\n'", (7, "exited")),  # it could as well exit with 7
        ("printf 'exit 999\\nexit x\\nexit\\n\\0\\377\\nstart\\n'", (5, "exited")),
        ("head -c 3000000 /dev/zero | tr '\\0' x", (None, "lost")),
        ("yes", (None, "timeout")),
    ],
    ids=["a code", "nonsense", "one endless line", "a flood"],
)
def test_lies_about_the_end_do_no_harm(
    pod: Commands, container: Container, lie: str, ends: tuple[int | None, str]
) -> None:
    finished = pod.run(f"{lie} > '{container.channel}/1/ctl'; sleep 0.2; exit 5", 1)

    assert (finished.exit_code, finished.reason) == ends
    assert pod.run("exit 3").exit_code == 3


def test_a_thief_of_requests_costs_a_restart(folder: Path, container: Container) -> None:
    thieves = "for i in 1 2 3 4 5 6; do (cat '{}/req' >/dev/null 2>&1 &); done; sleep 0.2"
    pod = Commands(ChannelShell(container.channel, folder, Patience(server=10, start=0.5, term=0.5, kill=0.5)), folder)
    container.start()
    pod.run(thieves.format(container.channel))
    ends = [pod.run("exit 3") for _ in range(6)]

    assert {end.exit_code for end in ends} <= {3, None}
    assert ends[-1].exit_code == 3
    assert all(end.seconds < 5 for end in ends)


def test_words_of_a_command_to_the_server_end_nothing_but_the_container(pod: Commands, container: Container) -> None:
    words = [
        "run ../../etc",
        "run 999",
        "kill ; rm",
        "kill all",
        "kill all 0",
        "$x `touch y` *",
        "\\",
        "",
        "run 1 2",
        "bye",
    ]
    for say in words:
        finished = pod.run(f"echo '{say}' > '{container.channel}/req'; sleep 0.2")
        assert finished.reason == ("lost" if say == "bye" else "exited")

    assert pod.run("exit 3").exit_code == 3
    assert not list(pod.folder.iterdir())


def test_four_hundred_deaf_processes_are_ended(pod: Commands) -> None:
    mine = word()
    tree = f"trap '' TERM; for i in $(seq 400); do sleep {mine} & done; wait"

    finished = pod.run(tree, 1.5)

    assert finished.reason == "timeout"
    assert finished.seconds < 20
    until(lambda: not running(mine), 30)
    assert pod.run("echo next").exit_code == 0


def test_zombies_are_reaped(pod: Commands) -> None:
    pod.run("for i in $(seq 50); do (sleep 0.01 &) ; done; sleep 0.3")
    pod.run("true")
    pod.run("grep -h ^State: /proc/[0-9]*/status | grep -c Z")

    assert int(pod.said) <= 2


def test_an_image_with_nothing_but_sh_will_do(tmp_path: Path, folder: Path, container: Container) -> None:
    if container.program[0] == "busybox":
        pytest.skip("busybox is all tools in one")
    shell = ChannelShell(container.channel, folder, PATIENCE)
    container.program = ["/usr/bin/env", f"PATH={tmp_path / 'no tools'}", str(shutil.which(container.program[0]))]
    container.start()
    pod = Commands(shell, folder)

    assert pod.run("echo hello; exit 7").exit_code == 7
    assert pod.said == b"hello\n"
    assert pod.run("trap '' TERM; while :; do :; done", 0.3).reason == "timeout"
    assert pod.shell.end()


def catches_term(pid: int) -> bool:
    caught = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("SigCgt:"))
    return bool(int(caught.split()[1], 16) & 1 << signal.SIGTERM - 1)


AGENT = """
import sys
from pathlib import Path
from aideator_agent.channel import ChannelShell
shell = ChannelShell(Path(sys.argv[1]), Path(sys.argv[2]))
shell.run(f"echo up; sleep {sys.argv[3]}", seconds=60, write=lambda data: print(data.decode(), flush=True), stop=lambda: False)
"""


def test_the_death_of_the_agent_ends_the_container(container: Container, folder: Path) -> None:
    mine = word()
    command = [sys.executable, "-c", textwrap.dedent(AGENT), str(container.channel), str(folder), mine]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as agent:
        container.start()
        assert agent.stdout
        assert agent.stdout.readline() == b"up\n"
        agent.kill()

    until(lambda: not running(mine), 20)


def test_after_the_end_a_container_that_starts_again_waits_and_leaves_when_asked(
    pod: Commands, container: Container
) -> None:
    mine = word()
    pod.run(f"setsid sleep {mine} & (while :; do cat '{container.channel}/req'; done >/dev/null 2>&1 &)")

    assert pod.shell.end()
    assert not running(mine)
    assert list(container.channel.iterdir()) == []
    until(lambda: container.starts == 2)
    first = container.first
    assert pod.run("true").reason == "lost"

    until(lambda: catches_term(first))
    os.kill(first, signal.SIGTERM)
    until(lambda: container.starts == 3)


def test_an_end_that_is_not_certain_is_told(pod: Commands, container: Container) -> None:
    pod.run("true")
    first = container.first
    os.kill(first, signal.SIGSTOP)
    try:
        began = time.monotonic()
        assert not pod.shell.end(0.5)
        assert time.monotonic() - began < 2
    finally:
        os.kill(first, signal.SIGCONT)


def test_two_agents_with_a_container_each_do_not_meet(pod: Commands, local: Commands) -> None:
    mine = word()
    thread = threading.Thread(target=pod.run, args=[f"sleep {mine}", 120])
    thread.start()
    until(lambda: running(mine))
    local.run("sleep 60", 0.1)
    local.shell.end()

    left = running(mine)
    for process in left:
        os.kill(process, signal.SIGKILL)
    thread.join()
    assert left


def test_a_silent_server_is_given_up(folder: Path, container: Container) -> None:
    shell = ChannelShell(container.channel, folder, Patience(server=5, start=0.3, term=0.2, kill=0.2))
    container.start()
    pod = Commands(shell, folder)
    pod.run("true")
    os.kill(container.first, signal.SIGSTOP)

    finished = pod.run("true", 10)

    assert finished.reason == "lost"
    assert finished.seconds < 9
