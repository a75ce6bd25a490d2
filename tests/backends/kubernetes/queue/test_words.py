"""What a user is told while a Job waits in a queue. The conditions are a real Kueue's, word for word."""

from typing import Any

import pytest

from aideator_cli.backends.base import Status
from aideator_cli.backends.kubernetes.feed import Changed, Listed, Turns
from aideator_cli.backends.kubernetes.picture import Picture
from aideator_cli.backends.kubernetes.queue_words import NOT_QUEUED, InQueue, Turn
from aideator_cli.backends.kubernetes.status import Seen, translate

LABELS = {"aideator.dev/run": "k3v9x2q", "aideator.dev/variation": "2"}
QUEUED = {**LABELS, "kueue.x-k8s.io/queue-name": "lq"}
HEAD = "couldn't assign flavors to pod set main: insufficient unused quota for cpu in flavor default, 100m more needed"
TOO_LARGE = (
    "couldn't assign flavors to pod set main: insufficient quota for cpu in flavor default, previously considered podsets "
    "requests (0) + current podset request (900m) > maximum capacity (300m)"
)
PREEMPTED = (
    "Preempted to accommodate a workload (UID: 5c2a, JobUID: 81e0) due to prioritization in the ClusterQueue; "
    "preemptor path: /cq; preemptee path: /cq"
)
NOT_READY = ("PodsReady", "False", "WaitForStart", "Not all pods are ready or succeeded")
ADMITTED = (
    ("QuotaReserved", "True", "QuotaReserved", "Quota reserved in ClusterQueue cq"),
    ("Admitted", "True", "Admitted", "The workload is admitted"),
)


def job(*, suspend: bool = True, labels: dict[str, str] = QUEUED) -> dict[str, Any]:
    return {
        "metadata": {"uid": "j-1", "name": "agent-k3v9x2q-2", "labels": labels},
        "spec": {"suspend": suspend},
        "status": {},
    }


def workload(*conditions: tuple[str, str, str, str], active: bool = True, evictions: int = 0) -> dict[str, Any]:
    names = ("type", "status", "reason", "message")
    status: dict[str, Any] = {"conditions": [dict(zip(names, found, strict=True)) for found in conditions]}
    if evictions:
        status["schedulingStats"] = {"evictions": [{"count": evictions, "reason": "Preempted"}]}
    return {"metadata": {"uid": "w-1", "name": "job-x-5f0c1"}, "spec": {"active": active}, "status": status}


def told(known: InQueue, **of_job: Any) -> Status:
    return translate(2, Seen(job=job(**of_job), queued=known))


@pytest.mark.parametrize(
    ("conditions", "turn", "words"),
    [
        ([("QuotaReserved", "False", "Pending", HEAD), NOT_READY], Turn(1, ahead=0), f"queued by Kueue in lq, next in line: {HEAD}"),
        ([NOT_READY], Turn(1, ahead=2), "queued by Kueue in lq, 2 ahead"),
        ([NOT_READY], Turn(1, pending=3), "queued by Kueue in lq, 3 waiting in that queue"),
        ([NOT_READY], Turn(1), "queued by Kueue in lq"),
        (ADMITTED, Turn(1), "admitted by Kueue in lq"),
        (ADMITTED[:1], Turn(1), "quota reserved in queue lq, waiting for admission checks"),
        (
            [("QuotaReserved", "False", "Pending", TOO_LARGE)],
            Turn(1, ahead=0),
            f"queued by Kueue in lq; will not start without a change: {TOO_LARGE}",
        ),
        (
            [("QuotaReserved", "False", "Inadmissible", "LocalQueue lq is inactive")],
            Turn(1),
            "queued by Kueue in lq; will not start without a change: LocalQueue lq is inactive",
        ),
        (
            [("QuotaReserved", "False", "ExceedsMaxQuota", TOO_LARGE)],  # with the gate UnadmittedWorkloadsObservability
            Turn(1),
            f"queued by Kueue in lq; will not start without a change: {TOO_LARGE}",
        ),
        (
            [
                ("QuotaReserved", "False", "Inadmissible", "ClusterQueue cq is inactive"),
                ("Evicted", "True", "ClusterQueueStopped", "The ClusterQueue is stopped"),
            ],
            Turn(1),
            "queued by Kueue in lq; will not start without a change: ClusterQueue cq is inactive",
        ),
    ],
)  # fmt: skip
def test_a_wait_is_told_with_place_and_reason(
    conditions: list[tuple[str, str, str, str]], turn: Turn, words: str
) -> None:
    status = told(InQueue(workload(*conditions), turn))
    assert (status.state, status.reason, status.text) == ("waiting", "queued", words)
    assert status.held
    assert not status.final


def test_a_deactivated_workload_will_not_start() -> None:
    conditions = [
        ("QuotaReserved", "False", "Pending", "The workload is deactivated"),
        ("Evicted", "True", "Deactivated", "The workload is deactivated"),
    ]
    assert (
        "will not start without a change: The workload is deactivated"
        in told(InQueue(workload(*conditions, active=False))).text
    )


EVICTED = (
    ("QuotaReserved", "False", "Pending", PREEMPTED),
    ("Evicted", "True", "Preempted", PREEMPTED),
    ("Preempted", "True", "InClusterQueue", PREEMPTED),
)


def test_a_preemption_is_told_with_its_reason_and_count() -> None:
    status = told(InQueue(workload(*EVICTED, evictions=1), Turn(3, ahead=1)))
    assert (status.state, status.reason) == ("waiting", "preempted")
    assert status.text == f"preempted (InClusterQueue), queued again in lq, 1 ahead: {PREEMPTED}"
    assert "preemption 3" in told(InQueue(workload(*EVICTED, evictions=3))).text


def test_an_attempt_that_kueue_took_back_was_preempted_and_not_deleted() -> None:
    stamp = "2026-11-21T12:35:19Z"
    metadata = {"uid": "u-1", "name": "p", "creationTimestamp": stamp, "deletionTimestamp": stamp, "labels": LABELS}
    pod = {"metadata": metadata, "status": {"phase": "Running"}}
    again = ("Evicted", "False", "QuotaReserved", f"Previously: {PREEMPTED}")
    for suspend, conditions in ((True, EVICTED), (False, (*ADMITTED, again))):
        status = translate(2, Seen(job(suspend=suspend), pod, gone=True, queued=InQueue(workload(*conditions))))
        assert (status.state, status.reason, status.final) == ("ended", "preempted", False)
        assert status.text == "Kueue took back its place in the queue"
    assert translate(2, Seen(job(), pod, gone=True)).reason == "deleted"


def test_a_workload_belongs_to_the_job_whose_uid_it_bears() -> None:
    picture = Picture()
    picture.take(Listed("jobs", [job()]))
    picture.take(Listed("pods", []))
    other = workload(NOT_READY)
    other["metadata"]["labels"] = {"kueue.x-k8s.io/job-uid": "j-2"}
    ours = workload(("QuotaReserved", "False", "Pending", HEAD))
    ours["metadata"]["labels"] = {"kueue.x-k8s.io/job-uid": "j-1"}
    picture.take(Listed("workloads", [other, ours]))
    assert picture.changed() == {2}
    picture.take(Turns({"j-1": Turn(5, ahead=1), "j-2": Turn(5, ahead=0)}))
    assert picture.changed() == {2}
    assert translate(2, picture.attempts(2)[-1]).text == f"queued by Kueue in lq, 1 ahead: {HEAD}"
    picture.take(Changed("workloads", ours, deleted=True))
    assert translate(2, picture.attempts(2)[-1]).text == "waiting for Kueue to see it in queue lq"


def test_without_the_right_to_read_workloads_that_is_said() -> None:
    status = told(InQueue(None, Turn(60, pending=2), readable=False))
    assert status.text == "suspended, probably queued in lq (Kueue's Workloads can't be read), 2 waiting in that queue"
    assert status.held


def test_a_job_that_kueue_does_not_see_may_not_wait_for_ever() -> None:
    early, late = told(InQueue(None, Turn(2))), told(InQueue(None, Turn(10)))
    assert early.held
    assert "is Kueue running?" in late.text
    assert not late.held


def test_a_job_that_something_else_suspends_is_queued() -> None:
    status = told(NOT_QUEUED, labels=LABELS)
    assert (status.reason, status.text) == ("queued", "the Job is suspended until it is admitted")
