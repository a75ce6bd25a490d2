"""An API server that refuses, fails and cuts its answers off: it costs time, and no event."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import cycle, pairwise
from pathlib import Path

import pytest

from tests.end_to_end.conftest import Place
from tests.faults import node, record, work
from tests.faults.proxy import RETRY_AFTER, Choose, Fault, Proxy
from tests.faults.soaking import amount
from tests.faults.watching import Watching, is_event
from tests.fixtures.cluster import Cluster

Busy = Callable[[Choose], tuple[Place, Proxy]]
FAULTS: tuple[Fault, ...] = ("429", "500", "cut")


@pytest.fixture
def busy(kubernetes_place: Place, cluster: Cluster) -> Iterator[Busy]:
    """`busy(choose)`: the same place behind a proxy; `choose` says which request meets which fault."""
    node.need(cluster)
    made: list[Proxy] = []

    def behind(choose: Choose) -> tuple[Place, Proxy]:
        proxy = Proxy(Path(cluster.kubeconfig), choose)
        made.append(proxy)
        kubeconfig = proxy.kubeconfig(kubernetes_place.user.folder / "proxy.kubeconfig")
        environment = {**kubernetes_place.user.environment, "KUBECONFIG": str(kubeconfig)}
        return replace(kubernetes_place, user=replace(kubernetes_place.user, environment=environment)), proxy

    yield behind
    for proxy in made:
        proxy.__exit__()


def test_a_run_behind_an_api_server_that_fails_again_and_again_is_stored_whole(busy: Busy) -> None:
    place, proxy = busy(now_and_then())
    watching = Watching(place.user, *work.words(place, work.model(place, [*work.many(), *work.until_released(place)])))
    run = watching.until(is_event("output"))["run"]
    for _ in range(amount(2, soak=20)):
        other = Watching(place.user, "watch", run)
        other.until(is_event("output"))
        other.kill()
    work.release(place, run)
    assert watching.end() == 0, watching.err
    events = record.shown(watching.records, record.stored(place, run))
    print(dict(proxy.counts), events, "events")
    assert set(proxy.counts) == {*FAULTS, "none"}


def now_and_then() -> Choose:
    """Every third request fails, in each way by turns; of the logs' streams more than half are cut."""
    turns: Iterator[Fault] = cycle(("none", "none", "429", "none", "none", "500", "none", "none", "cut"))

    def choose(_method: str, path: str) -> Fault:
        return "cut" if "/log?" in path and random.random() < 0.6 else next(turns)

    return choose


@pytest.mark.parametrize("path", ["/log?", "/pods?", "/jobs"])
def test_a_server_that_asks_for_patience_gets_it(busy: Busy, path: str) -> None:
    """A request that was refused with Retry-After comes again, and not before its time."""
    left = {"refusals": 2}

    def choose(_method: str, asked: str) -> Fault:
        if path in asked and left["refusals"]:
            left["refusals"] -= 1
            return "429"
        return "none"

    place, proxy = busy(choose)
    done = Watching(place.user, *work.words(place, work.model(place, [work.bash("echo made > made")])))
    assert done.end() == 0, done.err
    times = [played.time for played in proxy.played if path in played.path]
    assert all(later - earlier >= RETRY_AFTER for earlier, later in pairwise(times[:3]))
