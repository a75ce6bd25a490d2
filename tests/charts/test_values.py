"""What the chart makes of its values. `make chart` writes the snapshots."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.backends.kubernetes.fields import unknown_of
from tests.fixtures.chart import CHART, Helm, only

SNAPSHOTS = Path(__file__).parent / "snapshots"
ENVIRONMENTS = sorted(path.stem.removeprefix("values-") for path in CHART.glob("values-*.yaml"))
EVERYTHING = {
    "namespace": {"name": "agents", "create": True, "keep": False, "labels": {"team": "ours"}},
    "serviceAccount": {"name": "robot", "annotations": {"note": "CI"}},
    "rbac": {
        "users": [{"kind": "User", "name": "jane"}, {"kind": "ServiceAccount", "name": "ci", "namespace": "build"}],
        "viewers": [{"kind": "Group", "name": "reviewers"}],
        "manageSecrets": True,
        "attach": True,
        "queues": True,
    },
    "secret": {"name": "keys", "others": ["aideator-keys-jane"]},
    "quota": {"enabled": True, "hard": {"pods": 4, "requests.cpu": "1500m"}},
    "limitRange": {"enabled": True, "limits": [{"type": "Container", "default": {"memory": "1Gi"}}]},
    "priorityClass": {"create": True},
    "queue": {"create": True, "clusterQueue": "shared"},
    "networkPolicy": {"extraEgress": [{"to": [{"podSelector": {}}], "ports": [{"port": 8000}]}]},
    "imagePullSecrets": ["registry"],
    "server": {
        "enabled": True,
        "publicUrl": "https://aideator.example",
        "database": {"secret": "database"},
        "oidc": {"issuer": "https://id.example", "client": "aideator", "domains": ["example.com"], "secret": "oidc"},
        "service": {"annotations": {"note": "inside"}},
        "ingress": {"enabled": True, "className": "nginx", "host": "aideator.example", "tlsSecret": "tls"},
        "env": [{"name": "AIDEATOR_MODEL", "value": "gpt-5"}],
        "podAnnotations": {"note": "server"},
        "nodeSelector": {"disk": "ssd"},
        "tolerations": [{"key": "server"}],
    },
}
NOTHING = {
    "serviceAccount": {"create": False},
    "rbac": {"create": False},
    "networkPolicy": {"enabled": False},
    "test": {"enabled": False},
}


def options_of(name: str, folder: Path) -> list[str]:
    """The options that choose a set of values by its name."""
    if name == "defaults":
        return []
    if name in ENVIRONMENTS:
        return ["-f", str(CHART / f"values-{name}.yaml")]
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump({"everything": EVERYTHING, "nothing": NOTHING}[name]))
    return ["-f", str(path)]


def snapshot(helm: Helm, name: str, folder: Path) -> str:
    """All objects but those of the test, which have a test of their own."""
    objects = helm.objects(*options_of(name, folder))
    kept = [item for item in objects if item["kind"] not in ("Job", "ConfigMap")]
    return yaml.safe_dump_all(kept, sort_keys=False, width=120)


@pytest.mark.parametrize("name", ["defaults", *ENVIRONMENTS, "everything", "nothing"])
def test_a_set_of_values_makes_what_its_snapshot_shows(helm: Helm, name: str, tmp_path: Path) -> None:
    assert snapshot(helm, name, tmp_path) == (SNAPSHOTS / f"{name}.yaml").read_text(), "make chart"


@pytest.mark.parametrize(
    ("sets", "url"),
    [
        (["ingress.enabled=true", "ingress.host=a.example", "ingress.tlsSecret=tls"], "https://a.example"),
        (["ingress.enabled=true", "ingress.host=a.example", "ingress.tlsSecret=tls", "publicUrl=https://b.example"], "https://b.example"),
        (["ingress.enabled=true", "ingress.host=a.example"], None),
        (["ingress.host=a.example", "ingress.tlsSecret=tls"], None),
    ],
)  # fmt: skip
def test_the_server_takes_its_address_from_an_ingress_that_speaks_https(
    helm: Helm, sets: list[str], url: str | None
) -> None:
    words = [word for each in ("enabled=true", "replicas=1", *sets) for word in ("--set", f"server.{each}")]
    (server,) = (each for each in helm.objects(*words) if each["kind"] == "Deployment")
    told = {each["name"]: each.get("value") for each in server["spec"]["template"]["spec"]["containers"][0]["env"]}
    assert told.get("AIDEATOR_PUBLIC_URL") == url


def test_every_version_of_kubernetes_knows_every_field_of_what_the_chart_makes(helm: Helm, tmp_path: Path) -> None:
    """From 1.29 to 1.36. Kueue's LocalQueue has versions of its own."""
    for name in ("defaults", *ENVIRONMENTS, "everything", "nothing"):
        made = helm.objects(*options_of(name, tmp_path))
        assert [field for item in made if item["kind"] != "LocalQueue" for field in unknown_of(item)] == []
    deployment = only(helm.objects(*options_of("everything", tmp_path)), "Deployment")
    deployment["spec"]["template"]["spec"]["resources"] = {}  # 1.32
    assert unknown_of(deployment) == ["Deployment.spec.template.spec.resources"]


def test_helm_lint_has_no_word_against_it(helm: Helm) -> None:
    sets = [word for name in ENVIRONMENTS for word in ("-f", str(CHART / f"values-{name}.yaml"))]
    for options in ([], sets):
        said = helm("lint", "--strict", str(CHART), *options)
        assert "[ERROR]" not in said
        assert "[WARNING]" not in said


def test_there_is_a_file_of_values_for_each_environment() -> None:
    assert ENVIRONMENTS == ["local", "production", "staging"]


WRONG = {
    "quota.enabled=maybe": "at '/quota/enabled': got string, want boolean",
    "queue.create=true": "at '/queue/clusterQueue': '' does not match pattern",
    "variationId=first": "at '/variationId': 'first' does not match pattern",
    "repoUrl=": "at '/repoUrl': '' does not match pattern",
    "runId=Test_Run": "at '/runId': 'Test_Run' does not match pattern",
    "prompt=42": "at '/prompt': got number, want string",
    "rbac.users[0]=jane": "at '/rbac/users/0': got string, want object",
    "rbac.users[1].kind=Group": "at '/rbac/users/1': missing property 'name'",
    "limitRange.limits[0].max=1": "at '/limitRange/limits/0': missing property 'type'",
    "networkPolicy.to[1].except={10.0.0.0/8}": "at '/networkPolicy/to/1': missing property 'cidr'",
    "rbac.viewers[0].kind=Robot": "at '/rbac/viewers/0/kind': value must be one of 'User', 'Group', 'ServiceAccount'",
    "networkPolicy.ports={https}": "at '/networkPolicy/ports/0': got string, want integer",
    "networkPolicy.to[0].cidr=github.com": "at '/networkPolicy/to/0/cidr': 'github.com' does not match pattern",
    "secret.name=My Keys": "at '/secret/name': 'My Keys' does not match pattern",
    "netwrokPolicy.enabled=false": "additional properties 'netwrokPolicy' not allowed",
    "test.runAs=0": "at '/test/runAs': value must be one of '1000', 1000, 'any'",
    "agentJobName=null": "missing properties 'priorityClass', 'agentJobName'",
    "server.replicas=many": "at '/server/replicas': got string, want integer",
    "server.ingress.tlsSecret=My Secret": "at '/server/ingress/tlsSecret'",
    "server.runAs=0": "at '/server/runAs': ",
    "server.imge=x": "at '/server': additional properties 'imge' not allowed",
    "priorityClass=null": "missing properties 'priorityClass', 'agentJobName'",
}


def test_a_value_of_the_wrong_kind_is_named_with_its_place_in_one_line(helm: Helm) -> None:
    done = helm.run("template", "aideator", str(CHART), *(word for wrong in WRONG for word in ("--set", wrong)))
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert [said for said in WRONG.values() if not any(said in line for line in lines)] == [], done.stderr


@pytest.mark.parametrize(
    ("more", "text"),
    [
        (["replicas=2"], "at '/server/replicas': maximum: got 2, want 1"),
        (["replicas=1", "ingress.enabled=true"], "at '/server/ingress/host'"),
        (["replicas=1", "oidc.issuer=https://id.example"], "at '/server/oidc/client'"),
    ],
)
def test_a_server_that_could_not_work_is_refused(helm: Helm, more: list[str], text: str) -> None:
    words = [word for each in ("enabled=true", *more) for word in ("--set", f"server.{each}")]
    done = helm.run("template", "aideator", str(CHART), *words)
    assert done.returncode == 1
    assert text in done.stderr


def test_the_server_has_the_rights_that_its_users_use_and_no_more(helm: Helm) -> None:
    objects = helm.objects("--set", "server.enabled=true", "--set", "server.database.secret=db", "--set", "rbac.manageSecrets=true",
                           "--set", "rbac.attach=true", "-n", "team")  # fmt: skip
    roles = {each["metadata"]["name"]: each for each in objects if each["kind"] == "Role"}
    assert roles["aideator-server"]["rules"] == roles["aideator"]["rules"]
    pod = only(objects, "Deployment")["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["serviceAccountName"] == "aideator-server"


def test_a_quota_of_nothing_is_refused_alone(helm: Helm) -> None:
    done = helm.run("template", "aideator", str(CHART), "--set", "quota.enabled=true")
    assert done.returncode == 1
    said = done.stderr.split("aideator:\n")[1].strip()
    assert said == "- at '/quota/hard': minProperties: got 0, want 1"


def test_a_namespace_to_be_made_must_not_be_that_of_the_release(helm: Helm) -> None:
    for name in ("", "team"):
        done = helm.run(
            "template", "aideator", str(CHART), "-n", "team", "--set", "namespace.create=true", "--set",
            f"namespace.name={name}",
        )  # fmt: skip
        assert done.returncode == 1
        assert "namespace.create needs a namespace.name that is not team" in done.stderr


def notes(helm: Helm, *options: str) -> str:
    said = helm("install", "aideator", str(CHART), "--dry-run=client", *options)
    return said.split("NOTES:\n")[1]


def test_helm_says_what_to_do_next_in_the_namespace_of_the_agents(helm: Helm) -> None:
    told = notes(
        helm, "--namespace", "platform", "-f", str(CHART / "values-production.yaml"), "--set", "secret.name=ours"
    )
    assert "helm test aideator -n platform\n" in told
    assert "aideator secret set ANTHROPIC_API_KEY --namespace aideator --secret ours" in told
    assert "--namespace aideator --secret ours\n" in told
    assert "may do that: developers." in told
    assert "port 443 of other networks" in told
    told = notes(helm, "--namespace", "team", "--set", "networkPolicy.enabled=false")
    assert "Nobody may do that yet." in told
    assert "kubectl label namespace team pod-security.kubernetes.io/enforce=restricted\n" in told
    assert "There is no network policy" in told


def test_the_names_of_a_release_are_its_own(helm: Helm) -> None:
    assert only(helm.objects(release="blue"), "ServiceAccount")["metadata"]["name"] == "blue-aideator"


def test_the_network_policy_reaches_every_agent_and_no_metadata_service(helm: Helm) -> None:
    """By default. The policy picks the pods by a label that every Job of AIdeator's carries."""
    objects = helm.objects()
    policy = only(objects, "NetworkPolicy")["spec"]
    labels = only(objects, "Job")["spec"]["template"]["metadata"]["labels"]
    assert policy["podSelector"]["matchLabels"].items() <= labels.items()
    assert set(policy["policyTypes"]) == {"Ingress", "Egress"}
    assert "ingress" not in policy
    outside = [peer["ipBlock"] for rule in policy["egress"] for peer in rule["to"] if "ipBlock" in peer]
    for block in outside:
        if block["cidr"] == "0.0.0.0/0":
            assert "169.254.0.0/16" in block["except"]
    dns = policy["egress"][0]
    assert {port["port"] for port in dns["ports"]} == {53, 5353}


def test_the_queue_speaks_the_version_of_kueue_that_the_cluster_has(helm: Helm) -> None:
    values = json.dumps({"create": True, "clusterQueue": "shared"})
    new = helm.objects("--set-json", f"queue={values}", "--api-versions", "kueue.x-k8s.io/v1beta2")
    assert only(new, "LocalQueue")["apiVersion"] == "kueue.x-k8s.io/v1beta2"


def test_its_version_is_that_of_the_tool() -> None:
    from aideator_cli import __version__

    chart: dict[str, Any] = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert (chart["version"], chart["appVersion"]) == (__version__, __version__)
