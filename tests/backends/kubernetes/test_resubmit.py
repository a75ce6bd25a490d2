"""A variation once more: a Job of its own beside those before, in a real cluster."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from aideator_agent.spec import RunSpec
from aideator_cli.backends.base import Status, Trouble
from aideator_cli.backends.kubernetes import KubernetesBackend, manifests
from aideator_cli.errors import AideatorError, ExitCode
from tests.backends.kubernetes.specs import run_spec
from tests.backends.kubernetes.test_watch import create, following, pod_of, talking
from tests.fixtures.cluster import Kubectl

IMAGE = "localhost/not-there:dev"


def jobs_of(kubectl: Kubectl, namespace: str) -> dict[str, dict[str, Any]]:
    return {job["metadata"]["name"]: job for job in kubectl.json("get", "jobs", "-n", namespace)["items"]}


def configmap_of(kubectl: Kubectl, namespace: str, spec: RunSpec) -> dict[str, Any]:
    found: dict[str, Any] = kubectl.json("get", "configmap", f"agent-{spec.id}", "-n", namespace)
    return found


def wait_until_gone(kubectl: Kubectl, namespace: str, *what: str) -> None:
    kubectl("wait", "--for=delete", *what, "-n", namespace, "--timeout=60s")


def test_each_submission_has_a_job_and_all_of_them_own_the_configmap(
    backend: KubernetesBackend, kubectl: Kubectl, namespace: str
) -> None:
    spec = run_spec(2, agent_image=IMAGE)
    backend.submit(spec)
    assert backend.submissions(spec.id) == {1: 1, 2: 1}
    backend.resubmit(spec, {2: 2})
    assert backend.submissions(spec.id) == {1: 1, 2: 2}
    jobs = jobs_of(kubectl, namespace)
    assert jobs.keys() == {f"agent-{spec.id}-1", f"agent-{spec.id}-2", f"agent-{spec.id}-2-2"}
    owners = configmap_of(kubectl, namespace, spec)["metadata"]["ownerReferences"]
    assert {owner["uid"] for owner in owners} == {job["metadata"]["uid"] for job in jobs.values()}
    again = jobs[f"agent-{spec.id}-2-2"]
    assert again["spec"]["template"]["metadata"]["labels"]["aideator.dev/submission"] == "2"
    assert again["metadata"]["annotations"]["aideator.dev/submission-id"] != spec.submission_id


def test_a_configmap_that_has_gone_with_its_jobs_is_made_again(
    backend: KubernetesBackend, kubectl: Kubectl, namespace: str
) -> None:
    spec = run_spec(2, agent_image=IMAGE)
    backend.submit(spec)
    before = configmap_of(kubectl, namespace, spec)
    backend.remove(spec.id, [1, 2])
    wait_until_gone(kubectl, namespace, "configmap", f"agent-{spec.id}")
    backend.resubmit(spec, {1: 3})
    after = configmap_of(kubectl, namespace, spec)
    assert after["data"] == before["data"]
    assert after["metadata"]["annotations"] == before["metadata"]["annotations"]
    assert [owner["name"] for owner in after["metadata"]["ownerReferences"]] == [f"agent-{spec.id}-1-3"]
    assert backend.load_spec(spec.id) == spec


def test_what_someone_else_tries_again_is_left_to_them(
    backend: KubernetesBackend, kubectl: Kubectl, namespace: str
) -> None:
    spec = run_spec(2, agent_image=IMAGE)
    backend.submit(spec)
    placement = manifests.Placement(namespace, "other", "aideator-keys")
    theirs = manifests.job(spec, spec.variation(2), placement, manifests.Submission(2, "another"))
    kubectl("create", "-f", "-", stdin=json.dumps(theirs))
    before = configmap_of(kubectl, namespace, spec)["metadata"]

    with pytest.raises(AideatorError) as told:
        backend.resubmit(spec, {1: 2, 2: 2}, left={1: b"where it stood"})

    assert f"Job agent-{spec.id}-2-2 already exists" in told.value.message
    handed = f"agent-{spec.id}-1-2-left"
    assert handed not in {
        item["metadata"]["name"] for item in kubectl.json("get", "configmap", "-n", namespace)["items"]
    }
    assert "someone else is retrying it: submitted by user other" in told.value.message
    assert told.value.code == ExitCode.REFUSED
    kubectl("wait", "--for=delete", "job", f"agent-{spec.id}-1-2", "-n", namespace, "--timeout=60s")
    left = {f"agent-{spec.id}-1", f"agent-{spec.id}-2", f"agent-{spec.id}-2-2"}
    assert jobs_of(kubectl, namespace).keys() == left
    assert configmap_of(kubectl, namespace, spec)["metadata"]["uid"] == before["uid"]


def test_a_quota_that_refuses_a_job_takes_the_new_ones_back(
    backend: KubernetesBackend, kubectl: Kubectl, namespace: str
) -> None:
    spec = run_spec(2, agent_image=IMAGE)
    backend.submit(spec)
    kubectl("create", "quota", "jobs", "-n", namespace, "--hard=count/jobs.batch=3")
    kubectl("wait", "--for=jsonpath={.status.hard}", "quota", "jobs", "-n", namespace, "--timeout=30s")
    with pytest.raises(AideatorError, match="quota"):
        backend.resubmit(spec, {1: 2, 2: 2})
    wait_until_gone(kubectl, namespace, "job", f"agent-{spec.id}-1-2", f"agent-{spec.id}-2-2")
    assert jobs_of(kubectl, namespace).keys() == {f"agent-{spec.id}-1", f"agent-{spec.id}-2"}
    assert len(configmap_of(kubectl, namespace, spec)["metadata"]["ownerReferences"]) == 2


def test_all_attempts_are_told_in_order_and_the_newest_one_decides(
    backend: KubernetesBackend, kubectl: Kubectl, agent_image: str
) -> None:
    spec = run_spec(agent_image=agent_image)
    create(backend, kubectl, spec, talking(1))
    with following(backend, spec) as watching:
        first = watching.status(1, "completed").attempt
        assert first is not None
        create_again(backend, kubectl, spec, talking(600))
        running = watching.status(1, "running")
        assert running.attempt is not None
        assert running.attempt.id != first.id
        assert not running.earlier
        told = [status for status in watching.seen if isinstance(status, Status) and status.attempt == first]
        assert (told[-1].earlier, told[-1].final, told[-1].readable) == (True, False, True)
    with following(backend, spec) as elsewhere:
        elsewhere.status(1, "running")
        assert [(s.attempt, s.earlier) for s in elsewhere.seen if isinstance(s, Status)] == [
            (first, True),
            (running.attempt, False),
        ]
    backend.cancel(spec.id, [1])
    with following(backend, spec) as watching:
        ended = watching.status(1, "cancelled")
        assert (ended.attempt, ended.exit_code, ended.final) == (running.attempt, 3, True)


def create_again(
    backend: KubernetesBackend, kubectl: Kubectl, spec: RunSpec, change: Callable[[int, dict[str, Any]], None]
) -> None:
    """The second submission of the first variation, its pod changed first."""
    placement = manifests.Placement(backend.namespace, "jane", "aideator-keys")
    job = manifests.job(spec, spec.variation(1), placement, manifests.Submission(2, "id"))
    change(1, job["spec"]["template"]["spec"])
    kubectl("create", "-f", "-", stdin=yaml.safe_dump(job))
    backend.mend(spec)


def test_a_new_attempt_that_can_t_start_is_removed_and_the_one_before_stays(
    backend: KubernetesBackend, kubectl: Kubectl, namespace: str, agent_image: str
) -> None:
    spec = run_spec(agent_image=agent_image)
    create(backend, kubectl, spec, talking(0))
    with following(backend, spec) as watching:
        watching.status(1, "completed")

        def impossible(_number: int, pod: dict[str, Any]) -> None:
            pod["containers"][0]["resources"] = {"requests": {"cpu": "1000"}}

        create_again(backend, kubectl, spec, impossible)
        assert not watching.status(1, "unschedulable").final
        backend.cancel(spec.id, [1])
        last = watching.until(lambda told: isinstance(told, Status) and told.final)
        assert isinstance(last, Status)
        assert (last.reason, last.earlier) == ("deleted", False)
    assert list(jobs_of(kubectl, namespace)) == [f"agent-{spec.id}-1"]


def test_a_deleted_pod_is_the_job_s_end(
    backend: KubernetesBackend, kubectl: Kubectl, namespace: str, agent_image: str
) -> None:
    """With backoffLimit 0 no other pod is made: the Job has failed."""
    spec = run_spec(agent_image=agent_image)
    create(backend, kubectl, spec, talking(600))
    with following(backend, spec) as watching:
        watching.status(1, "running")
        kubectl("delete", pod_of(kubectl, namespace, spec), "-n", namespace, "--wait=false")
        ended = watching.until(lambda told: isinstance(told, Status) and told.final)
        assert isinstance(ended, Status)
        assert (ended.reason, ended.text) == ("deleted", "the pod was deleted")
    failed = kubectl.json("get", "job", f"agent-{spec.id}-1", "-n", namespace)["status"]["conditions"]
    assert "BackoffLimitExceeded" in {condition["reason"] for condition in failed}
    assert len({s.attempt for s in watching.seen if isinstance(s, Status) and s.attempt}) == 1


def test_a_job_that_a_queue_takes_back_makes_another_attempt(
    backend: KubernetesBackend, kubectl: Kubectl, namespace: str, agent_image: str
) -> None:
    """As Kueue preempts: the Job is suspended, its pod deleted, and goes on later."""
    spec = run_spec(agent_image=agent_image)
    create(backend, kubectl, spec, talking(600))
    job = ("job", f"agent-{spec.id}-1", "-n", namespace)
    with following(backend, spec) as watching:
        first = watching.status(1, "running").attempt
        kubectl("patch", *job, "--type=merge", "-p", '{"spec":{"suspend":true}}')
        assert not watching.status(1, "queued").final
        told = [s for s in watching.seen if isinstance(s, Status) and s.attempt == first]
        assert (told[-1].state, told[-1].earlier, told[-1].final) == ("ended", True, False)
        kubectl("patch", *job, "--type=merge", "-p", '{"spec":{"suspend":false}}')
        running = watching.until(lambda told: isinstance(told, Status) and _runs_newly(told, first))
    assert not any(isinstance(told, Trouble) for told in watching.seen)
    assert isinstance(running, Status)
    assert not running.earlier
    backend.delete(spec.id)


def _runs_newly(told: Status, before: object) -> bool:
    return told.reason == "running" and told.attempt != before
