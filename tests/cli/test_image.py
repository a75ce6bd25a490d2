"""`image`: what is asked of the programs that build, save, push and load, played by scripts that write down how they are called."""

import errno
import json
import socket
import tomllib
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path
from typing import Any

import pytest
import yaml

from aideator_agent import __version__
from aideator_cli.actions.imaging import IMAGE, lay_context, target
from aideator_cli.errors import AideatorError, ExitCode
from tests.backends.kubernetes.api_server import write_kubeconfig
from tests.cli.conftest import Shell

ROOT = Path(__file__).parents[2]
FAKE = """#!/bin/sh
echo "$0 $*" | sed 's|.*/bin/||' >> {calls}
for word; do case $word in /*Dockerfile) cp -r "${{word%/*}}" {seen} 2> /dev/null ;; /*/image.tar) echo made > "$word" ;; esac; done
{more}
"""


class Tools:
    """The only programs on the PATH, but for the shell's own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.calls_file = folder / "calls"
        self.seen = folder / "context"
        (folder / "bin").mkdir()

    def add(self, name: str, more: str = "") -> None:
        path = self.folder / "bin" / name
        path.write_text(FAKE.format(calls=self.calls_file, seen=self.seen, more=more))
        path.chmod(0o755)

    @property
    def calls(self) -> list[str]:
        lines = self.calls_file.read_text().splitlines() if self.calls_file.exists() else []
        return [line for line in lines if not line.endswith((" version", " --version"))]


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tools:
    made = Tools(tmp_path)
    shell = tmp_path / "shell"
    shell.mkdir()
    for name in ("sh", "sed", "cp"):
        (shell / name).symlink_to(Path("/bin") / name)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{shell}")
    return made


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def use(name: str) -> None:
        config = write_kubeconfig(tmp_path / "kubeconfig", "https://127.0.0.1:1", {}, context=name)
        monkeypatch.setenv("KUBECONFIG", str(config))

    return use


def test_the_image_is_built_from_what_is_installed_here(aideator: Shell, tools: Tools) -> None:
    tools.add("docker")
    said = aideator("image", "build", "--base-image", "our/python:3.12", "--", "--network", "host")
    assert said.code == 0, said.err
    assert said.out == f"{IMAGE}\n"
    assert f"built {IMAGE}; next: aideator image load, or aideator image push REGISTRY/\n" in said.err
    (call,) = tools.calls
    assert call.startswith(f"docker build --tag {IMAGE} --build-arg=BASE_IMAGE=our/python:3.12 --network host --file ")
    assert (tools.seen / "Dockerfile").read_bytes() == (ROOT / "Dockerfile").read_bytes()


def test_what_is_next_with_an_image_of_another_name_names_it(aideator: Shell, tools: Tools) -> None:
    tools.add("docker")
    said = aideator("image", "build", "--tag", "our/agent:1")
    assert (
        "next: aideator image load --tag our/agent:1, or aideator image push REGISTRY/ --tag our/agent:1\n" in said.err
    )


def test_programs_read_what_became_of_the_image(aideator: Shell, tools: Tools) -> None:
    tools.add("docker")
    tools.add("k3d")
    calls = {
        "built": ("build",),
        "pushed": ("push", "registry.example/team/"),
        "loaded": ("load", "--into", "k3d:dev"),
    }
    for became, words in calls.items():
        said = aideator("image", *words, "--json")
        name = f"registry.example/team/aideator-agent:{__version__}" if became == "pushed" else IMAGE
        assert json.loads(said.out) == {"kind": "image", "name": name, "became": became}, said.err


def test_the_image_is_labelled_with_its_version_however_it_is_built() -> None:
    """A plain `docker build` has no arguments, so the Dockerfile itself must say it."""
    assert f"org.opencontainers.image.version={__version__} \\\n" in (ROOT / "Dockerfile").read_text()


def test_the_context_is_what_the_dockerfile_copies_and_no_more(tmp_path: Path) -> None:
    lay_context(tmp_path)
    files = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    agent = ROOT / "agent"
    sources = {path for path in (agent / "aideator_agent").rglob("*") if path.suffix in (".py", ".sh", ".typed")}
    expected = {agent / "pyproject.toml", agent / "requirements.txt", ROOT / "Dockerfile", *sources}
    assert files == {str(path.relative_to(ROOT)) for path in expected}
    assert all((tmp_path / path.relative_to(ROOT)).read_bytes() == path.read_bytes() for path in expected)


def test_a_wheel_has_the_same_files() -> None:
    """They are links in the checkout; the wheel's builder puts what they point to into it."""
    packaged = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
    assert "image/*" in packaged["aideator_templates"]
    folder = ROOT / "templates" / "image"
    assert {path.name for path in folder.iterdir()} == {"Dockerfile", "pyproject.toml", "requirements.txt"}
    assert (folder / "requirements.txt").resolve() == ROOT / "agent" / "requirements.txt"


def test_a_tool_whose_daemon_is_down_is_passed_over(aideator: Shell, tools: Tools) -> None:
    tools.add("docker", 'echo "Cannot connect to the Docker daemon" >&2; exit 1')
    tools.add("buildah")
    assert aideator("image", "build").code == 0
    assert [call.split()[:2] for call in tools.calls] == [["buildah", "build"]]
    said = aideator("image", "build", "--tool", "docker")
    assert said.code == ExitCode.UNAVAILABLE
    assert "docker can't be used: Cannot connect to the Docker daemon" in said.err


@pytest.mark.usefixtures("tools")
def test_without_any_tool_it_says_what_to_install(aideator: Shell) -> None:
    said = aideator("image", "build")
    assert said.code == ExitCode.UNAVAILABLE
    assert "install docker, podman, nerdctl or buildah" in said.err
    assert aideator("image", "build", "--tool", "make").code == ExitCode.USAGE


def test_a_build_that_fails_is_an_error_and_what_the_tool_said_goes_to_stderr(aideator: Shell, tools: Tools) -> None:
    tools.add("podman", '[ "$1" != build ] || { echo "no space left"; exit 125; }')
    said = aideator("image", "build")
    assert said.code == ExitCode.UNAVAILABLE
    assert said.out == ""
    assert "no space left" in said.err
    assert "`podman build --tag …` failed with exit code 125" in said.err


@pytest.mark.parametrize(
    ("name", "cluster", "words"),
    [
        ("k3d-dev", "k3d", "k3d image import ARCHIVE --cluster dev"),
        ("kind-dev", "kind", "kind load image-archive ARCHIVE --name dev"),
        ("minikube", "minikube", "minikube --profile minikube image load ARCHIVE"),
    ],
)
def test_the_contexts_name_says_into_which_cluster(
    aideator: Shell, tools: Tools, context: Callable[[str], None], name: str, cluster: str, words: str
) -> None:
    context(name)
    tools.add("podman")
    tools.add(cluster)
    said = aideator("image", "load")
    assert said.code == 0, said.err
    inspect, save, load = tools.calls
    assert inspect == f"podman image inspect {IMAGE}"
    archive = save.split()[3]
    assert save == f"podman save --output {archive} {IMAGE}"
    assert load.replace(archive, "ARCHIVE") == words
    assert not Path(archive).exists()


def test_a_socket_that_only_others_may_look_at_is_left_to_the_program(
    aideator: Shell, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(_: Path) -> bool:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "is_socket", forbidden)
    tools.add("buildah")
    tools.add("ctr")
    assert aideator("image", "load", "--into", "containerd:/run/c.sock").code == 0
    assert tools.calls[-1].startswith("ctr --address /run/c.sock ")


def test_a_cluster_may_be_named(aideator: Shell, tools: Tools) -> None:
    tools.add("buildah")
    tools.add("ctr")
    place = tools.folder / "c.sock"
    said = aideator("image", "load", "--into", f"containerd:{place}")
    assert said.code == ExitCode.NOT_FOUND
    assert f"there is no socket {place}" in said.err
    assert tools.calls == []  # nothing was saved in vain
    with socket.socket(socket.AF_UNIX) as listening, chdir(place.parent):  # its whole path may be too long for a socket
        listening.bind(place.name)
        assert aideator("image", "load", "--into", f"containerd:{place}", "--tag", "our/agent:1").code == 0
    _, save, load = tools.calls
    archive = load.split()[-1]
    assert save == f"buildah push our/agent:1 docker-archive:{archive}:our/agent:1"
    assert load == f"ctr --address {place} --namespace k8s.io images import {archive}"
    assert aideator("image", "load", "--into", "k9s:dev").code == ExitCode.USAGE


def test_a_profile_of_minikube_is_known_by_its_mark(
    aideator: Shell, tools: Tools, context: Callable[[str], None], tmp_path: Path
) -> None:
    context("team")
    config: dict[str, Any] = yaml.safe_load((tmp_path / "kubeconfig").read_text())
    config["contexts"][0]["context"]["extensions"] = [
        {"name": "context_info", "extension": {"provider": "minikube.sigs.k8s.io", "version": "v1.30"}}
    ]
    (tmp_path / "kubeconfig").write_text(json.dumps(config))
    tools.add("docker")
    tools.add("minikube")
    assert aideator("image", "load").code == 0
    assert tools.calls[-1].startswith("minikube --profile team image load ")


def test_what_is_missing_to_load_is_named(aideator: Shell, tools: Tools, context: Callable[[str], None]) -> None:
    tools.add("docker")
    context("k3d-dev")
    said = aideator("image", "load")
    assert said.code == ExitCode.UNAVAILABLE
    assert "k3d is not installed; it loads images into k3d dev" in said.err
    context("gke_project_zone_name")
    said = aideator("image", "load")
    assert said.code == ExitCode.UNAVAILABLE
    assert "gke_project_zone_name" in said.err
    assert "aideator image push" in said.err


def test_an_image_that_was_not_built_is_named(aideator: Shell, tools: Tools, context: Callable[[str], None]) -> None:
    context("kind-dev")
    tools.add("docker", '[ "$1 $2" != "image inspect" ] || exit 1')
    tools.add("kind")
    said = aideator("image", "load")
    assert said.code == ExitCode.NOT_FOUND
    assert f"error: docker has no image {IMAGE}\n" in said.err
    assert "aideator image build" in said.err
    tools.add("podman", '[ "$1 $2" != "image inspect" ] || exit 1')
    assert f"error: neither docker nor podman has {IMAGE}\n" in aideator("image", "load").err


@pytest.mark.parametrize(
    ("tool", "words"),
    [
        ("docker", [f"docker tag {IMAGE} TARGET", "docker push TARGET"]),
        ("podman", [f"podman push {IMAGE} TARGET"]),
        ("nerdctl", [f"nerdctl tag {IMAGE} TARGET", "nerdctl push TARGET"]),
        ("buildah", [f"buildah push {IMAGE} docker://TARGET"]),
    ],
)
def test_an_image_is_pushed_with_each_tool(aideator: Shell, tools: Tools, tool: str, words: list[str]) -> None:
    tools.add(tool)
    said = aideator("image", "push", "registry.example/team/")
    name = f"registry.example/team/aideator-agent:{__version__}"
    assert (said.code, said.out) == (0, f"{name}\n")
    assert [call.replace(name, "TARGET") for call in tools.calls[1:]] == words
    assert f"--agent-image {name}" in said.err


def test_a_registry_on_this_machine_needs_no_tls(aideator: Shell, tools: Tools) -> None:
    tools.add("podman")
    assert aideator("image", "push", "localhost:5005/aideator-agent:dev").code == 0
    assert tools.calls[-1] == f"podman push --tls-verify=false {IMAGE} localhost:5005/aideator-agent:dev"


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("r.example/a/b", f"r.example/a/b:{__version__}"),
        ("r.example:5000/", f"r.example:5000/aideator-agent:{__version__}"),
        ("r.example:5000/a:dev", "r.example:5000/a:dev"),
    ],
)
def test_a_name_at_a_registry_is_completed(typed: str, name: str) -> None:
    assert target(typed) == name


@pytest.mark.parametrize(
    "typed", ["", "/", "Registry/UPPER", "r.example/a b", "--all", "aideator-agent", "r.example/a:b:c"]
)
def test_what_is_no_name_at_a_registry_is_wrong_usage(typed: str) -> None:
    with pytest.raises(AideatorError) as told:
        target(typed)
    assert told.value.code == ExitCode.USAGE
