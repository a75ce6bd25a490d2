"""The store can't be written, or many use it at once: said clearly, and the agents don't notice."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.end_to_end.conftest import Place
from tests.end_to_end.user import Done, User, finish
from tests.faults import record, work
from tests.faults.soaking import amount
from tests.faults.watching import Watching, is_event

PROCESSES = amount(20, soak=100)
Mount = Callable[[Path, str], None]


@pytest.fixture
def mount() -> Iterator[Mount]:
    """`mount(folder, "size=2m")`: a small disk of its own; again with "remount,ro" to make it read-only."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a disk of its own")
    made: list[Path] = []

    def at(folder: Path, options: str) -> None:
        folder.mkdir(exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", str(folder)], check=True)
        made.append(folder)

    yield at
    for folder in dict.fromkeys(made):
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_disk_that_is_full_ends_the_watcher_and_not_the_agent(kubernetes_place: Place, mount: Mount) -> None:
    place = kubernetes_place
    home = place.user.folder / "home"
    mount(home, "size=2m")
    submit = work.words(place, work.model(place, [*work.many(), *work.until_released(place)]))
    watching = Watching(place.user, *submit)
    run = watching.until(is_event("output"))["run"]
    fill(home)
    assert_lost_store(watching, "disk is full", run)
    for words in (["watch", run], ["logs", run], submit):
        assert_told(place.user.call(*words), str(home), "disk")
    assert place.kubectl
    assert place.kubectl("get", "jobs", "-n", place.namespace, "-o", "name").split() == [f"job.batch/agent-{run}-1"]
    whole_elsewhere(place, run)


def test_a_store_that_becomes_read_only_ends_the_watcher_and_not_the_agent(
    kubernetes_place: Place, mount: Mount
) -> None:
    place = kubernetes_place
    home = place.user.folder / "home"
    mount(home, "size=20m")
    watching = Watching(place.user, *work.words(place, work.model(place, [*work.many(), *work.until_released(place)])))
    run = watching.until(is_event("output"))["run"]  # most of what the agent says is still to be stored
    watching.kill()
    mount(home, "remount,ro")
    for words in (["watch", run], ["wait", run], ["logs", run]):
        assert_told(place.user.call(*words), str(home), "read")
    listed, shown = place.user.call("list"), place.user.call("show", run)
    assert (listed.code, run.encode() in listed.out, listed.err) == (0, True, "")  # it writes nothing
    assert (shown.code, run.encode() in shown.out) == (0, True)
    assert "can't be written" in shown.err  # what is shown is as it was last seen
    whole_elsewhere(place, run)


def test_a_read_only_home_is_told_in_one_line(local_place: Place, mount: Mount, tmp_path: Path) -> None:
    home = tmp_path / "read-only"
    mount(home, "size=1m")
    mount(home, "remount,ro")
    environment = {name: value for name, value in local_place.user.environment.items() if name != "AIDEATOR_HOME"}
    user = User({**environment, "HOME": str(home), "XDG_DATA_HOME": "", "XDG_CONFIG_HOME": ""}, (), tmp_path)
    for words in (["list"], ["demo"], ["stats"], ["config", "set", "max_cost", "1"], ["roles", "new", "mine"]):
        assert_told(user.call(*words), str(home), "Read-only file system", " hint: ")
    for words in (["version"], ["config", "show"], ["roles", "list"], ["--help"]):
        assert user.call(*words).code == 0, "it stores nothing"


def test_a_disk_that_takes_no_output_is_told_in_one_line(local_place: Place) -> None:
    run = work.start(local_place, work.model(local_place, [work.bash("echo made > made")]))
    assert local_place.user.call("wait", run).code == 0
    for words in (["logs", run], ["list", "--json"], ["diff", f"{run}/1"]):
        with Path("/dev/full").open("w") as full:
            done = subprocess.run(
                [sys.executable, "-m", "aideator_cli", *words], env=dict(local_place.user.environment), check=False,
                stdout=full, stderr=subprocess.PIPE, text=True, cwd=local_place.user.folder,
            )  # fmt: skip
        assert (done.returncode, done.stderr.splitlines()[0]) == (
            1, "error: the output or a file can't be written: No space left on device",
        )  # fmt: skip


def test_many_processes_that_write_to_one_store_lose_nothing_and_double_nothing(local_place: Place) -> None:
    user = local_place.user
    run = work.start(local_place, work.model(local_place, [work.bash("echo made > made")]))
    assert user.call("wait", run).code == 0
    kinds = (
        lambda n: ["tag", run, f"t{n}"],
        lambda n: ["rename", run, f"name-{n}"],
        lambda n: ["select", run, "1", "--note", f"n{n}"],
    )
    started = [user.start(*kinds[number % 3](number)) for number in range(PROCESSES)]
    for process in started:
        done = finish(process)
        assert done.code == 0, done.err
    (shown,) = user.call("show", run, "--json").records
    assert shown["tags"] == sorted(f"t{number}" for number in range(0, PROCESSES, 3))
    assert shown["name"] in {f"name-{number}" for number in range(1, PROCESSES, 3)}
    assert shown["selected"] == 1


def fill(home: Path) -> None:
    done = subprocess.run(["dd", "if=/dev/zero", f"of={home / 'filling'}", "bs=4k"], capture_output=True, check=False)
    assert b"No space left" in done.stderr


def assert_lost_store(watching: Watching, why: str, run: str) -> None:
    code = watching.end()
    err = watching.err.decode()
    assert code == 1, err
    assert why in err
    assert f"watch {run}" in err
    assert "Traceback" not in err


def assert_told(done: Done, *words: str) -> None:
    assert done.code not in (0, 130), done.out
    assert "error: " in done.err
    assert "Traceback" not in done.err
    assert all(word in done.err for word in words), done.err


def whole_elsewhere(place: Place, run: str) -> None:
    """The agent went on, and another machine sees all of it."""
    work.release(place, run)
    user = work.elsewhere(place)
    watching = Watching(user, "watch", run, *work.there(place))
    assert watching.end() == 0, watching.err
    print(record.shown(watching.records, record.stored(place, run, user=user)), "events")


def test_many_commands_on_one_store_while_a_run_is_recorded(local_place: Place) -> None:
    place = local_place
    recording = Watching(
        place.user, *work.words(place, work.model(place, [*work.many(60), *work.until_released(place)]))
    )
    run = recording.until(is_event("output"))["run"]
    watchers = [Watching(place.user, "watch", run) for _ in range(3)]
    for done in together(place.user, run):
        assert done.code == 0, done.err
        assert not done.err, done.err
    work.release(place, run)
    for each in (recording, *watchers):
        assert each.end() == 0, each.err
        record.shown(each.records, record.stored(place, run))


def together(user: User, run: str) -> list[Done]:
    kinds = (["list", "--json"], ["show", run, "--json"], ["logs", run, "--json"], ["list"], ["logs", run])
    started = [user.start(*kinds[number % len(kinds)]) for number in range(PROCESSES - 4)]
    return [finish(process) for process in started]
