"""A queue that can't take the run is refused before anything is created."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from aideator_agent.pod_settings import PodSettings
from aideator_cli.backends.kubernetes import queues
from aideator_cli.errors import AideatorError, ExitCode
from tests.backends.kubernetes.api_server import Handler, answering
from tests.backends.kubernetes.specs import run_spec

GROUP = (200, {"preferredVersion": {"groupVersion": "kueue.x-k8s.io/v1beta2", "version": "v1beta2"}})
QUEUES = "/apis/kueue.x-k8s.io/v1beta2/namespaces/team/localqueues"
CLASSES = "/apis/kueue.x-k8s.io/v1beta2/workloadpriorityclasses"
ABSENT = (404, {"reason": "NotFound", "message": "not found"})
FORBIDDEN = (403, {"reason": "Forbidden", "message": "forbidden"})
Answers = dict[str, tuple[int, Any]]


def ask(answers: Answers, priority: str | None = None) -> None:
    known: Answers = {"/apis/kueue.x-k8s.io": GROUP, **answers}

    def answer(handler: Handler) -> None:
        handler.json(*known.get(handler.path, ABSENT))

    spec = run_spec(pod=PodSettings(queue="lq", queue_priority=priority))
    with answering(answer) as server, ThreadPoolExecutor() as pool:
        for check in queues.checks(server.objects(), spec, pool):
            check()


def refusal(answers: Answers, priority: str | None = None) -> AideatorError:
    with pytest.raises(AideatorError) as caught:
        ask(answers, priority)
    return caught.value


def queue(*conditions: dict[str, str], **spec: str) -> tuple[int, Any]:
    return 200, {
        "metadata": {"name": "lq"},
        "spec": {"clusterQueue": "cq", **spec},
        "status": {"conditions": list(conditions)},
    }


def test_a_cluster_without_kueue() -> None:
    error = refusal({"/apis/kueue.x-k8s.io": (404, {"message": "404 page not found"})})
    assert error.message == "queue lq needs Kueue, and cluster fake does not have it"
    assert error.code == ExitCode.UNAVAILABLE


def test_a_queue_that_is_missing_is_told_with_those_that_there_are() -> None:
    others = {"items": [{"metadata": {"name": "night"}}, {"metadata": {"name": "day"}}]}
    error = refusal({QUEUES: (200, others)})
    assert error.message == "there is no queue lq in namespace team of cluster fake"
    assert error.hint == "the queues there are day, night"
    assert error.code == ExitCode.NOT_FOUND


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (
            queue({"type": "Active", "status": "False", "reason": "Stopped", "message": "LocalQueue is stopped"}),
            "LocalQueue is stopped",
        ),
        (queue(stopPolicy="HoldAndDrain"), "it is stopped"),
        (
            queue(
                {
                    "type": "Active",
                    "status": "False",
                    "reason": "ClusterQueueIsInactive",
                    "message": "Can't submit new workloads to clusterQueue",
                },
                clusterQueue="shared",
            ),
            "its ClusterQueue shared is stopped or not ready",
        ),
    ],
)
def test_a_queue_that_is_stopped(found: tuple[int, Any], why: str) -> None:
    error = refusal({f"{QUEUES}/lq": found})
    assert error.message == f"queue lq in namespace team admits nothing at present: {why}"
    assert error.code == ExitCode.UNAVAILABLE


def test_a_queue_that_works() -> None:
    active = {
        "type": "Active",
        "status": "True",
        "reason": "Ready",
        "message": "Can submit new workloads to LocalQueue",
    }
    ask({f"{QUEUES}/lq": queue(active, stopPolicy="None")})
    ask(
        {f"{QUEUES}/lq": queue(active), f"{CLASSES}/urgent": (200, {"metadata": {"name": "urgent"}, "value": 1000})},
        "urgent",
    )


def test_a_priority_that_is_missing() -> None:
    """Kueue itself would say so nowhere but in its own log."""
    error = refusal({f"{QUEUES}/lq": queue()}, "urgent")
    assert error.message == "WorkloadPriorityClass urgent (--queue-priority) does not exist in cluster fake"


def test_what_the_user_may_not_see_is_passed_over() -> None:
    ask({f"{QUEUES}/lq": FORBIDDEN, f"{CLASSES}/urgent": FORBIDDEN}, "urgent")
