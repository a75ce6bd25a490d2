"""A dry evaluation of the Tiltfile: Tilt's functions are stand-ins that note what they are called with; Helm is the real one."""

import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import starlark
import yaml

from tests.fixtures.chart import Helm, only

ROOT = Path(__file__).parents[2]
TILTFILE = ROOT / "Tiltfile"
MANUAL = "manual"
CONTEXT = "k3d-aideator"


@dataclass
class Image:
    only: list[str]
    target: str
    in_variables: bool


@dataclass
class Tilt:
    """What the Tiltfile asks for. The parameters have the names that Tilt gives them, so that a wrong one is an error."""

    helm_program: Helm
    objects: list[dict[str, Any]] = field(default_factory=list)
    images: dict[str, Image] = field(default_factory=dict)
    resources: dict[str, dict[str, Any]] = field(default_factory=dict)
    commands: dict[str, dict[str, Any]] = field(default_factory=dict)

    def docker_build(
        self, ref: str, context: str, only: list[str], target: str = "", match_in_env_vars: bool = False
    ) -> None:
        assert context == "."
        self.images[ref] = Image(only, target, match_in_env_vars)

    def helm(self, pathToChartDir: str, name: str, namespace: str, values: list[str], set: list[str]) -> str:  # noqa: A002, N803
        options = [word for value in values for word in ("-f", str(ROOT / value))]
        options += [word for value in set for word in ("--set", value)]
        text = self.helm_program("template", name, str(ROOT / pathToChartDir), "--namespace", namespace, *options)
        kept = [part for part in text.split("---\n") if not re.search("^# Source: .*/tests/", part, re.MULTILINE)]
        return "---\n".join(kept)  # Tilt leaves a chart's tests out

    def k8s_yaml(self, text: str) -> None:
        self.objects += [item for item in yaml.safe_load_all(text) if item]

    def k8s_resource(
        self, workload: str = "", new_name: str = "", objects: list[str] | None = None,
        resource_deps: list[str] | None = None, port_forwards: list[str] | None = None, labels: list[str] | None = None,
    ) -> None:  # fmt: skip
        self.resources[workload or new_name] = {
            "objects": objects or [],
            "after": resource_deps or [],
            "ports": port_forwards or [],
            "labels": labels,
        }

    def local_resource(
        self, name: str, cmd: str, trigger_mode: str, auto_init: bool, resource_deps: list[str], labels: list[str]
    ) -> None:
        self.commands[name] = {
            "cmd": cmd,
            "mode": trigger_mode,
            "at_once": auto_init,
            "after": resource_deps,
            "labels": labels,
        }

    def k8s_context(self) -> str:
        return CONTEXT


@pytest.fixture(scope="module")
def tilt(helm: Helm) -> Tilt:
    found = Tilt(helm)
    module = starlark.Module()
    module["TRIGGER_MODE_MANUAL"] = MANUAL
    functions: list[Callable[..., Any]] = [
        found.docker_build, found.helm, found.k8s_yaml, found.k8s_resource, found.local_resource, found.k8s_context,
    ]  # fmt: skip
    for function in functions:
        module.add_callable(function.__name__, function)
    parsed = starlark.parse("Tiltfile", TILTFILE.read_text())
    starlark.eval(module, parsed, starlark.Globals.standard())
    return found


def pod_of(tilt: Tilt, kind: str) -> dict[str, Any]:
    pod: dict[str, Any] = only(tilt.objects, kind)["spec"]["template"]["spec"]
    return pod


def test_every_image_is_one_that_tilt_builds(tilt: Tilt) -> None:
    job, (server,) = pod_of(tilt, "Job"), pod_of(tilt, "Deployment")["containers"]
    assert {container["image"] for container in [*job["initContainers"], *job["containers"]]} == {"aideator-agent"}
    assert server["image"] == "aideator-server"
    assert {"name": "AIDEATOR_AGENT_IMAGE", "value": "aideator-agent"} in server["env"]
    assert tilt.images.keys() == {"aideator-agent", "aideator-server"}
    assert tilt.images["aideator-agent"].in_variables


def stages_of(target: str) -> str:
    """The instructions of the Dockerfile's stages that this one is made of; an empty name means the last one."""
    stages = re.split(r"^(?=FROM )", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)[1:]
    by_name = {found[1] if (found := re.match(r"FROM \S+ AS (\S+)", stage)) else "": stage for stage in stages}
    wanted, text = [target], ""
    while wanted:
        stage = by_name.pop(wanted.pop(), "")
        wanted += re.findall(r"^(?:FROM |COPY --from=)(\S+)", stage, re.MULTILINE)
        text += stage
    return text


def test_a_change_of_what_an_image_is_made_of_makes_it_anew(tilt: Tilt) -> None:
    for image in tilt.images.values():
        copied = re.findall(r"^COPY (?!--from)(.+) \S+$", stages_of(image.target), re.MULTILINE)
        sources = {source.split("/")[0] for words in copied for source in words.split()}
        assert sources == set(image.only), image.target


def test_the_chart_comes_first_and_then_its_test_and_the_server(tilt: Tilt) -> None:
    """Each object is chosen by its name and kind, as NAME:KIND. Tilt itself puts a Service to the pods that it selects."""
    job, server = (only(tilt.objects, kind)["metadata"]["name"] for kind in ("Job", "Deployment"))
    assert tilt.resources.keys() == {"chart", job, server}
    assert tilt.resources[job]["after"] == tilt.resources[server]["after"] == ["chart"]
    own = ("Job", "Deployment", "Service")
    others = {f"{o['metadata']['name']}:{o['kind'].lower()}" for o in tilt.objects if o["kind"] not in own}
    assert set(tilt.resources["chart"]["objects"]) == others


def test_the_page_is_on_a_port_of_this_machine_and_a_button_makes_a_token_for_it(tilt: Tilt, tmp_path: Path) -> None:
    (server,) = pod_of(tilt, "Deployment")["containers"]
    (forwarded,) = tilt.resources["aideator-server"]["ports"]
    assert int(forwarded.split(":")[1]) in [port["containerPort"] for port in server["ports"]]

    token = tilt.commands["token"]
    assert (token["mode"], token["at_once"], token["after"]) == (MANUAL, False, ["aideator-server"])
    where, _, command = token["cmd"].partition(" -- ")
    assert (
        where == f"kubectl -n {only(tilt.objects, 'Deployment')['metadata']['namespace']} exec deploy/aideator-server"
    )
    made = subprocess.run(
        [sys.executable, "-m", "aideator_cli", *shlex.split(command)[1:]], cwd=ROOT, capture_output=True, text=True, check=False,
        env={"AIDEATOR_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert made.stdout.startswith("aid_"), made.stderr


def test_the_namespace_is_a_part_of_it_so_that_tilt_down_can_delete_it(tilt: Tilt) -> None:
    namespace = only(tilt.objects, "Namespace")
    assert "annotations" not in namespace["metadata"]
    others = [item["metadata"] for item in tilt.objects if item["kind"] != "Namespace"]
    outside = {item["name"] for item in others if item["namespace"] != namespace["metadata"]["name"]}
    assert outside == {"aideator-server"}  # in the namespace of the release


def test_the_demo_waits_for_its_button_and_its_command_is_one_that_aideator_accepts(tilt: Tilt, tmp_path: Path) -> None:
    demo = tilt.commands["demo"]
    assert (demo["mode"], demo["at_once"], demo["after"]) == (MANUAL, False, ["agent-job-dev-test"])
    made, image, run = demo["cmd"].split(" && ")
    assert made == "make -s .venv/.light"
    assert only(tilt.objects, "Namespace")["metadata"]["name"] in image

    kubeconfig = tmp_path / "kubeconfig"
    cluster = {"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}
    context = {"name": CONTEXT, "context": {"cluster": "c", "user": "u"}}
    user = {"name": "u", "user": {"token": "none"}}
    kubeconfig.write_text(yaml.safe_dump({"clusters": [cluster], "contexts": [context], "users": [user]}))
    done = subprocess.run(
        [sys.executable, "-m", "aideator_cli", *shlex.split(run)[1:]], cwd=ROOT, capture_output=True, text=True, check=False,
        env={"KUBECONFIG": str(kubeconfig), "AIDEATOR_HOME": str(tmp_path / "home"), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert done.returncode == 4
    assert f"cluster {CONTEXT} does not answer" in done.stderr


def test_the_cluster_has_a_registry_on_port_5005() -> None:
    registry, cluster = yaml.safe_load_all((ROOT / "ctlptl.yaml").read_text())
    assert (registry["kind"], registry["port"]) == ("Registry", 5005)
    assert (cluster["product"], cluster["name"], cluster["registry"]) == ("k3d", CONTEXT, registry["name"])
