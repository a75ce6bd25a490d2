"""A clock that is five minutes off, on the machine that submits or on the one that watches."""

import subprocess
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.end_to_end.conftest import Place
from tests.end_to_end.user import User
from tests.faults import record, work
from tests.faults.waiting import until
from tests.faults.watching import Watching, is_event, is_observed
from tests.fixtures.cluster import is_required

AtClock = Callable[[User], User]


@pytest.fixture(params=["+5m", "-5m"])
def wrong(request: pytest.FixtureRequest) -> AtClock:
    """`wrong(user)`: the same user with a clock that is off."""
    try:
        faked = subprocess.run(["faketime", "-f", request.param, "env"], capture_output=True, text=True, check=True)
    except FileNotFoundError:
        if is_required():
            raise
        pytest.skip("needs faketime; Debian has it as a package")
    (library,) = [line.partition("=")[2] for line in faked.stdout.splitlines() if line.startswith("LD_PRELOAD=")]
    clock = {"LD_PRELOAD": library, "FAKETIME": request.param, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    return lambda user: replace(user, environment={**user.environment, **clock})


def test_runs_are_whole_whoevers_clock_is_wrong(kubernetes_place: Place, wrong: AtClock) -> None:
    place = kubernetes_place
    model = work.model(place, [*work.many(), *work.until_released(place)])
    submitter = Watching(wrong(place.user), *work.words(place, model))
    run = submitter.until(is_event("output"))["run"]
    submitter.kill()
    watching = [
        Watching(wrong(place.user), "watch", run),
        Watching(place.user, "watch", run),
        Watching(wrong(work.elsewhere(place)), "watch", run, *work.there(place)),
    ]
    for each in watching:
        each.until(is_event("output"))
    work.release(place, run)
    for each in watching:
        assert each.end() == 0, each.err
        record.shown(each.records, record.stored(place, run))


def test_a_run_that_waits_is_not_given_up_by_another_machines_wrong_clock(
    kubernetes_place: Place, wrong: AtClock
) -> None:
    place = kubernetes_place
    assert place.kubectl
    words = work.words(place, work.model(place, work.many(1)), "--image", "registry.invalid/none:1")
    done = place.user.call(*words, "--start-timeout", "60s", "--detach")
    run = done.out.decode().strip()
    watching = Watching(wrong(work.elsewhere(place)), "watch", run, *work.there(place))
    watching.until(is_observed("image"))
    with pytest.raises(subprocess.TimeoutExpired):
        watching.process.wait(3)
    watching.kill()
    assert place.kubectl("get", "jobs", "-n", place.namespace, "-o", "name").split()
    assert place.user.call("cancel", run, "--no-wait").code == 0
    until(lambda: not place.kubectl("get", "jobs", "-n", place.namespace, "-o", "name"), "the Job is gone")
