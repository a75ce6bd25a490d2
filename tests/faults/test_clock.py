"""A clock that is five minutes off, on the machine that submits or on the one that watches, and one that jumps."""

import re
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.end_to_end.conftest import Place
from tests.end_to_end.user import User
from tests.faults import record, work
from tests.faults.watching import Watching, is_event, is_observed
from tests.fixtures.cluster import is_required

AtClock = Callable[[User, int], User]
AHEAD, BEHIND = 300, -300  # seconds


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shifts the time of day. (Debian's faketime makes Python's time.sleep fail, or waiting with a timeout hang.)"""
    compiler = shutil.which("gcc")
    if not compiler and not is_required():
        pytest.skip("needs gcc")
    built = tmp_path_factory.mktemp("clock") / "clock.so"
    source = Path(__file__).with_name("clock.c")
    subprocess.run([compiler or "gcc", "-shared", "-fPIC", "-o", str(built), str(source), "-ldl"], check=True)
    return built


@pytest.fixture
def off(library: Path) -> AtClock:
    """`off(user, 300)`: the same user with a clock that is five minutes ahead."""

    def shift(user: User, seconds: int) -> User:
        clock = {"LD_PRELOAD": str(library), "CLOCK_OFF": str(seconds)}
        told = subprocess.run(["date", "+%s"], env=clock, capture_output=True, check=True)
        assert abs(int(told.stdout) - time.time() - seconds) < 5
        return replace(user, environment={**user.environment, **clock})

    return shift


def test_a_run_is_whole_whoevers_clock_is_wrong(kubernetes_place: Place, off: AtClock) -> None:
    place = kubernetes_place
    model = work.model(place, [*work.many(), *work.until_released(place)])
    submitter = Watching(off(place.user, AHEAD), *work.words(place, model))
    run = submitter.until(is_event("output"))["run"]
    submitter.kill()
    watching = [
        Watching(place.user, "watch", run),
        Watching(off(place.user, BEHIND), "watch", run),
        Watching(off(work.elsewhere(place), AHEAD), "watch", run, *work.there(place)),
    ]
    for each in watching:
        each.until(is_event("output"))
    work.release(place, run)
    for each in watching:
        assert each.end() == 0, each.err
        record.shown(each.records, record.stored(place, run))


def test_a_run_that_waits_is_not_given_up_by_another_machines_wrong_clock(
    kubernetes_place: Place, off: AtClock
) -> None:
    place = kubernetes_place
    assert place.kubectl
    words = work.words(place, work.model(place, work.many(1)), "--image", "registry.invalid/none:1")
    done = place.user.call(*words, "--start-timeout", "60s", "--detach")
    run = done.out.decode().strip()
    watching = [
        Watching(off(work.elsewhere(place, name), seconds), "watch", run, *work.there(place))
        for name, seconds in (("ahead", AHEAD), ("behind", BEHIND))
    ]
    for each in watching:
        each.until(is_observed("image"))
    with pytest.raises(subprocess.TimeoutExpired):
        watching[0].process.wait(3)
    for each in watching:
        each.kill()
    assert place.kubectl("get", "jobs", "-n", place.namespace, "-o", "name").split()


def test_a_clock_that_jumps_while_agents_work_loses_nothing_and_ends_no_wait(
    local_place: Place, library: Path, tmp_path: Path
) -> None:
    place, file = local_place, tmp_path / "off"
    file.write_text("0")
    clock = {"LD_PRELOAD": str(library), "CLOCK_FILE": str(file)}
    user = replace(place.user, environment={**place.user.environment, **clock})
    model = work.model(place, [*work.many(), *work.until_released(place)])
    submitter = Watching(user, *work.words(place, model))
    run = submitter.until(is_event("output"))["run"]
    watching, waiting = Watching(user, "watch", run), Watching(user, "wait", run, "--timeout", "10m")
    for seconds in (3600, -7200, 0):
        file.write_text(str(seconds))
        for each in (submitter, watching):
            each.until(is_event("output"), after=len(each.records))
    assert waiting.process.poll() is None, "an hour has not passed"
    work.release(place, run)
    for each in (submitter, watching):
        assert each.end() == 0, each.err
        record.shown(each.records, record.stored(place, run))
    assert waiting.end() == 0, waiting.err
    for words in (["list"], ["show", run], ["compare", run], ["du"], ["stats"]):
        done = user.call(*words)
        assert done.code == 0, words
        assert not re.search("error|warning", done.err), words
