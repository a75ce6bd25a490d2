"""The chart's test runs the pod that the command-line tool would run, with whatever values a user gives."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from aideator_agent.pod_settings import PodSettings
from aideator_agent.spec import Limits, Repository, RunSpec, VariationSpec
from aideator_cli.backends.kubernetes import manifests
from aideator_cli.backends.kubernetes.manifests import Placement
from aideator_cli.intake import prompts, scripts
from aideator_cli.intake.roles import finding
from aideator_cli.intake.variables import Variables
from charts import __main__ as generator
from tests.fixtures.chart import Helm, only

ROOT = Path(__file__).parents[2]
HOSTILE = 'Say "{{ .Values.secret }}"\n---\nkind: Pod # 100% <b> & \\ ☃ `rm -rf`'


def run_of_the_test(**fields: Any) -> RunSpec:
    """What the command-line tool would submit for the chart's fallback values."""
    plain = RunSpec(
        id="test-run",
        submission_id=generator.SUBMISSION,
        created=generator.CREATED,
        repository=Repository("https://github.com/octocat/Hello-World"),
        prompt="Analyze this repository and describe what it does",
        variations=(VariationSpec(1, generator.MODEL),),
        limits=Limits(steps=generator.STEPS, seconds=generator.SECONDS),
        scripts={generator.MODEL: scripts.load(ROOT / "charts" / "describe.yaml")},
        secret="aideator-keys",
    )
    spec = replace(plain, **fields)
    role = finding.shipped(finding.NEUTRAL)
    messages = prompts.messages(spec.repository, [prompts.Briefed(role, spec.prompt)], Variables())
    return replace(spec, system=messages.system, task=messages.task)


def rendered(helm: Helm, tmp_path: Path, values: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The Job without what is Helm's, and the ConfigMap."""
    (tmp_path / "values.yaml").write_text(yaml.safe_dump(values))
    objects = helm.objects("-f", str(tmp_path / "values.yaml"))
    job = only(objects, "Job")
    annotations = job["metadata"]["annotations"]
    job["metadata"]["annotations"] = {k: v for k, v in annotations.items() if not k.startswith("helm.sh/")}
    return job, only(objects, "ConfigMap")


def agrees(helm: Helm, tmp_path: Path, values: dict[str, Any], spec: RunSpec, name: str = "agent-job-dev-test") -> None:
    job, configmap = rendered(helm, tmp_path, values)
    placement = Placement("team", generator.USER, spec.secret or "")
    expected = manifests.job(spec, spec.variations[0], placement)
    expected["metadata"]["name"] = name
    for manifest in (job, expected):
        manifest["spec"]["template"]["spec"]["containers"][0]["env"].sort(key=lambda entry: entry["name"])
    assert job == expected
    assert RunSpec.from_json(configmap.pop("data")["spec.json"]) == spec
    wanted = manifests.configmap(spec, placement)
    assert configmap == {key: value for key, value in wanted.items() if key != "data"}


def test_with_the_fallback_values(helm: Helm, tmp_path: Path) -> None:
    agrees(helm, tmp_path, {}, run_of_the_test())


def test_with_everything_overridden(helm: Helm, tmp_path: Path) -> None:
    values = {
        "repoUrl": "ssh://git@host.example:22/team/project.git/",
        "prompt": HOSTILE,
        "runId": "mine",
        "variationId": "12",
        "agentJobName": "my-job",
        "agentImage": "registry.example:5005/agent:dev",
        "image": "node:22",
        "secret": {"name": "own"},
        "test": {"model": "openai/mine", "keys": ["OPENAI_API_KEY", "MINE"], "apiBase": "http://vllm:8000/v1"},
    }
    keys = ("OPENAI_API_KEY", "MINE")
    spec = run_of_the_test(
        id="mine",
        repository=Repository("ssh://git@host.example:22/team/project.git/"),
        prompt=HOSTILE,
        variations=(VariationSpec(12, "openai/mine", api_base="http://vllm:8000/v1", keys=keys),),
        image="node:22",
        agent_image="registry.example:5005/agent:dev",
        secret="own",
    )
    agrees(helm, tmp_path, values, spec, "my-job")


def test_a_providers_key_must_be_there(helm: Helm, tmp_path: Path) -> None:
    values = {"test": {"model": "anthropic/claude-sonnet-4-5", "keys": ["ANTHROPIC_API_KEY"]}}
    variation = VariationSpec(1, "anthropic/claude-sonnet-4-5", keys=("ANTHROPIC_API_KEY",))
    agrees(helm, tmp_path, values, run_of_the_test(variations=(variation,)))


def test_the_platform_may_choose_the_user_id_and_want_a_pull_secret(helm: Helm, tmp_path: Path) -> None:
    values = {"test": {"runAs": "any"}, "imagePullSecrets": ["registry", "mirror"]}
    agrees(
        helm, tmp_path, values, run_of_the_test(pod=PodSettings(run_as=None, image_pull_secrets=("registry", "mirror")))
    )


@pytest.mark.parametrize(
    ("values", "policy"),
    [
        ({}, "before-hook-creation"),
        ({"test": {"keep": False}}, "before-hook-creation,hook-succeeded"),
    ],
)
def test_the_next_test_replaces_the_job_and_helm_deletes_it_earlier_if_asked_to(
    helm: Helm, tmp_path: Path, values: dict[str, Any], policy: str
) -> None:
    (tmp_path / "values.yaml").write_text(yaml.safe_dump(values))
    annotations = only(helm.objects("-f", str(tmp_path / "values.yaml")), "Job")["metadata"]["annotations"]
    assert annotations.get("helm.sh/hook") == "test"
    assert annotations.get("helm.sh/hook-delete-policy") == policy


def test_the_generated_part_is_as_make_chart_writes_it(tmp_path: Path) -> None:
    page = tmp_path / "page.tpl"
    subprocess.run([sys.executable, "-m", "charts", str(page)], cwd=ROOT, check=True, capture_output=True)
    assert page.read_text() == generator.PAGE.read_text(), "make chart"
