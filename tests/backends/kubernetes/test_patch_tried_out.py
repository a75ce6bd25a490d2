"""The server looks at a Job with a user's patch before anything is created: only it knows every field of a pod."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from aideator_agent.pod_settings import PodSettings
from aideator_cli.backends.kubernetes.preflight import preflight
from aideator_cli.errors import AideatorError, ExitCode
from tests.backends.kubernetes.api_server import Handler, answering
from tests.backends.kubernetes.specs import run_spec

ASKED = "POST /apis/batch/v1/namespaces/team/jobs?dryRun=All&fieldValidation=Strict"


def tried_out(status: int, message: str, patch: dict[str, Any] | None) -> list[str]:
    """Returns what the server was asked; it may be asked for nothing else than to look at a Job."""

    def answer(asked: Handler) -> None:
        if asked.path.startswith("/apis/batch/"):
            asked.json(status, {"kind": "Status", "message": message})
        else:
            asked.json(403, {"kind": "Status", "reason": "Forbidden", "message": "no"})

    with answering(answer) as server, ThreadPoolExecutor(1) as pool:
        preflight(server.objects(), run_spec(pod=PodSettings(patch=patch)), "jane", pool)
    return [request for request in server.requests if request.startswith("POST /apis/batch")]


@pytest.mark.parametrize(
    ("status", "message", "told"),
    [
        (
            400,
            'Job in version "v1" cannot be handled as a Job: json: cannot unmarshal number into Go struct field '
            "PodSpec.spec.template.spec.nodeSelector of type map[string]string",
            "cannot unmarshal number into Go struct field PodSpec.spec.nodeSelector of type map[string]string",
        ),
        (
            400,
            'Job in version "v1" cannot be handled as a Job: strict decoding error: unknown field "spec.template.spec.dnsConfig.x"',
            'unknown field "spec.dnsConfig.x"',
        ),
        (
            422,
            'Job.batch "agent-x-1" is invalid: spec.template.spec.tolerations[0].operator: Unsupported value: "Sometimes"',
            'spec.tolerations[0].operator: Unsupported value: "Sometimes"',
        ),
    ],
)
def test_a_patch_that_is_no_pods_is_told_with_its_field(status: int, message: str, told: str) -> None:
    with pytest.raises(AideatorError) as caught:
        tried_out(status, message, {"spec": {"dnsConfig": {"x": 1}}})
    assert (caught.value.message, caught.value.code) == (
        f"the cluster can't take the pod patch: {told}",
        ExitCode.USAGE,
    )
    assert caught.value.hint == "`kubectl --context fake explain pod.spec` describes the fields of a pod"


def test_what_says_nothing_about_the_patch_is_left_to_the_submission() -> None:
    patch = {"spec": {"hostname": "a"}}
    assert tried_out(400, 'admission webhook "x" does not support dry run', patch) == [ASKED]
    assert tried_out(403, "jobs.batch is forbidden", patch) == [ASKED]
    denied = 'admission webhook "v.example.org" denied the request: Job.batch "agent-x-1" is invalid: metadata.labels: Required value: team'
    assert tried_out(422, denied, patch) == [ASKED]
    assert tried_out(201, "", patch) == [ASKED]
    assert tried_out(201, "", None) == []
