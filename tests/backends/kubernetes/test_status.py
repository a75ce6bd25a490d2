"""What a user is told of each thing that can happen to a pod. The statuses in observed.json are a real cluster's, word for word."""

import json
from pathlib import Path
from typing import Any

import pytest

from aideator_cli.backends.base import Status
from aideator_cli.backends.kubernetes.status import Seen, translate

OBSERVED = json.loads((Path(__file__).parent / "observed.json").read_text())
LABELS = {"aideator.dev/run": "k3v9x2q", "aideator.dev/variation": "2"}


def pod(status: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    usual = {
        "uid": "u-1",
        "name": "agent-k3v9x2q-2-abcde",
        "creationTimestamp": "2026-11-21T12:35:14Z",
        "labels": LABELS,
    }
    return {"metadata": usual | metadata, "status": status}


def job(*conditions: dict[str, Any], suspend: bool = False, **metadata: Any) -> dict[str, Any]:
    usual = {"uid": "j-1", "name": "agent-k3v9x2q-2", "labels": LABELS}
    return {"metadata": usual | metadata, "spec": {"suspend": suspend}, "status": {"conditions": list(conditions)}}


def scheduled(**status: Any) -> dict[str, Any]:
    return {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "True"}], **status}


def container(name: str, state: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"name": name, "image": f"localhost/{name}:dev", "state": state, "lastState": {}, **fields}


def agent_in(state: dict[str, Any], **status: Any) -> dict[str, Any]:
    usual = {"phase": "Running", "conditions": [{"type": "PodScheduled", "status": "True"}]}
    return usual | {"containerStatuses": [container("agent", state, containerID="containerd://1")]} | status


def told(status: dict[str, Any] | None, **seen: Any) -> Status:
    return translate(2, Seen(**({"job": job(), "pod": pod(status) if status else None} | seen)))


def observed(case: str) -> Status:
    return told(OBSERVED[case]["pod"], job=job() | {"status": OBSERVED[case]["job"]})


@pytest.mark.parametrize(
    ("case", "reason", "exit_code", "words"),
    [
        ("oom", "oom_killed", 137, "out of memory"),
        ("oom-child", "completed", 0, "ended"),
        ("exit3", "error", 3, "exit code 3"),
        ("exit3-fallback", "error", 3, "exit code 3"),
        ("deadline-pod", "deadline", 137, "longer than the specified deadline"),
        ("command", "start_error", 128, "/no/such/binary"),
        ("ephemeral", "evicted", 137, "ephemeral local storage"),
        ("ephemeral-emptydir", "evicted", 137, 'EmptyDir volume "w"'),
    ],
)
def test_an_end_is_told_with_its_cause(case: str, reason: str, exit_code: int, words: str) -> None:
    status = observed(case)
    assert (status.state, status.reason, status.exit_code) == ("ended", reason, exit_code)
    assert words in status.text
    assert status.final
    assert status.readable


@pytest.mark.parametrize(
    ("case", "reason", "hopeless_after", "words"),
    [
        ("image-never", "image", 0.0, "localhost/nope:dev"),
        ("image-pull", "image", None, "registry.invalid"),
        ("unschedulable", "unschedulable", None, "1 Insufficient cpu"),
        ("secret", "secret", 15.0, 'secret "absent" not found'),
        ("nonroot", "config", 0.0, "runAsNonRoot"),
    ],
)
def test_what_keeps_a_pod_from_starting_is_told(
    case: str, reason: str, hopeless_after: float | None, words: str
) -> None:
    status = observed(case)
    assert (status.state, status.reason, status.hopeless_after) == ("waiting", reason, hopeless_after)
    assert words in status.text
    assert not status.readable
    assert status.exit_code is None


@pytest.mark.parametrize(("case", "reason", "hopeless_after"), [("quota", "quota", None), ("psa", "policy", 0.0)])
def test_a_pod_that_may_not_be_made_is_told_from_the_jobs_events(
    case: str, reason: str, hopeless_after: float | None
) -> None:
    status = told(None, job=job() | {"status": OBSERVED[case]["job"]}, job_event=OBSERVED[case]["events"][-1])
    assert (status.state, status.reason, status.hopeless_after) == ("waiting", reason, hopeless_after)
    assert "Error creating" not in status.text
    assert status.attempt is None


def test_a_job_deadline_takes_the_pod_with_it() -> None:
    observed_job = job() | {"status": OBSERVED["deadline-job"]["job"]}
    last = pod(OBSERVED["deadline-job"]["pod"], deletionTimestamp="2026-11-21T12:35:19Z", deletionGracePeriodSeconds=1)
    status = translate(2, Seen(job=observed_job, pod=last, gone=True))
    assert (status.state, status.reason, status.final, status.readable) == ("ended", "deadline", True, False)


def test_without_the_right_to_read_events_the_gap_is_named() -> None:
    assert "permission to list and watch events" in told(None, events_readable=False).text
    assert "permission" not in told(None).text


def test_an_image_that_is_backing_off_says_why() -> None:
    status = told(scheduled(containerStatuses=[container("agent", OBSERVED["image-pull"]["backoff"][0])]))
    assert status.reason == "image"
    assert "no such host" in status.text


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (None, "starting"),
        ({"reason": "Pulling", "message": 'Pulling image "node:22"'}, "pulling"),
        ({"reason": "FailedMount", "message": 'configmap "agent-x" not found'}, "starting"),
    ],
)
def test_the_way_up_is_told(event: dict[str, Any] | None, reason: str) -> None:
    waiting = [container("shell", {"waiting": {"reason": "PodInitializing"}})]
    status = told(scheduled(initContainerStatuses=waiting), pod_event=event)
    assert (status.state, status.reason, status.hopeless_after) == ("waiting", reason, None)
    if event:
        assert event["message"] in status.text


def test_a_pod_without_a_word_of_the_scheduler_waits_for_a_node() -> None:
    assert told({"phase": "Pending"}).reason == "scheduling"


@pytest.mark.parametrize(
    ("state", "last", "reason", "hopeless_after"),
    [
        ({"waiting": {"reason": "ErrImageNeverPull", "message": "not present"}}, {}, "image", 0.0),
        ({"waiting": {"reason": "InvalidImageName", "message": "couldn't parse"}}, {}, "image", 0.0),
        ({"waiting": {"reason": "ImagePullBackOff"}}, {}, "image", None),
        ({"terminated": {"reason": "StartError", "exitCode": 128, "message": "exec: /bin/sh"}}, {}, "start_error", 0.0),
        (
            {"waiting": {"reason": "CrashLoopBackOff"}},
            {"terminated": {"reason": "StartError", "exitCode": 128, "message": "exec: /bin/sh"}},
            "start_error",
            0.0,
        ),
        (
            {"waiting": {"reason": "CrashLoopBackOff"}},
            {"terminated": {"reason": "Error", "exitCode": 2}},
            "start_error",
            15.0,
        ),
    ],
)
def test_trouble_of_the_shell_shows_although_the_agent_only_waits(
    state: dict[str, Any], last: dict[str, Any], reason: str, hopeless_after: float | None
) -> None:
    status = told(
        scheduled(
            initContainerStatuses=[container("shell", state, lastState=last)],
            containerStatuses=[container("agent", {"waiting": {"reason": "PodInitializing"}})],
        )
    )
    assert (status.state, status.reason, status.hopeless_after) == ("waiting", reason, hopeless_after)
    assert "shell" in status.text


def test_an_image_that_is_waited_with_is_told_as_it_was_when_it_was_tried() -> None:
    tried = 'failed to pull and unpack image "no/such:1": failed to resolve reference "no/such:1": no such host'
    waited = f'Back-off pulling image "no/such:1": ErrImagePull: {tried}'
    texts = [
        told(scheduled(containerStatuses=[container("agent", {"waiting": {"reason": reason, "message": message}})]))
        for reason, message in (("ErrImagePull", tried), ("ImagePullBackOff", waited))
    ]
    assert [status.text.partition("can't be pulled: ")[2] for status in texts] == [
        'failed to resolve reference "no/such:1": no such host'
    ] * 2


def test_trouble_of_the_container_for_checks_is_told_by_its_name() -> None:
    shell = container("shell", {"running": {}})
    check = container("check", {"waiting": {"reason": "ImagePullBackOff", "message": "no such host"}})
    status = told(scheduled(initContainerStatuses=[shell, check]))
    assert (status.state, status.reason) == ("waiting", "image")
    assert "the image of check (localhost/check:dev) can't be pulled" in status.text


def test_the_agents_container_is_made_once_all_others_run() -> None:
    shell = container("shell", {"running": {}})
    check = container("check", {"waiting": {"reason": "PodInitializing"}})
    assert "the pod's containers are being created" in told(scheduled(initContainerStatuses=[shell, check])).text
    assert "the agent's container is being created" in told(scheduled(initContainerStatuses=[shell])).text
    both = [shell, container("check", {"running": {}})]
    assert "the agent's container is being created" in told(scheduled(initContainerStatuses=both)).text


def test_a_container_for_checks_that_is_ended_between_two_trees_is_no_trouble() -> None:
    ended = {"terminated": {"reason": "Completed", "exitCode": 0}}
    check = container("check", {"waiting": {"reason": "CrashLoopBackOff"}}, lastState=ended)
    assert told(agent_in({"running": {}}, initContainerStatuses=[check])).reason == "running"


def test_a_shell_that_died_once_and_is_back_is_no_trouble() -> None:
    shell = container("shell", {"running": {}}, lastState={"terminated": {"reason": "Error", "exitCode": 137}})
    assert told(agent_in({"running": {}}, initContainerStatuses=[shell])).reason == "running"
    waiting = container("agent", {"waiting": {"reason": "PodInitializing"}})
    assert told(scheduled(initContainerStatuses=[shell], containerStatuses=[waiting])).reason == "starting"


def test_a_running_agents_log_can_be_read() -> None:
    status = told(agent_in({"running": {"startedAt": "2026-11-21T12:35:16Z"}}))
    assert (status.state, status.reason, status.readable) == ("running", "running", True)
    assert status.attempt is not None
    assert (status.attempt.id, status.attempt.run, status.attempt.variation) == ("u-1", "k3v9x2q", 2)


def test_a_pod_that_someone_deletes_runs_on_until_it_is_gone() -> None:
    going = pod(agent_in({"running": {}}), deletionTimestamp="2026-11-21T12:40:20Z", deletionGracePeriodSeconds=20)
    status = translate(2, Seen(job=job(), pod=going))
    assert (status.state, status.reason, status.readable) == ("running", "deleted", True)
    gone = translate(2, Seen(job=job(), pod=going, gone=True))
    assert (gone.state, gone.reason, gone.final, gone.readable) == ("ended", "deleted", False, False)
    job_failed = job({"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"})
    assert translate(2, Seen(job=job_failed, pod=going, gone=True)).final


def test_an_agent_that_ends_well_because_it_was_deleted_has_not_completed() -> None:
    deletion = {"deletionTimestamp": "2026-11-21T12:40:20Z", "deletionGracePeriodSeconds": 20}
    during = pod(agent_in({"terminated": {"exitCode": 0, "finishedAt": "2026-11-21T12:40:01Z"}}), **deletion)
    before = pod(agent_in({"terminated": {"exitCode": 0, "finishedAt": "2026-11-21T12:39:58Z"}}), **deletion)
    assert translate(2, Seen(job=job(), pod=during)).reason == "deleted"
    assert translate(2, Seen(job=job(), pod=before)).reason == "completed"
    assert translate(2, Seen(job=None, pod=before, gone=True)).reason == "completed"


@pytest.mark.parametrize(
    ("disruption", "reason"),
    [
        ("DeletionByTaintManager", "node_lost"),
        ("DeletionByPodGC", "node_lost"),
        ("PreemptionByScheduler", "evicted"),
        ("EvictionByEvictionAPI", "evicted"),
    ],
)
def test_a_disruption_is_told_and_another_pod_may_follow(disruption: str, reason: str) -> None:
    condition = {"type": "DisruptionTarget", "status": "True", "reason": disruption, "message": "why"}
    status = told(agent_in({"running": {}}, phase="Failed", conditions=[condition]))
    assert (status.state, status.reason, status.final) == ("ended", reason, False)


def test_a_job_that_is_gone_ends_its_variation() -> None:
    status = told(None, job=None)
    assert (status.state, status.reason, status.final, status.attempt) == ("ended", "deleted", True, None)


def test_a_suspended_job_is_queued() -> None:
    assert told(None, job=job(suspend=True)).reason == "queued"


def meshed(state: dict[str, Any], mesh: dict[str, Any], seconds: int = 2100, **status: Any) -> Status:
    """A pod into which somebody has put another container, first in the list."""
    statuses = [container("mesh", mesh), container("agent", state, containerID="containerd://1")]
    found = pod({"phase": "Running", "containerStatuses": statuses, **status})
    spec = {"activeDeadlineSeconds": seconds, "containers": [{"name": "mesh"}, {"name": "agent"}]}
    return told(None, pod={**found, "spec": spec})


def test_a_strangers_container_is_seen_until_it_has_ended_or_is_told_to() -> None:
    running, ended = {"running": {}}, {"terminated": {"exitCode": 0}}
    assert meshed(running, running).strangers == ("mesh",)
    assert meshed(ended, running).strangers == ("mesh",)
    assert meshed(ended, {"waiting": {"reason": "CrashLoopBackOff"}}).strangers == ("mesh",)
    assert meshed(ended, ended).strangers == ()
    assert meshed(ended, running, seconds=2).strangers == ()
    assert meshed(ended, running, phase="Failed").strangers == ()


@pytest.mark.parametrize(("code", "reason"), [(0, "completed"), (1, "error")])
def test_an_agent_whose_pod_was_ended_for_a_stranger_has_ended_by_itself(code: int, reason: str) -> None:
    ended = {"terminated": {"exitCode": code, "reason": "Error", "finishedAt": "2026-11-21T12:35:16Z"}}
    killed = {"terminated": {"exitCode": 137}}
    status = meshed(ended, killed, seconds=2, phase="Failed", reason="DeadlineExceeded")
    assert (status.state, status.reason, status.final) == ("ended", reason, True)
