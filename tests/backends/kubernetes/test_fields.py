"""What we send, every Kubernetes from 1.29 to 1.36 knows: an API server silently drops what it does not."""

import re
from pathlib import Path
from typing import Any

from aideator_agent.pod_settings import PodSettings, Toleration
from aideator_agent.spec import Check, Piece, Sent
from aideator_cli import backends
from aideator_cli.backends.kubernetes import manifests
from aideator_cli.backends.kubernetes.manifests import Placement, Submission
from tests.backends.kubernetes.fields import unknown
from tests.backends.kubernetes.specs import run_spec

METADATA = {"name", "namespace", "labels", "annotations", "ownerReferences"}
GROUPS = {
    "batch/v1",
    "authentication.k8s.io/v1",
    "authorization.k8s.io/v1",
    "networking.k8s.io/v1",
    "node.k8s.io/v1",
    "scheduling.k8s.io/v1",
}  # since before 1.29


def whole(sent: Sent | None = None) -> dict[str, Any]:
    """A Job with everything that an option can put into it."""
    settings = PodSettings(
        node_selector={"a": "b"},
        tolerations=(Toleration("a", "b", "NoSchedule"), Toleration("c")),
        priority_class="low",
        runtime_class="gvisor",
        service_account="builder",
        image_pull_secrets=("registry",),
        env_from=("tools",),
        labels={"a": "b"},
        annotations={"a": "b"},
    )
    spec = run_spec(
        keys=("OPENAI_API_KEY",), checks=(Check("unit", "make"),), env={"A": "b"}, ca="PEM", pod=settings, sent=sent
    )  # fmt: skip
    return manifests.job(spec, spec.variations[0], Placement("team", "user", "secret"), Submission(2, "id", 0.5))


def test_every_version_knows_every_field_of_a_job() -> None:
    piece = Piece(2_000_000, "0" * 64)
    for sent in (None, Sent(commits=piece, carried=piece), Sent(commits=piece, by_connection=True)):
        job = whole(sent)
        assert (job["apiVersion"], job["kind"]) == ("batch/v1", "Job")
        assert list(unknown(job["spec"])) == []
        for metadata in (job["metadata"], job["spec"]["template"]["metadata"]):
            assert metadata.keys() <= METADATA


def test_every_version_serves_the_groups_that_are_asked() -> None:
    folder = Path(backends.__file__).with_name("kubernetes")
    asked = {found for path in folder.glob("*.py") for found in re.findall(r"/apis/([\w.-]+/v\w+)", path.read_text())}
    assert {group for group in asked if ".x-k8s.io" not in group} <= GROUPS


def test_a_field_of_a_later_version_is_noticed() -> None:
    job = whole()["spec"]
    job["successPolicy"] = {"rules": []}  # 1.30
    pod = job["template"]["spec"]
    pod["initContainers"][0]["restartPolicyRules"] = []  # 1.34
    pod["containers"][0]["env"][0]["valueFrom"] = {"fileKeyRef": {}}  # 1.34
    pod["volumes"][0]["image"] = {}  # 1.31
    assert sorted(unknown(job)) == [
        "spec.successPolicy",
        "spec.template.spec.containers.env.valueFrom.fileKeyRef",
        "spec.template.spec.initContainers.restartPolicyRules",
        "spec.template.spec.volumes.image",
    ]
