"""Parts of the cluster die and come back while a run is followed."""

import pytest

from tests.end_to_end.conftest import Place
from tests.faults import record, work
from tests.faults.soaking import amount
from tests.faults.watching import Watching, is_event, is_observed
from tests.fixtures.cluster import Cluster

TIMES = amount(1, soak=5)

pytestmark = pytest.mark.alone


def test_an_api_server_that_dies_and_comes_back_is_told_and_costs_no_event(
    kubernetes_place: Place, cluster: Cluster
) -> None:
    place = kubernetes_place
    watching = followed(place)
    run = watching.until(is_event("output"))["run"]
    for _ in range(TIMES):
        seen = len(watching.records)
        cluster.kill("apiserver")
        try:
            lost = watching.until(is_observed("connection_lost"), after=seen)
        finally:
            cluster.restart("apiserver")
        assert cluster.context in lost["text"]
        watching.until(is_observed("connection_back"), after=seen)
    ends_whole(place, run, watching)


def test_a_kubelet_that_is_restarted_costs_no_event(kubernetes_place: Place, cluster: Cluster) -> None:
    place = kubernetes_place
    watching = followed(place)
    run = watching.until(is_event("output"))["run"]
    for _ in range(TIMES):
        cluster.restart("kubelet")
        watching.until(is_event("output"), after=len(watching.records))
    ends_whole(place, run, watching)


def followed(place: Place) -> Watching:
    return Watching(place.user, *work.words(place, work.model(place, [*work.many(), *work.until_released(place)])))


def ends_whole(place: Place, run: str, watching: Watching) -> None:
    work.release(place, run)
    assert watching.end() == 0, watching.err
    print(record.shown(watching.records, record.stored(place, run)), "events")
