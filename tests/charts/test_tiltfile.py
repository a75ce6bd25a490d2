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
class Tilt:
    """What the Tiltfile asks for. The parameters have the names that Tilt gives them, so that a wrong one is an error."""

    helm_program: Helm
    objects: list[dict[str, Any]] = field(default_factory=list)
    images: dict[str, list[str]] = field(default_factory=dict)
    resources: dict[str, dict[str, Any]] = field(default_factory=dict)
    commands: dict[str, dict[str, Any]] = field(default_factory=dict)

    def docker_build(self, ref: str, context: str, only: list[str]) -> None:
        assert context == "."
        self.images[ref] = only

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
        resource_deps: list[str] | None = None, labels: list[str] | None = None,
    ) -> None:  # fmt: skip
        self.resources[workload or new_name] = {
            "objects": objects or [],
            "after": resource_deps or [],
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


def test_every_image_of_the_tests_job_is_the_one_that_tilt_builds(tilt: Tilt) -> None:
    pod = only(tilt.objects, "Job")["spec"]["template"]["spec"]
    images = {container["image"] for container in [*pod["initContainers"], *pod["containers"]]}
    assert images == set(tilt.images) == {"aideator-agent"}


def test_a_change_of_what_the_image_is_made_of_makes_it_anew(tilt: Tilt) -> None:
    stages = re.split(r"^(?=FROM )", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    of_agent = "".join(stage for stage in stages if " AS server" not in stage.partition("\n")[0])
    copied = re.findall(r"^COPY (?!--from)(\S+)", of_agent, re.MULTILINE)
    watched = tilt.images["aideator-agent"]
    assert copied
    assert all(any(source.split("/")[0] == path for path in watched) for source in copied)


def test_the_chart_comes_first_and_then_its_test(tilt: Tilt) -> None:
    """Each object is chosen by its name and kind, as NAME:KIND."""
    name = only(tilt.objects, "Job")["metadata"]["name"]
    assert tilt.resources.keys() == {"chart", name}
    assert tilt.resources[name]["after"] == ["chart"]
    others = {f"{o['metadata']['name']}:{o['kind'].lower()}" for o in tilt.objects if o["kind"] != "Job"}
    assert set(tilt.resources["chart"]["objects"]) == others


def test_the_namespace_is_a_part_of_it_so_that_tilt_down_can_delete_it(tilt: Tilt) -> None:
    namespace = only(tilt.objects, "Namespace")
    assert "annotations" not in namespace["metadata"]
    inside = {item["metadata"].get("namespace") for item in tilt.objects if item["kind"] != "Namespace"}
    assert inside == {namespace["metadata"]["name"]}


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
