"""Whatever a user, a repository or a model writes stays one value in the manifests."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from aideator_agent.pod_settings import PodSettings, Resources, Share, Toleration
from aideator_agent.settings import load
from aideator_agent.shell_server import server_command
from aideator_agent.spec import Check, Limits, Referee, Repository, RunSpec, VariationSpec
from aideator_cli.backends.kubernetes import manifests
from aideator_cli.backends.kubernetes.manifests import Placement, Submission
from aideator_cli.backends.kubernetes.marks import is_our_annotation, is_our_label
from aideator_cli.errors import AideatorError
from aideator_cli.system.templates import as_json, render
from tests.backends.kubernetes.specs import run_spec

PLACEMENT = Placement("team", "4813494d13", "aideator-keys")
HOSTILE = [
    "{{ 7 * 7 }}",
    "{% for x in y %}",
    "quote \" and ' and \\",
    "two\nlines: here\n---\nkind: Pod",
    "!!python/object/apply:os.system [id]",
    "&anchor *alias",
    "# comment",
    "</script>",
    "\x1b[31m \x00 \x7f \x85 \u2028 \ufeff \ufffe",
    "snow ☃ and rocket 🚀",
    "yes",
    "1e3",
    "$(AIDEATOR_SPEC) $$",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_arrives_as_it_was(text: str) -> None:
    plain = run_spec()
    variation = VariationSpec(1, f"m{text}", keys=(f"K{text}",))
    spec = replace(plain, prompt=text, image=text, agent_image=text, variations=(variation,))
    placement = replace(PLACEMENT, secret=text)

    job = manifests.job(spec, variation, placement)
    usual = manifests.job(plain, plain.variations[0], PLACEMENT)
    pod, usual_pod = job["spec"]["template"]["spec"], usual["spec"]["template"]["spec"]
    agent, shell = pod["containers"][0], pod["initContainers"][0]
    assert (agent["image"], shell["image"]) == (text, text)
    assert job["metadata"]["annotations"]["aideator.dev/model"] == f"m{text}"
    assert agent["env"][-2]["name"] == f"K{text}"
    assert agent["env"][-2]["valueFrom"]["secretKeyRef"] == {"name": text, "key": f"K{text}", "optional": False}
    assert job.keys() == usual.keys()
    assert pod.keys() == usual_pod.keys()
    assert pod["volumes"] == usual_pod["volumes"]
    assert agent["securityContext"] == usual_pod["containers"][0]["securityContext"]

    held = manifests.configmap(spec, placement)
    assert RunSpec.from_json(held["data"]["spec.json"]) == spec


@given(st.recursive(st.text() | st.integers() | st.booleans() | st.none(), st.lists))
def test_json_for_a_template_is_yaml_with_the_same_meaning(value: object) -> None:
    assert yaml.safe_load(f"key: {as_json(value)}") == {"key": value}


def test_half_a_character_is_replaced() -> None:
    assert yaml.safe_load(as_json("a\ud800b")) == "a\ufffdb"


def test_a_value_that_is_missing_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        render("job.yaml.j2", {"name": "agent-x-1"})


def test_the_pod_gets_the_keys_of_its_variation_and_no_other() -> None:
    first = VariationSpec(1, "openai/gpt", keys=("OPENAI_API_KEY",))
    second = VariationSpec(2, "anthropic/claude", keys=("ANTHROPIC_API_KEY",))
    own = VariationSpec(3, "openai/mine", api_base="http://vllm:8000/v1", keys=("OPENAI_API_KEY",))
    spec = replace(run_spec(), variations=(first, second, own))

    def keys(variation: VariationSpec) -> dict[str, bool]:
        pod = manifests.job(spec, variation, PLACEMENT)["spec"]["template"]["spec"]
        entries = [e["valueFrom"] for e in pod["containers"][0]["env"] if "secretKeyRef" in e.get("valueFrom", {})]
        assert not any("valueFrom" in entry for entry in pod["initContainers"][0]["env"])
        return {e["secretKeyRef"]["key"]: e["secretKeyRef"]["optional"] for e in entries}

    assert keys(first) == {"OPENAI_API_KEY": False, "GIT_TOKEN": True}
    assert keys(second) == {"ANTHROPIC_API_KEY": False, "GIT_TOKEN": True}
    assert keys(own) == {"OPENAI_API_KEY": True, "GIT_TOKEN": True}


def test_what_opens_the_repository_comes_from_its_own_secret_into_the_agents_container_alone() -> None:
    def entries(url: str, *, private: bool = True) -> dict[str, tuple[str, str, bool]]:
        spec = run_spec(git_secret="for-git", repository=Repository(url, private=private))
        pod = manifests.job(spec, spec.variations[0], PLACEMENT)["spec"]["template"]["spec"]
        assert "for-git" not in str(pod["initContainers"])
        assert "for-git" not in str(pod["volumes"])
        found = {e["name"]: e["valueFrom"].get("secretKeyRef") for e in pod["containers"][0]["env"] if "valueFrom" in e}
        return {name: (of["name"], of["key"], of["optional"]) for name, of in found.items() if of}

    key = ("for-git", "ssh-privatekey", False)
    for url in ("ssh://git@git.example/a.git", "git@git.example:a.git"):
        assert entries(url)["AIDEATOR_SSH_KEY"] == key
        assert entries(url)["AIDEATOR_KNOWN_HOSTS"] == ("for-git", "known_hosts", False)
        assert entries(url)["GIT_TOKEN"] == ("for-git", "GIT_TOKEN", True)
    over_https = entries("https://git.example/a.git")
    assert over_https["GIT_TOKEN"] == ("for-git", "GIT_TOKEN", False)
    assert over_https["AIDEATOR_SSH_KEY"] == (*key[:2], True)
    assert entries("https://git.example/a.git", private=False)["GIT_TOKEN"][2]


def test_deadlines_come_one_behind_the_other() -> None:
    spec = run_spec()
    job = manifests.job(spec, spec.variations[0], PLACEMENT)["spec"]
    pod = job["template"]["spec"]["activeDeadlineSeconds"]
    assert spec.limits.seconds < pod < job["activeDeadlineSeconds"]
    assert pod == spec.limits.seconds + 300
    assert job["activeDeadlineSeconds"] == spec.limits.start_seconds + pod + 3600


def test_the_spec_and_the_private_folder_are_the_agents_alone() -> None:
    spec = run_spec()
    pod = manifests.job(spec, spec.variations[0], PLACEMENT)["spec"]["template"]["spec"]
    shell = {mount["name"]: mount.get("readOnly", False) for mount in pod["initContainers"][0]["volumeMounts"]}
    agent = {mount["name"]: mount.get("readOnly", False) for mount in pod["containers"][0]["volumeMounts"]}
    assert shell.keys() & agent.keys() == {"workspace", "channel"}
    assert shell["channel"] is True
    assert agent["channel"] is False
    assert {"spec", "private"} <= agent.keys()


CHECKED: dict[str, Any] = {"checks": (Check("unit", "pytest -q"), Check("lint", "ruff check")), "setup": ("make",)}


def test_without_checks_there_is_no_container_for_them() -> None:
    spec = run_spec()
    assert "check" not in json.dumps(manifests.job(spec, spec.variations[0], PLACEMENT)["spec"])


def test_the_container_for_checks_is_as_the_shell_and_shares_nothing_with_it() -> None:
    spec = run_spec(**CHECKED, image="node:22", keys=("OPENAI_API_KEY",))
    pod = manifests.job(spec, spec.variations[0], PLACEMENT)["spec"]["template"]["spec"]
    shell, check = pod["initContainers"]
    assert {**shell, "name": "check", "volumeMounts": []} == {**check, "volumeMounts": []}
    places = [{mount["mountPath"]: mount["name"] for mount in sidecar["volumeMounts"]} for sidecar in (shell, check)]
    assert places[1].keys() - places[0].keys() == {
        "/dev/shm"
    }  # the runtime's is the pod's, with what the agent left there
    assert places[0].keys() < places[1].keys()
    assert not set(places[0].values()) & set(places[1].values())
    assert next(mount for mount in check["volumeMounts"] if mount["mountPath"] == "/aideator")["readOnly"] is True
    agent = {mount["name"] for mount in pod["containers"][0]["volumeMounts"]}
    assert {mount["name"] for mount in check["volumeMounts"]} < agent
    volumes = [volume["name"] for volume in pod["volumes"]]
    assert len(volumes) == len(set(volumes))
    assert agent | set(places[0].values()) == set(volumes)


def test_the_deadline_leaves_room_for_the_checks() -> None:
    """Three commands of 10 minutes on each tree, the checks K times; the base's are the first variation's. A minute for each tree."""
    spec = run_spec(2, **CHECKED, verify_repeat=3)

    def pod_seconds(number: int, **changed: Any) -> float:
        made = replace(spec, **changed)
        job = manifests.job(made, made.variations[number - 1], PLACEMENT)["spec"]
        seconds: float = job["template"]["spec"]["activeDeadlineSeconds"]
        assert job["activeDeadlineSeconds"] == spec.limits.start_seconds + seconds + 3600
        return seconds - spec.limits.seconds - 300

    assert pod_seconds(2) == 2 * (1 + 3 * 2) * 600 + 2 * 60
    assert pod_seconds(1) == pod_seconds(2) + 3 * 600 + 60
    assert pod_seconds(1, baseline=False) == pod_seconds(2)


def test_kubernetes_replaces_nothing_in_the_shells_command() -> None:
    spec = run_spec()
    pod = manifests.job(spec, spec.variations[0], PLACEMENT)["spec"]["template"]["spec"]
    command = pod["initContainers"][0]["command"]
    assert command == server_command()
    assert not any("$(" in part or "$$" in part for part in command)


def test_the_commands_run_in_the_users_image_and_the_agent_in_its_own() -> None:
    spec = replace(run_spec(), image="node:22")
    pod = manifests.job(spec, spec.variations[0], PLACEMENT)["spec"]["template"]["spec"]
    assert pod["initContainers"][0]["image"] == "node:22"
    assert pod["containers"][0]["image"].startswith("aideator-agent:")


@pytest.mark.parametrize("cost", [None, 0.05, 1e-05])
def test_a_pod_that_tries_again_is_told_what_it_may_still_spend(cost: float | None, tmp_path: Path) -> None:
    spec = replace(run_spec(), limits=Limits(cost=0.15))
    job = manifests.job(spec, spec.variations[0], PLACEMENT, Submission(2, "id", cost))
    told = {each["name"]: each.get("value", "uid") for each in job["spec"]["template"]["spec"]["containers"][0]["env"]}
    (tmp_path / "spec.json").write_text(spec.to_json())
    assert load({**told, "AIDEATOR_SPEC": str(tmp_path / "spec.json")}).spec.limits.cost == (cost or 0.15)


def test_a_spec_from_before_the_pods_settings_gets_the_usual_pod() -> None:
    spec = run_spec()
    old = {name: value for name, value in json.loads(spec.to_json()).items() if name != "pod"}
    assert RunSpec.from_json(json.dumps(old)) == spec


def test_the_pods_settings_are_kept_with_the_run() -> None:
    settings = PodSettings(
        resources=Resources(cpu=Share("1", "2")),
        node_selector={"pool": "agents"},
        tolerations=(Toleration("gpu", None, "NoSchedule"),),
        image_pull_secrets=("registry",),
        labels={"team": "blue"},
    )
    spec = run_spec(pod=settings)
    assert RunSpec.from_json(spec.to_json()) == spec


def test_every_mark_of_ours_is_known_as_ours() -> None:
    """Otherwise a user's label could replace it."""
    job = manifests.job(run_spec(), run_spec().variations[0], PLACEMENT)
    for metadata in (job["metadata"], job["spec"]["template"]["metadata"]):
        assert all(is_our_label(name) for name in metadata["labels"])
        assert all(is_our_annotation(name) for name in metadata["annotations"])


def test_a_prompt_that_no_configmap_holds_is_refused() -> None:
    spec = replace(run_spec(), prompt="x" * 950_000)
    with pytest.raises(AideatorError, match="900 KiB"):
        manifests.configmap(spec, PLACEMENT)


def test_manifests_are_plain_json() -> None:
    spec = run_spec(2)
    job = manifests.job(spec, spec.variations[1], PLACEMENT)
    assert json.loads(json.dumps(job)) == job


def test_a_referees_pod_has_the_checks_container_and_no_key() -> None:
    spec = run_spec(
        keys=("OPENAI_API_KEY",),
        checks=(Check("unit", "make test"),),
        referee=Referee("k3v9x2q", (1, 2), {"unit": 40.0}),
    )
    spec = replace(spec, variations=(VariationSpec(1, "referee"),))
    placement = PLACEMENT
    made = manifests.job(spec, spec.variations[0], placement)
    pod = made["spec"]["template"]["spec"]
    assert [each["name"] for each in pod["initContainers"]] == ["check"]
    assert [each["name"] for each in pod["containers"]] == ["agent"]
    keys = [entry["name"] for entry in pod["containers"][0]["env"] if "secretKeyRef" in entry.get("valueFrom", {})]
    assert keys == ["GIT_TOKEN"], "for the repository alone"
    assert made["metadata"]["labels"]["aideator.dev/referee-of"] == "k3v9x2q"
    configmap = manifests.configmap(spec, placement)
    assert configmap["metadata"]["labels"]["app.kubernetes.io/component"] == "referee", "nobody finds it as a run"
