"""What holds a pod back is told within three seconds of the cluster knowing it, live and in `show`."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.end_to_end.conftest import Place
from tests.faults import node, waiting, work
from tests.faults.watching import Watching, is_observed
from tests.fixtures.cluster import Cluster, Kubectl
from tests.fixtures.quota import use_up


@dataclass(frozen=True)
class Case:
    kind: str  # of the observation
    words: str  # in its text
    stamp: Callable[[Place, str], str]  # when the cluster knew
    options: tuple[str, ...] = ()


def first_event(reason: str, about: str) -> Callable[[Place, str], str]:
    def find(place: Place, run: str) -> str:
        selector = f"reason={reason},involvedObject.kind={about}"
        events = kubectl_of(place).json("get", "events", "-n", place.namespace, "--field-selector", selector)["items"]
        return min(event["firstTimestamp"] for event in events if run in event["involvedObject"]["name"])

    return find


def unscheduled(place: Place, run: str) -> str:
    (found,) = [each for each in work.pod(place, run)["status"]["conditions"] if each["type"] == "PodScheduled"]
    return str(found["lastTransitionTime"])


NO_IMAGE = Case(
    "image", "registry.invalid/none:1", first_event("Failed", "Pod"), ("--image", "registry.invalid/none:1")
)
WRONG_NAME = Case("image", "UPPER CASE", first_event("InspectFailed", "Pod"), ("--image", "UPPER CASE"))
QUOTA = Case("quota", "has no room for the pod", first_event("FailedCreate", "Job"))
NO_NODE = Case("unschedulable", "unschedulable", unscheduled)


@pytest.mark.parametrize("case", [NO_IMAGE, pytest.param(WRONG_NAME, marks=pytest.mark.soak)], ids=lambda c: c.words)
def test_an_image_that_cannot_be_had(kubernetes_place: Place, case: Case) -> None:
    told_in_time(kubernetes_place, case)


def test_a_quota_that_is_used_up(kubernetes_place: Place) -> None:
    kubectl = kubectl_of(kubernetes_place)
    use_up(kubectl, kubernetes_place.namespace)
    told_in_time(kubernetes_place, QUOTA)


@pytest.mark.alone
@pytest.mark.soak
def test_no_node_that_takes_it(kubernetes_place: Place, cordoned: None) -> None:  # noqa: ARG001
    told_in_time(kubernetes_place, NO_NODE)


@pytest.fixture
def cordoned(cluster: Cluster) -> Iterator[None]:
    node.need(cluster)
    cluster.kubectl("cordon", "node")
    yield
    cluster.kubectl("uncordon", "node")


def told_in_time(place: Place, case: Case) -> None:
    model = work.model(place, work.many(1))
    watching = Watching(place.user, *work.words(place, model, *case.options, "--start-timeout", "60s"))
    told = watching.until(is_observed(case.kind))
    assert case.words in told["text"]
    waiting.told_in_time(told, case.stamp(place, told["run"]))
    watching.kill()
    shown: Any = place.user.call("show", told["run"], "--json").records[0]
    assert told["text"] in [each["text"] for each in shown["observations"]]


def kubectl_of(place: Place) -> Kubectl:
    assert place.kubectl
    return place.kubectl
