"""A program that runs beside the commands and is talked to, wherever it runs: as a child process, or in a container."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from aideator_agent.channel import ChannelShell
from aideator_agent.conversation import Conversation
from aideator_agent.shell import NotStarted
from tests.agent.shell.containers import Commands, Container, running, until, word

ECHO = 'while read -r line; do echo "<$line>"; done; echo over; exit 7'


def begun(commands: Commands, command: str) -> Conversation:
    return commands.shell.start(command, lambda: False)


def heard(program: Conversation, wanted: Callable[[bytes], bool], seconds: float = 20) -> bytes:
    """What the program writes until that is wanted."""
    said = b""
    deadline = time.monotonic() + seconds
    while not wanted(said):
        assert time.monotonic() < deadline, said
        over = program.ended
        piece = program.hear(0.5)
        assert piece or not over, said
        said += piece
    return said


def test_a_program_answers_what_it_is_told_and_ends_with_its_input(commands: Commands) -> None:
    program = begun(commands, ECHO)
    program.send(b"one\n")
    assert heard(program, lambda said: b"\n" in said) == b"<one>\n"
    program.send(b"two\nthree\n")
    assert heard(program, lambda said: said.count(b"\n") == 2) == b"<two>\n<three>\n"

    program.end(10)

    assert program.ended


def test_it_starts_in_the_repository_and_its_code_is_told(commands: Commands) -> None:
    program = begun(commands, "pwd; exit 42")

    assert heard(program, lambda said: said.endswith(b"\n")).decode() == f"{commands.folder}\n"
    until(lambda: program.hear(0.1) or program.ended)
    assert program.exit_code == 42
    program.end()


def test_commands_run_beside_it(commands: Commands) -> None:
    program = begun(commands, ECHO)

    assert commands.run("echo a command").exit_code == 0
    assert commands.run("sleep 1000", 0.3).reason == "timeout"

    program.send(b"still here\n")
    assert heard(program, lambda said: b"\n" in said) == b"<still here>\n"
    program.end()


def test_what_it_writes_to_standard_error_neither_mixes_in_nor_stops_it(commands: Commands) -> None:
    program = begun(commands, "head -c 100000000 /dev/zero >&2; echo the last words >&2; echo done; read -r _")

    assert heard(program, lambda said: b"\n" in said, 60) == b"done\n"
    until(lambda: program.hear(0.05) or program.complaints.endswith("the last words\n"))
    assert len(program.complaints) <= 4096
    program.end()


def test_a_program_that_reads_nothing_holds_nobody_up(commands: Commands) -> None:
    program = begun(commands, "echo up; exec sleep 1000")
    heard(program, lambda said: b"up" in said)
    program.send(bytes(10_000_000))
    began = time.monotonic()

    assert program.hear(0.2) == b""
    assert program.waiting > 9_000_000
    program.end()
    assert time.monotonic() - began < 10


def test_a_program_that_does_not_end_is_ended_with_all_that_it_started(commands: Commands) -> None:
    mine = word()
    program = begun(commands, f"trap '' TERM; (setsid sleep {mine} &); echo up; while :; do sleep 1; done")
    heard(program, lambda said: b"up" in said)
    until(lambda: running(mine))

    program.end()

    until(lambda: not running(mine))
    assert commands.run("echo next").exit_code == 0
    assert commands.said == b"next\n"


def test_a_program_that_is_killed_is_told_with_its_code(commands: Commands) -> None:
    program = begun(commands, "echo $$; exec sleep 1000")
    pid = heard(program, lambda said: b"\n" in said).decode().strip()

    commands.run(f"kill -9 {pid}")

    until(lambda: program.hear(0.05) or program.ended)
    assert program.exit_code == 137
    program.end()


def test_a_container_that_dies_ends_the_program_without_a_code(pod: Commands, container: Container) -> None:
    program = begun(pod, "echo up; exec sleep 1000")
    heard(program, lambda said: b"up" in said)

    os.kill(container.first, signal.SIGKILL)

    until(lambda: program.hear(0.05) or program.ended)
    assert program.exit_code is None
    program.end()
    assert pod.run("echo back").exit_code == 0


def test_a_program_cannot_start_where_the_repository_is_gone(local: Commands) -> None:
    local.folder.rmdir()

    with pytest.raises(NotStarted, match="No such file"):
        begun(local, "true")


def test_a_container_that_never_comes_is_waited_for_only_until_the_agent_must_stop(
    container: Container, tmp_path: Path
) -> None:

    shell = ChannelShell(container.channel, tmp_path)
    with pytest.raises(NotStarted, match="does not answer"):
        shell.start("true", lambda: True)


def test_other_processes_can_take_its_input_and_flood_its_output_but_hold_nobody_up(
    pod: Commands, container: Container
) -> None:
    program = begun(pod, ECHO)
    place = f"'{container.channel}'/1"
    pod.run(f"(cat {place}/in; cat {place}/in) >/dev/null & yes >{place}/err & yes >{place}/out & yes >{place}/in &")
    began = time.monotonic()

    for _ in range(20):
        program.send(bytes(100_000) + b"\n")
        program.hear(0.05)
    program.end()

    assert time.monotonic() - began < 15
    assert pod.run("echo next").exit_code == 0
    assert pod.said == b"next\n"
