"""What a namespace's LimitRange or ResourceQuota refuses is said before anything is created, with the option that helps."""

from typing import Any

import pytest

from aideator_agent.pod_settings import PodSettings, Resources, Share
from aideator_agent.spec import Check
from aideator_cli.backends.kubernetes import allowances, manifests
from aideator_cli.backends.kubernetes.manifests import Placement
from aideator_cli.backends.kubernetes.problems import Place
from aideator_cli.errors import AideatorError, ExitCode
from tests.backends.kubernetes.specs import run_spec

PLACE = Place("dev", "https://x", "team")


def pod(cpu: str = "50m:1", memory: str = "128Mi:2Gi", **fields: Any) -> Any:
    """Two containers, `agent` and `shell`, each with this; `checks` adds one."""
    settings = PodSettings(
        resources=Resources(Share(*cpu.split(":")), Share(*memory.split(":"))), check_resources=Resources(), **fields
    )
    checked: dict[str, Any] = {} if cpu != "checked" else {"checks": (Check("unit", "make"),)}
    spec = run_spec(pod=settings, **checked)
    job = manifests.job(spec, spec.variations[0], Placement("team", "user", "aideator-keys"))
    return job["spec"]["template"]["spec"]


def limit_range(kind: str = "Container", **limits: dict[str, str]) -> Any:
    return {"metadata": {"name": "small"}, "spec": {"limits": [{"type": kind, **limits}]}}


def quota(spec: dict[str, Any] | None = None, **hard: str) -> Any:
    names = {name.replace("_", "."): value for name, value in hard.items()}
    return {"metadata": {"name": "team"}, "spec": {"hard": names, **(spec or {})}}


def refusal(pod: Any, *found: Any) -> AideatorError:
    ranges = [each for each in found if "limits" in each["spec"]]
    quotas = [each for each in found if "hard" in each["spec"]]
    with pytest.raises(AideatorError) as told:
        allowances.check(pod, ranges, quotas, PLACE)
    assert told.value.code == ExitCode.REFUSED
    return told.value


@pytest.mark.parametrize(
    ("given", "found", "said", "hint"),
    [
        (
            pod(),
            limit_range(max={"cpu": "500m"}),
            "LimitRange small of namespace team allows a container a cpu limit of 500m, and that of shell is 1",
            "--cpu 50m:500m",
        ),
        (
            pod(memory="4Gi:8Gi"),
            limit_range(max={"memory": "1Gi"}),
            "a memory limit of 1Gi, and that of shell is 8Gi",
            "--memory 1Gi:1Gi",
        ),
        (
            pod(),
            limit_range(min={"cpu": "2"}),
            "demands a cpu request of 2, and that of shell is 50m",
            "--cpu 2:2",
        ),
        (
            pod(),
            limit_range(maxLimitRequestRatio={"cpu": "10"}),
            "allows a cpu limit of 10 times the request, and shell has 50m:1",
            "raise the request or lower the limit of --cpu",
        ),
        (
            pod(),
            limit_range("Pod", max={"memory": "3Gi"}),
            "allows a pod a memory limit of 3Gi, and this pod's is 4Gi (shell 2Gi, agent 2Gi)",
            "lower --memory",
        ),
        (
            pod(),
            quota(limits_cpu="1500m"),
            "the quota team of namespace team allows 1500m of limits.cpu, and one pod needs 2 (shell 1, agent 1)",
            "lower --cpu",
        ),
        (pod("3:3"), quota(cpu="5"), "allows 5 of cpu, and one pod needs 6", "lower --cpu"),
        (pod(), quota(pods="0"), "allows no pods (pods: 0)", "kubectl --context dev -n team describe resourcequota"),
        (
            pod(),
            quota({"scopes": ["Terminating"]}, requests_memory="200Mi"),
            "allows 200Mi of requests.memory, and one pod needs 256Mi",
            "lower --memory",
        ),
    ],
)
def test_what_is_refused_is_named_with_a_way_out(given: Any, found: Any, said: str, hint: str) -> None:
    told = refusal(given, found)
    assert said in told.message
    assert hint in str(told.hint)


def test_the_container_for_checks_has_options_of_its_own() -> None:
    spec = run_spec(checks=(Check("unit", "make"),), pod=PodSettings(check_resources=Resources(cpu=Share("1", "8"))))
    job = manifests.job(spec, spec.variations[0], Placement("team", "user", "aideator-keys"))
    made = job["spec"]["template"]["spec"]
    assert refusal(made, limit_range(max={"cpu": "4"})).hint == "--check-cpu 1:4"
    assert refusal(made, quota(limits_cpu="9")).hint == "lower --cpu or --check-cpu"


@pytest.mark.parametrize(
    "found",
    [
        limit_range(max={"cpu": "1", "memory": "2Gi"}, min={"cpu": "50m"}, default={"cpu": "1"}),
        limit_range("PersistentVolumeClaim", max={"storage": "1Gi"}),
        limit_range(max={"cpu": "no quantity", "nvidia.com/gpu": "0"}),
        quota(limits_cpu="2", pods="1"),
        {"metadata": {"name": "used"}, "spec": {"hard": {"pods": "3"}}, "status": {"used": {"pods": "3"}}},
        quota({"scopes": ["NotTerminating"]}, pods="0"),
        quota({"scopes": ["BestEffort"]}, pods="0"),
        quota({"scopeSelector": {"matchExpressions": [{"scopeName": "PriorityClass", "operator": "In", "values": ["high"]}]}}, pods="0"),
        {"metadata": {"name": "empty"}},
    ],
)  # fmt: skip
def test_what_fits_or_does_not_concern_the_pod_is_accepted(found: Any) -> None:
    allowances.check(pod(), [found], [found], PLACE)


def test_a_quota_of_the_pods_own_priority_class_counts() -> None:
    scope = {"matchExpressions": [{"scopeName": "PriorityClass", "operator": "In", "values": ["high"]}]}
    refusal(pod(priority_class="high"), quota({"scopeSelector": scope}, pods="0"))
