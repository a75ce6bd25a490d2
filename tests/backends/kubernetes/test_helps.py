"""Where a pod lacks something, its status names the container, its limit, and the option that helps."""

from typing import Any

import pytest

from tests.backends.kubernetes.test_status import agent_in, container, job, observed, pod, scheduled, told

LIMITS = {"limits": {"memory": "2Gi", "ephemeral-storage": "4Gi"}}
SPEC = {
    "containers": [{"name": "agent", "resources": LIMITS}],
    "initContainers": [
        {"name": "shell", "resources": LIMITS},
        {"name": "check", "resources": {"limits": {"memory": "8Gi", "ephemeral-storage": "1Gi"}}},
    ],
}


def seen(status: dict[str, Any], spec: dict[str, Any] | None = None) -> str:
    return told(None, pod={**pod(status), "spec": SPEC if spec is None else spec}).text


def test_an_agent_killed_for_memory_names_its_limit() -> None:
    assert observed("oom").text == (
        "the agent container was killed: out of memory (limit 64Mi); raise the limit with --memory"
    )


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("shell", "the shell container was killed: out of memory (limit 2Gi); raise the limit with --memory"),
        ("check", "the check container was killed: out of memory (limit 8Gi); raise the limit with --check-memory"),
    ],
)
def test_commands_that_are_killed_for_memory_are_told_while_the_agent_works(name: str, words: str) -> None:
    killed = container(name, {"running": {}}, lastState={"terminated": {"reason": "OOMKilled", "exitCode": 137}})
    status = agent_in({"running": {}}, initContainerStatuses=[killed])
    found = told(None, pod={**pod(status), "spec": SPEC})
    assert (found.state, found.reason, found.text) == ("running", "out_of_memory", words)


def evicted(message: str) -> str:
    ended = {"terminated": {"exitCode": 137, "reason": "Error"}}
    return seen(agent_in(ended, phase="Failed", reason="Evicted", message=message))


def test_an_eviction_for_disk_names_the_limits() -> None:
    text = evicted("Pod ephemeral local storage usage exceeds the total limit of containers 9Gi. ")
    assert (
        "total limit of containers 9Gi (limits: agent 4Gi, shell 4Gi, check 1Gi); raise the limit with --disk" in text
    )
    assert "raise the limit with --check-disk" in evicted(
        'Container check exceeded its local ephemeral storage limit "1Gi". '
    )
    assert evicted('Usage of EmptyDir volume "w" exceeds the limit "50Mi". ').endswith("raise the limit with --disk")


def test_an_eviction_from_a_full_node_is_another_matter() -> None:
    text = evicted(
        "The node was low on resource: memory. Threshold quantity: 100Mi, available: 90Mi. "
        "Container shell was using 900Mi, request is 128Mi, has larger consumption of memory. "
    )
    assert text.endswith("a larger request keeps pods from nodes that have too little: --memory REQUEST:LIMIT")


@pytest.mark.parametrize(
    "message",
    [
        'failed to create containerd task: OCI runtime create failed: exec: "/bin/sh": stat /bin/sh: no such file or directory: unknown',
        'exec: "/bin/sh": permission denied: unknown',
        "container create failed: executable file `/bin/sh` not found: No such file or directory",
    ],
)
def test_an_image_without_a_shell_is_named(message: str) -> None:
    failed = {"terminated": {"reason": "StartError", "message": message, "exitCode": 128}}
    status = told(scheduled(initContainerStatuses=[container("shell", {"waiting": {}}, lastState=failed)]))
    assert status.text == (
        "the image of shell (localhost/shell:dev) can't run /bin/sh, which the commands need; choose another with --image"
    )
    assert (status.reason, status.hopeless_after) == ("start_error", 0.0)

    image = container("shell", {})["image"]
    of_both = scheduled(
        initContainerStatuses=[container("shell", {"waiting": {}}, lastState=failed)],
        containerStatuses=[container("agent", {"waiting": {"reason": "PodInitializing"}}, image=image)],
    )
    assert told(of_both).text.endswith("choose another with --agent-image or --image")


@pytest.mark.parametrize(
    "message",
    [
        "container create failed: executable file `/opt/aideator/bin/python` not found: No such file or directory",
        'runc create failed: exec: "/opt/aideator/bin/python": stat /opt/aideator/bin/python: no such file or directory: unknown',
    ],
)
def test_an_image_of_somebody_else_is_not_the_agents(message: str) -> None:
    failed = {"terminated": {"reason": "StartError", "message": message, "exitCode": 128}}
    status = told(scheduled(containerStatuses=[container("agent", failed, image="busybox:1")]))
    assert status.text == "busybox:1 is not an image of AIdeator's agent; choose another with --agent-image"


def test_an_image_that_would_run_as_root_comes_with_a_way_out() -> None:
    assert "use --run-as UID" in observed("nonroot").text


def test_a_pod_that_no_node_takes_names_what_it_wants() -> None:
    assert observed("unschedulable").text == (
        "no node fits the pod: 0/1 nodes are available: 1 Insufficient cpu (see --cpu)"
    )
    message = "0/3 nodes are available: 2 node(s) didn't match Pod's node affinity/selector, 1 node(s) had untolerated taint {x: y}."
    waiting = {
        "phase": "Pending",
        "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}],
    }
    text = seen(waiting, {"nodeSelector": {"pool": "agents"}})
    assert text.endswith("(see --node-selector pool=agents, --toleration)")


def test_a_missing_secret_for_commands_names_its_option() -> None:
    waiting = {"waiting": {"reason": "CreateContainerConfigError", "message": 'secret "tools" not found'}}
    text = told(scheduled(initContainerStatuses=[container("shell", waiting)])).text
    assert text == 'a Secret for shell (--env-from) is missing: secret "tools" not found'


@pytest.mark.parametrize(
    ("asked", "room", "less"),
    [
        (
            "requested: pods=1, used: pods=5, limited: pods=5",
            "pods: 5 of 5 used, 1 needed",
            "(fewer variations would take less)",
        ),
        (
            "requested: limits.cpu=2,requests.memory=256Mi, used: limits.cpu=4,requests.memory=1Gi, "
            "limited: limits.cpu=5,requests.memory=1Gi",
            "limits.cpu: 4 of 5 used, 2 needed, requests.memory: 1Gi of 1Gi used, 256Mi needed",
            "(fewer variations or a lower --cpu or a lower --memory would take less)",
        ),
    ],
)
def test_a_quota_that_is_used_up_comes_with_what_takes_less(asked: str, room: str, less: str) -> None:
    event = {
        "reason": "FailedCreate",
        "message": f'Error creating: pods "x" is forbidden: exceeded quota: team, {asked}',
    }
    status = told(None, job=job(), job_event=event)
    assert (status.reason, status.hopeless_after) == ("quota", None)
    assert status.text == (
        f"the namespace's quota team has no room for the pod ({room}); it waits until others have ended {less}"
    )


def test_a_new_namespace_may_still_get_what_its_pods_need() -> None:
    uncounted = 'pods "x" is forbidden: status unknown for quota: team, resources: pods,requests.memory'
    event = {"reason": "FailedCreate", "message": f"Error creating: {uncounted}"}
    status = told(None, job=job(), job_event=event)
    assert (status.reason, status.hopeless_after) == ("quota", None)
    assert status.text == f"the namespace's quota is new and not counted yet: {uncounted}"
    account = 'pods "x" is forbidden: error looking up service account team/default: serviceaccount "default" not found'
    status = told(None, job=job(), job_event={"reason": "FailedCreate", "message": f"Error creating: {account}"})
    assert status.hopeless_after == 15.0


@pytest.mark.parametrize(
    ("why", "reason", "words"),
    [
        (
            'pods "agent-x-1-" is forbidden: no PriorityClass with name urgent was found',
            "policy",
            "PriorityClass urgent does not exist (--priority-class)",
        ),
        (
            'pods "agent-x-1-abc" is forbidden: pod rejected: RuntimeClass "gvisor" not found',
            "policy",
            "RuntimeClass gvisor does not exist (--runtime-class)",
        ),
        (
            'pods "agent-x-1-" is forbidden: error looking up service account team/builder: serviceaccount "builder" not found',
            "policy",
            "ServiceAccount builder does not exist (--service-account)",
        ),
        (
            'pods "x" is forbidden: maximum ephemeral-storage usage per Container is 1Gi, but limit is 4Gi',
            "policy",
            "change --disk",
        ),
    ],
)
def test_what_the_cluster_refuses_is_told_by_its_option(why: str, reason: str, words: str) -> None:
    event = {"reason": "FailedCreate", "message": f"Error creating: {why}"}
    status = told(None, job=job(), job_event=event)
    assert (status.reason, status.hopeless_after) == (reason, 0.0)
    assert words in status.text
