"""The checks as in a pod: in a container of their own, which only the agent's channel reaches."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from aideator_agent.checks.copying import copy
from aideator_agent.files import FOLDER
from aideator_agent.spec import Check
from tests.agent.checks.checking import MEND, UNITTEST, edit, ran, write
from tests.agent.running import Agent, bash, spec_of, submit
from tests.agent.shell.containers import Container, can_isolate
from tests.fixtures.repositories import LocalRepository

KEY = "ghp_0123456789abcdef"
HUNT = "cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -c GIT_TOKEN"
isolated = pytest.mark.skipif(not can_isolate(), reason="a container of one's own needs root and unshare")


class Pod:
    """Both sidecars, and the agent's environment for them."""

    def __init__(self, folder: Path) -> None:
        self.check = folder / "check"
        for name in ("workspace", "home", "tmp", "channel", "shm"):
            (self.check / name).mkdir(parents=True)
        (folder / "channel").mkdir()
        self.shell_container = Container(folder / "channel", ["sh"])
        self.check_container = Container(self.check / "channel", ["sh"])
        self.environment = {
            "AIDEATOR_CHANNEL": str(folder / "channel"),
            "AIDEATOR_CHECK": str(self.check),
            "AIDEATOR_CHECK_SEEN": str(self.check / "workspace"),
            "GIT_TOKEN": KEY,
        }


@pytest.fixture
def pod(agent: Agent) -> Iterator[Pod]:
    pod = Pod(agent.folder)
    for container in (pod.shell_container, pod.check_container):
        container.start()
    yield pod
    for container in (pod.shell_container, pod.check_container):
        container.close()


@isolated
def test_checks_run_there_on_base_patch_and_restored_tree(agent: Agent, repository: LocalRepository, pod: Pod) -> None:
    checks = (Check("unit", UNITTEST), Check("place", f"pwd; {HUNT}; git status --porcelain"))
    turns = [bash("echo model > ~/model; touch ../planted"), MEND, write("test_more.py", "import calc\n"), submit()]
    record = agent.run(spec_of(str(repository.path), turns, checks=checks), **pod.environment)
    assert record.outcome == ("succeeded", None, "")
    assert ran(record, "base") == [("unit", 1), ("place", 0)]
    assert ran(record, "patch") == ran(record, "restored") == [("unit", 0), ("place", 0)]
    tails = [e["tail"] for e in record.of("check") if e["name"] == "place"]
    repo = pod.check / "workspace" / "repo"
    assert tails == [f"{repo}\n0\n", f"{repo}\n0\nM  calc.py\nA  test_more.py\n", f"{repo}\n0\nM  calc.py\n"]
    assert not (agent.private / "checks" / "patch").exists()


@isolated
def test_nothing_of_a_tree_of_the_models_outlasts_it(agent: Agent, repository: LocalRepository, pod: Pod) -> None:
    """Not a process, nor a file outside of the tree: the container is ended, and what it wrote is removed."""
    work, shared = pod.check / "workspace", pod.check / "shm"
    plant = f"(setsid sh -c 'while :; do touch {work}/planted {work}/repo/planted; done' >/dev/null 2>&1 &)"
    cheat = write(
        "test_cheat.py",
        f"import os\nos.system({plant!r})\nos.system('mkdir -p {work}/a/b; chmod 0 {work}/a; touch {shared}/planted')\n",
    )
    checks = (
        Check("unit", UNITTEST),
        Check("clean", f"ls {work} {work}/repo {shared} | grep planted && exit 1; exit 0"),
    )
    record = agent.run(
        spec_of(str(repository.path), [MEND, cheat, submit()], checks=checks, baseline=False), **pod.environment
    )
    assert ran(record, "patch") == [("unit", 0), ("clean", 1)]
    assert ran(record, "restored") == [("unit", 0), ("clean", 0)]
    assert pod.check_container.starts >= 2


@isolated
def test_a_check_that_ends_its_container_is_lost_and_the_next_one_runs(
    agent: Agent, repository: LocalRepository, pod: Pod
) -> None:
    checks = (Check("kills", "kill -9 -1; sleep 60"), Check("next", "true"))
    record = agent.run(
        spec_of(str(repository.path), [MEND, submit()], checks=checks, baseline=False), **pod.environment
    )
    assert ran(record, "patch") == [("kills", None), ("next", 0)]
    assert record.of("check")[0]["reason"] == "lost"


@isolated
def test_told_to_stop_in_a_check(agent: Agent, repository: LocalRepository, pod: Pod) -> None:
    marker = agent.folder / "runs"
    spec = spec_of(
        str(repository.path), [MEND, submit()], checks=(Check("long", f"touch {marker}; sleep 600"),), baseline=False
    )
    with agent.start(spec, **pod.environment) as running:
        running.until(lambda e: e["type"] == "phase" and e["name"] == "verify")
        while not marker.exists():
            assert running.process.poll() is None
        running.terminate()
        record = running.finish()
    assert record.outcome[0] == "cancelled"
    assert b"a + b" in record.patch


def test_a_pod_without_such_a_container_says_so(agent: Agent, repository: LocalRepository) -> None:
    (agent.folder / "channel").mkdir()
    spec = spec_of(
        str(repository.path), [edit("calc.py", "2", "3"), submit()], checks=(Check("c", "true"),), allow_shell=False
    )
    record = agent.run(spec, AIDEATOR_CHANNEL=str(agent.folder / "channel"))
    assert record.outcome == ("failed", "verifier", "the pod has no container for checks")


SWAPPER = """
import os, sys
source, repo, outside, moved = sys.argv[1:]
names = os.listdir(source)
for name, following in zip(names, [*names[1:], ""]):
    while True:
        try:
            os.rename(f"{repo}/{name}", f"{moved}/{name}")
            os.symlink(outside, f"{repo}/{name}")
            break
        except OSError:
            if os.path.lexists(f"{repo}/{following}"):
                break
"""


def test_a_tree_is_copied_past_whoever_moves_its_folders_meanwhile(tmp_path: Path) -> None:
    """Each folder is replaced by a link to the outside as soon as it is made: no file ever lands there."""
    source, target, outside, moved = (tmp_path / name for name in ("source", "target", "outside", "moved"))
    for folder in (target, outside, moved):
        folder.mkdir()
    for n in range(3000):
        (source / f"d{n}").mkdir(parents=True)
        (source / f"d{n}" / "config").write_text("x")
    for n in range(5):
        repo = target / str(n)
        repo.mkdir()
        with subprocess.Popen(
            [sys.executable, "-c", SWAPPER, str(source), str(repo), str(outside), str(moved)]
        ) as swapper:
            fd = os.open(repo, FOLDER)
            try:
                copy(source, fd, lambda: None)
            except OSError:
                continue
            finally:
                os.close(fd)
                swapper.kill()
        shutil.rmtree(moved)
        moved.mkdir()
    assert list(outside.iterdir()) == []
