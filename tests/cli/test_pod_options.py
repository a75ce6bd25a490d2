"""The options that shape the agents' pods: what `--dry-run` shows of them, and what is refused at the door."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from aideator_cli.errors import ExitCode
from tests.cli.conftest import Dry, Said, Shell, configure, job_of
from tests.fixtures.repositories import LocalRepository
from tests.fixtures.tls import Authority


def pod_of(said: Said) -> dict[str, Any]:
    pod: dict[str, Any] = job_of(said)["spec"]["template"]["spec"]
    return pod


def resources(said: Said) -> dict[str, dict[str, str]]:
    pod = pod_of(said)
    found = {}
    for container in (*pod["initContainers"], *pod["containers"]):
        given = container["resources"]
        kinds = ("cpu", "memory", "ephemeral-storage")
        found[container["name"]] = " ".join(f"{given['requests'][kind]}:{given['limits'][kind]}" for kind in kinds)
    return found


def test_each_container_gets_what_it_is_given(dry: Dry) -> None:
    usual = resources(dry())
    assert usual == {"shell": "50m:1 128Mi:2Gi 128Mi:4Gi", "agent": "50m:1 128Mi:2Gi 128Mi:4Gi"}
    given = resources(dry("--cpu", "250m:2", "--memory", "1Gi", "--verify", "make", "--check-memory", "2Gi:6G"))
    assert given["agent"] == given["shell"] == "250m:2 1Gi:1Gi 128Mi:4Gi"
    assert given["check"] == "250m:2 2Gi:6G 128Mi:4Gi"


def test_the_configuration_gives_what_no_option_does(dry: Dry, home: Path) -> None:
    configure(
        home,
        'cpu: "1:4"\nmemory: 1Gi\ncheck_disk: 10Gi\nnode_selector: {disktype: ssd, zone: a}\n'
        "toleration: [gpu]\nlabel: [team=blue]\nimage_pull_secret: [registry]\n",
    )
    said = dry("--memory", "3Gi", "--node-selector", "zone=b", "--verify", "make", "--label", "cost=7")
    assert resources(said)["agent"] == "1:4 3Gi:3Gi 128Mi:4Gi"
    assert resources(said)["check"] == "1:4 3Gi:3Gi 10Gi:10Gi"
    pod = pod_of(said)
    assert pod["nodeSelector"] == {"disktype": "ssd", "zone": "b"}
    assert pod["tolerations"] == [{"key": "gpu", "operator": "Exists"}]
    assert pod["imagePullSecrets"] == [{"name": "registry"}]
    assert job_of(said)["metadata"]["labels"].items() >= {"team": "blue", "cost": "7"}.items()


def test_the_pod_is_placed_and_marked_as_the_user_says(dry: Dry) -> None:
    said = dry(
        "--toleration", "gpu=a100:NoSchedule", "--toleration", "spot:NoExecute", "--priority-class", "low",
        "--runtime-class", "gvisor", "--service-account", "builder", "--image-pull-secret", "registry",
        "--label", "example.com/team=blue", "--annotation", "note=any text: {here}",
    )  # fmt: skip
    pod, job = pod_of(said), job_of(said)
    assert pod["tolerations"] == [
        {"key": "gpu", "operator": "Equal", "value": "a100", "effect": "NoSchedule"},
        {"key": "spot", "operator": "Exists", "effect": "NoExecute"},
    ]
    assert (pod["priorityClassName"], pod["runtimeClassName"], pod["serviceAccountName"]) == (
        "low",
        "gvisor",
        "builder",
    )
    assert pod["automountServiceAccountToken"] is False
    for metadata in (job["metadata"], job["spec"]["template"]["metadata"]):
        assert metadata["labels"]["example.com/team"] == "blue"
        assert metadata["annotations"]["note"] == "any text: {here}"
        assert metadata["labels"]["app"] == "aideator-agent"


def env_of(container: dict[str, Any]) -> dict[str, str]:
    return {each["name"]: each.get("value", "") for each in container["env"]}


def test_variables_are_for_commands_and_checks_and_the_user_is_warned(dry: Dry, home: Path) -> None:
    configure(home, "env: {STAGE: one, MODE: fast}\nenv_from: [tools]\n")
    said = dry("--env", "STAGE=a $(HOME) $x", "--env-from", "registry-token", "--verify", "make")
    pod = pod_of(said)
    for container in pod["initContainers"]:
        assert env_of(container)["STAGE"] == "a $$(HOME) $$x"  # as Kubernetes reads it: nothing is replaced
        assert env_of(container)["MODE"] == "fast"
        assert container["envFrom"] == [{"secretRef": {"name": "tools"}}, {"secretRef": {"name": "registry-token"}}]
    agent = pod["containers"][0]
    assert "envFrom" not in agent
    assert not {"STAGE", "MODE"} & env_of(agent).keys()
    warned = (
        "the model can read what commands can: --env STAGE, --env MODE, --env-from tools, --env-from registry-token"
    )
    assert warned in said.err


def test_an_endpoint_on_this_machine_comes_with_a_warning_that_pods_call_it_otherwise(dry: Dry) -> None:
    named = ("--model", "openai/m", "-n", "2", "--api-base")
    said = dry(*named, "http://localhost:11434/v1")
    assert "warning: in a pod, http://localhost:11434/v1 is the pod itself, and not this machine" in said.err
    assert "is the pod itself" not in dry(*named, "http://host.k3d.internal:11434/v1").err


def test_a_proxy_and_authorities_are_for_everything_and_no_secret(dry: Dry, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    (tmp_path / "two.pem").write_text("a comment\n" + authority.certificate.read_text())
    said = dry("--env", "HTTPS_PROXY=http://proxy:3128", "--env", "no_proxy=.local", "--ca", str(tmp_path / "two.pem"))
    shell = env_of(pod_of(said)["initContainers"][0])
    assert shell["https_proxy"] == shell["HTTPS_PROXY"] == "http://proxy:3128"
    assert shell["no_proxy"] == shell["NO_PROXY"] == ".local"
    assert shell["SSL_CERT_FILE"] == shell["GIT_SSL_CAINFO"] == "/aideator/ca.crt"
    spec = json.loads(
        next(each for each in yaml.safe_load_all(said.out) if each["kind"] == "ConfigMap")["data"]["spec.json"]
    )
    assert spec["ca"] == authority.certificate.read_text()
    assert "the model can read" not in said.err
    assert "--env HTTPS_PROXY" in dry("--env", "HTTPS_PROXY=http://me:secret@proxy:3128").err


def test_the_platform_may_choose_the_user_id(dry: Dry, home: Path) -> None:
    def user(*words: str) -> dict[str, Any]:
        found: dict[str, Any] = pod_of(dry(*words))["securityContext"]
        return {name: found.get(name) for name in ("runAsNonRoot", "runAsUser", "runAsGroup", "fsGroup")}

    assert user() == {"runAsNonRoot": True, "runAsUser": 1000, "runAsGroup": 1000, "fsGroup": 1000}
    assert user("--run-as", "1234") == {"runAsNonRoot": True, "runAsUser": 1234, "runAsGroup": 1234, "fsGroup": 1234}
    platform = {"runAsNonRoot": True, "runAsUser": None, "runAsGroup": None, "fsGroup": None}
    assert user("--run-as", "any") == platform
    configure(home, "run_as: 4321\n")
    assert user()["runAsUser"] == 4321


def test_a_patch_is_part_of_the_manifests_and_kept_with_the_run(dry: Dry, home: Path, tmp_path: Path) -> None:
    (tmp_path / "patch.yaml").write_text("spec: {hostAliases: [{ip: 10.0.0.1, hostnames: [registry]}]}\n")
    assert pod_of(dry("--pod-patch", str(tmp_path / "patch.yaml")))["hostAliases"][0]["ip"] == "10.0.0.1"
    configure(home, "pod_patch: own.yaml\n")  # beside the configuration
    (home / "own.yaml").write_text("spec: {dnsPolicy: None}\n")
    assert pod_of(dry())["dnsPolicy"] == "None"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [", "line 1, column 5"),
        ("", "is no mapping"),
        ("- spec", "is no mapping"),
        ("kind: Deployment", "kind is not part of it"),
        ("spec: 5", "spec is no mapping"),
        ("spec: {hostNetwork: true}", "refused at spec.hostNetwork"),
        (
            "spec: {initContainers: [{name: shel, env: []}]}",
            "the pod has no container shel in initContainers; it has shell",
        ),
    ],
)
def test_a_patch_that_is_none_is_refused_at_the_door(dry: Dry, tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "patch.yaml").write_text(text)
    said = dry("--pod-patch", str(tmp_path / "patch.yaml"))
    assert (said.code, said.out) == (ExitCode.USAGE, "")
    assert words in said.err
    assert "does not exist" in dry("--pod-patch", str(tmp_path / "none.yaml")).err


def test_no_mesh_puts_its_container_into_the_pod(dry: Dry) -> None:
    metadata = job_of(dry())["spec"]["template"]["metadata"]
    assert metadata["labels"]["sidecar.istio.io/inject"] == "false"
    assert metadata["annotations"]["sidecar.istio.io/inject"] == "false"
    assert metadata["annotations"]["linkerd.io/inject"] == "disabled"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--cpu", "much"], "--cpu takes REQUEST[:LIMIT], such as 500m, 2 or 250m:2, not 'much'"),
        (["--cpu", "2:1"], "--cpu 2:1: the limit 1 is less than the request 2"),
        (["--cpu", "-1"], "--cpu takes REQUEST[:LIMIT]"),
        (["--cpu", "0"], "0 is less than 1m"),
        (["--memory", "512m"], "did you mean 512Mi?"),
        (["--memory", "1Gi:"], "--memory takes REQUEST[:LIMIT]"),
        (["--disk", "9e99"], "--disk takes REQUEST[:LIMIT]"),
        (["--check-cpu", "1"], "--check-cpu is for the container that runs the checks"),
        (["--node-selector", "disktype"], "--node-selector takes KEY=VALUE, not 'disktype'"),
        (["--node-selector", "a b=c"], "'a b' is no valid key"),
        (["--node-selector", "a=b c"], "'b c' is no valid value"),
        (["--toleration", "a=b:Never"], "the effect is NoSchedule, PreferNoSchedule or NoExecute, not 'Never'"),
        (["--priority-class", "Very High"], "--priority-class takes the name of an object"),
        (["--image-pull-secret", "../x"], "--image-pull-secret takes the name of an object"),
        (["--run-as", "0"], "--run-as takes a user id, or any, not '0'; agents never run as root"),
        (["--run-as", "jane"], "--run-as takes a user id, or any, not 'jane'"),
        (["--env", "STAGE"], "--env takes NAME=VALUE, not 'STAGE'"),
        (["--env", "A-B=1"], "--env: 'A-B' is no name of a variable"),
        (["--env", "OPENAI_API_KEY=sk-1"], "--env OPENAI_API_KEY: the model would be able to read this key"),
        (["--env", "GIT_TOKEN=x"], "--env GIT_TOKEN: the model would be able to read this key"),
        (["--env", "AIDEATOR_CHANNEL=/x"], "--env AIDEATOR_CHANNEL: AIdeator sets it itself"),
        (["--env", "HOME=/x"], "--env HOME: AIdeator sets it itself"),
        (["--env-from", "aideator-keys"], "--env-from aideator-keys: the model would be able to read the keys in it"),
        (["--env-from", "mine", "--secret", "mine"], "--env-from mine: the model would be able to read the keys in it"),
        (["--env-from", "A B"], "--env-from takes the name of an object"),
        (["--ca", "/etc/passwd"], "holds no certificate"),
        (["--label", "run-id=mine"], "--label: AIdeator sets run-id itself"),
        (["--label", "aideator.dev/x=mine"], "--label: AIdeator sets aideator.dev/x itself"),
        (["--label", "app.kubernetes.io/name=mine"], "AIdeator sets app.kubernetes.io/name itself"),
        (["--annotation", "linkerd.io/inject=enabled"], "AIdeator sets linkerd.io/inject itself"),
    ],
)
def test_what_kubernetes_would_refuse_is_refused_at_the_door(dry: Dry, options: list[str], words: str) -> None:
    said = dry(*options)
    assert (said.code, said.out) == (ExitCode.USAGE, "")
    assert said.err.startswith("error: ")
    assert words in said.err


def test_authorities_that_are_not_there(dry: Dry, tmp_path: Path) -> None:
    said = dry("--ca", str(tmp_path / "none.pem"))
    assert (said.code, said.out) == (ExitCode.NOT_FOUND, "")
    (tmp_path / "bad.pem").write_text("-----BEGIN CERTIFICATE-----\nxxxx\n-----END CERTIFICATE-----\n")
    said = dry("--ca", str(tmp_path / "bad.pem"))
    assert (said.code, said.out) == (ExitCode.USAGE, "")
    assert "a certificate can't be read" in said.err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("cpu: 1:30", "cpu is 90; it takes a text"),
        ("node_selector: {gpu: true}", "node_selector is {'gpu': True}; it takes a list of texts"),
        ("label: 7", "label is 7; it takes a list of texts"),
        ("cpus: '2'", "unknown setting 'cpus'"),
    ],
)
def test_a_mistake_in_the_configuration_is_named(dry: Dry, home: Path, text: str, words: str) -> None:
    configure(home, text + "\n")
    said = dry()
    assert said.code == ExitCode.USAGE
    assert words in said.err
    assert str(home / "config.yaml") in said.err


@pytest.mark.parametrize(
    "option", ["--cpu", "--check-disk", "--node-selector", "--run-as", "--label", "--env-from", "--queue"]
)
def test_what_shapes_a_pod_means_nothing_on_this_machine(
    aideator: Shell, home: Path, tmp_path: Path, option: str
) -> None:
    repository = LocalRepository(tmp_path / "source")
    repository.commit({"a.py": "x\n"})
    (tmp_path / "script.yaml").write_text("- say: done\n")
    said = aideator(
        "run", str(repository.path), "fix", "--model", f"scripted/{tmp_path}/script.yaml", "--backend", "local", option, "a=1"
    )  # fmt: skip
    assert said.code == ExitCode.USAGE
    assert f"{option} applies only to a cluster" in said.err
    assert not (home / "runs").exists()


def test_a_dry_run_prints_json_when_asked(dry: Dry) -> None:
    said = dry("--json", "--node-selector", "disk=fast")
    config, job = (json.loads(line) for line in said.out.splitlines())
    assert (config["kind"], job["kind"]) == ("ConfigMap", "Job")
    assert job["spec"]["template"]["spec"]["nodeSelector"]["disk"] == "fast"
