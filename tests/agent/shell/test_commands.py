"""What a command may expect, wherever it runs: as a child process, or in a container under dash, bash or busybox."""

import itertools
import os
import time

import pytest

from aideator_agent import local_shell
from tests.agent.shell.containers import Commands, running, until, word


@pytest.mark.parametrize(
    ("command", "code"),
    [("true", 0), ("false", 1), ("exit 42", 42), ("no-such-command", 127), ("kill -9 $$", 137), ("kill $$", 143)],
)
def test_a_command_ends_with_the_code_that_a_shell_gives_it(commands: Commands, command: str, code: int) -> None:
    finished = commands.run(command)

    assert (finished.exit_code, finished.reason) == (code, "exited")


def test_commands_run_in_the_repository_one_after_the_other(commands: Commands) -> None:
    commands.run("echo one > file; cd /; export A=1")
    commands.run("pwd; cat file; echo $A-")

    assert commands.said.decode() == f"{commands.folder}\none\n-\n"


def test_a_repository_that_is_gone_is_told_and_is_126(commands: Commands) -> None:
    commands.folder.rmdir()

    assert commands.run("true").exit_code == 126
    assert str(commands.folder) in commands.said.decode()


def test_bash_is_there_where_the_image_has_it(commands: Commands) -> None:
    commands.run("[[ a == a ]] && echo ${BASH_VERSION:+bash}")

    assert commands.said == b"bash\n"


def test_a_long_script_with_quotes_and_here_documents_arrives_as_it_is(commands: Commands) -> None:
    text = "".join(f'line {n} \'"$HOME" `x` \\ ü\n' for n in range(10_000))

    assert commands.run(f"cat <<'THE END' >file\n{text}THE END\n").exit_code == 0
    assert (commands.folder / "file").read_text() == text


def test_standard_input_is_empty(commands: Commands) -> None:
    assert commands.run("cat; echo done").exit_code == 0
    assert commands.said == b"done\n"


def test_output_and_errors_come_in_their_order_with_every_byte(commands: Commands) -> None:
    commands.run(r"printf '\000\033[2J\377'; echo oh >&2; echo by name > /dev/stdout")

    assert commands.said == b"\0\x1b[2J\xffoh\nby name\n"


def test_output_comes_while_the_command_runs(commands: Commands) -> None:
    """The command waits for what only somebody who has seen its first line can do."""

    def write(data: bytes) -> None:
        commands.said.extend(data)
        (commands.folder / "seen").touch()

    finished = commands.run("echo first; until [ -e seen ]; do sleep 0.01; done; echo second", 10, write=write)

    assert finished.exit_code == 0
    assert commands.said == b"first\nsecond\n"


def test_a_flood_arrives_whole(commands: Commands) -> None:
    sizes: list[int] = []

    assert commands.run("head -c 100000000 /dev/zero", 60, write=lambda data: sizes.append(len(data))).exit_code == 0
    assert sum(sizes) == 100_000_000


def test_an_endless_flood_is_ended_at_the_limit(commands: Commands) -> None:
    finished = commands.run("yes", 0.3, write=lambda _: None)

    assert finished.reason == "timeout"
    assert finished.exit_code is None
    assert 0.3 <= finished.seconds < 3


@pytest.mark.parametrize(
    "tree",
    [
        "sleep {w} & sleep {w}",
        "trap '' TERM; sleep {w} & while :; do sleep {w}; done",
        "setsid sleep {w} & (setsid setsid sleep {w} >/dev/null 2>&1 &) ; sleep {w}",
        "(trap '' TERM; setsid sleep {w} >/dev/null 2>&1 &); sleep {w}",
        "exec >/dev/null 2>&1; sleep {w}",
        "sleep {w} & kill -STOP $$",
    ],
    ids=["plain", "deaf to TERM", "daemons", "silent and deaf", "closed output", "stopped itself"],
)
def test_nothing_of_a_command_lives_on_after_its_limit(commands: Commands, tree: str) -> None:
    mine = word()

    finished = commands.run(tree.format(w=mine), 0.4)

    assert finished.reason == "timeout"
    assert finished.seconds < 6
    until(lambda: not running(mine), 20)
    assert commands.run("echo next").exit_code == 0


def test_a_command_is_stopped_when_asked(commands: Commands) -> None:
    mine = word()
    began = time.monotonic()

    finished = commands.run(f"sleep {mine}", stop=lambda: bool(running(mine)))

    assert finished.reason == "stopped"
    assert time.monotonic() - began < 3
    until(lambda: not running(mine), 20)


def test_it_is_asked_ten_times_a_second_whether_to_stop(commands: Commands) -> None:
    asked: list[float] = []

    commands.run("sleep 0.5; head -c 10000000 /dev/zero", stop=lambda: asked.append(time.monotonic()) is not None)

    assert max(b - a for a, b in itertools.pairwise(asked)) < 0.1 + 0.4  # the machine may be busy
    assert len(asked) >= 5


def test_a_background_process_lives_on_and_nobody_waits_for_it(commands: Commands) -> None:
    mine = word()

    finished = commands.run(f"sleep {mine} & echo started")

    assert finished.exit_code == 0
    assert finished.seconds < 3
    assert commands.said == b"started\n"
    commands.run("sleep 0.2")
    assert running(mine)


def test_a_background_process_may_write_for_ever(commands: Commands) -> None:
    commands.run("(while echo more; do :; done; touch died) & echo started", write=lambda _: None)

    assert commands.run("sleep 0.3; echo next").exit_code == 0
    assert commands.said == b"next\n"
    assert not (commands.folder / "died").exists()


def test_end_ends_what_was_left_in_the_background(commands: Commands) -> None:
    mine = word()
    commands.run(f"sleep {mine} & (trap '' TERM HUP; setsid sleep {mine} >/dev/null 2>&1 &)")
    until(lambda: len(running(mine)) == 2)

    assert commands.shell.end()
    assert not running(mine)


def test_end_is_sure_when_nothing_ever_ran(commands: Commands) -> None:
    assert commands.shell.end()


def test_a_test_suite_may_interrupt_its_children(commands: Commands, request: pytest.FixtureRequest) -> None:
    if "busybox" in request.node.name:
        pytest.skip("busybox has no tool that sets SIGINT back")

    assert commands.run("kill -INT $$; echo deaf").exit_code == 130


def test_a_hundred_commands_leave_nothing_behind(commands: Commands) -> None:
    commands.run("true")
    before = os.listdir("/proc/self/fd")  # noqa: PTH208

    for number in range(100):
        assert commands.run(f"echo {number}").exit_code == 0
        assert commands.said == f"{number}\n".encode()

    assert len(os.listdir("/proc/self/fd")) <= len(before)  # noqa: PTH208


def test_a_command_that_waits_for_input_is_ended_with_all_that_it_started(commands: Commands) -> None:
    waits = "read line <fifo"  # as an editor, a prompt or a REPL waits for a key
    finished = commands.run(f"mkfifo fifo; echo asking; {waits} & {waits}; echo answered", idle=1)

    assert (finished.exit_code, finished.reason) == (None, "waiting")
    assert finished.seconds < 10
    assert commands.said == b"asking\n"
    assert commands.run("true").exit_code == 0


@pytest.mark.parametrize(
    "command",
    [
        "sleep 1.5",
        "for i in 1 2 3 4; do sleep 0.5; echo $i; done",
        "python3 -c 'import time\nwhile time.process_time() < 1.5: pass'",
        "python3 -c 'import os, time\nif os.fork(): os.wait()\nelse:\n while time.process_time() < 1.5: pass'",
    ],
)
def test_a_command_that_sleeps_writes_or_works_is_not_idle(commands: Commands, command: str) -> None:
    assert commands.run(command, seconds=120, idle=1).exit_code == 0


# The other program carries no mark of the command, is not in its session, and takes all but three thousandths of the processor. The command
# shares it already while it is loaded. Nothing but the other program would end it after a failure, so it looks for the command.
STARVED = """
taskset -c 0 setsid env -i /bin/sh -c 'while kill -0 $0; do :; done' $$ &
taskset -c 0 chrt --idle 0 /bin/sh -c 'i=0; while [ $i -lt 30000 ]; do i=$((i + 1)); done'
kill $!
"""


def test_a_command_that_works_while_others_take_the_machine_is_not_idle(commands: Commands) -> None:
    assert commands.run(STARVED, seconds=300, idle=2).exit_code == 0


def test_a_command_that_is_still_being_loaded_is_not_idle(local: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    """It carries no mark yet. On a machine that has no time for it this may last."""
    monkeypatch.setattr(local_shell, "_environment", lambda _: b"")
    works = "python3 -c 'import time\nwhile time.process_time() < 1.5: pass'"
    assert local.run(works, seconds=120, idle=1).exit_code == 0
    assert local.run("mkfifo fifo; read line <fifo", seconds=120, idle=1).reason == "waiting"
