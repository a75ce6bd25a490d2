"""What tests may rely on when they ask for the cluster."""

import json
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.fixtures.cluster import Cluster, Kubectl, Secret

PYTHON = "/opt/aideator/bin/python"


def pod(image: str, *command: str, **container: Any) -> str:
    security = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
    agent = {
        "name": "agent",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": command,
        "securityContext": security,
    }
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "probe"},
            "spec": {
                "restartPolicy": "Never",
                "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
                "containers": [agent | container],
            },
        }
    )


def output_of(kubectl: Kubectl, namespace: str, manifest: str) -> str:
    """What the pod printed, once it has succeeded."""
    kubectl("create", "-n", namespace, "-f", "-", stdin=manifest)
    kubectl("wait", "-n", namespace, "pod/probe", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=60s")
    return kubectl("logs", "-n", namespace, "probe")


@pytest.fixture
def greeting(bridge_address: str) -> Iterator[str]:
    """The URL of a server on this machine."""

    class Greeting(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"good day")

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            """Nothing belongs on the test's standard error."""

    with ThreadingHTTPServer((bridge_address, 0), Greeting) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://{bridge_address}:{server.server_port}"
        server.shutdown()


def test_a_namespace_refuses_what_restricted_pod_security_forbids(
    kubectl: Kubectl, namespace: str, agent_image: str
) -> None:
    refused = kubectl.run(
        "create", "-n", namespace, "-f", "-", stdin=pod(agent_image, "true", securityContext={"privileged": True})
    )
    assert refused.returncode != 0
    assert b'violates PodSecurity "restricted' in refused.stderr


def test_the_agent_image_runs_as_an_ordinary_user_on_a_read_only_root(
    kubectl: Kubectl, namespace: str, agent_image: str
) -> None:
    program = "import getpass, aideator_agent, litellm; print(getpass.getuser())"
    assert output_of(kubectl, namespace, pod(agent_image, PYTHON, "-c", program)) == "agent\n"


def test_the_agent_image_holds_git_and_a_python_for_commands(
    kubectl: Kubectl, namespace: str, agent_image: str
) -> None:
    said = output_of(kubectl, namespace, pod(agent_image, "sh", "-c", "git --version && python --version"))
    assert said.startswith("git version")
    assert "\nPython 3." in said


def test_the_agent_image_holds_nothing_of_the_command_line_tool(
    kubectl: Kubectl, namespace: str, agent_image: str
) -> None:
    program = "import importlib.util as i; print([m for m in ('aideator_cli', 'textual', 'kubernetes', 'typer') if i.find_spec(m)])"
    assert output_of(kubectl, namespace, pod(agent_image, PYTHON, "-c", program)) == "[]\n"


def test_a_pod_reaches_a_server_of_the_test(kubectl: Kubectl, namespace: str, agent_image: str, greeting: str) -> None:
    program = f"import urllib.request as u; print(u.urlopen({greeting!r}, timeout=10).read().decode())"
    assert output_of(kubectl, namespace, pod(agent_image, "python", "-c", program)) == "good day\n"


def test_the_bridge_keeps_its_address_when_pods_come_and_go(bridge_address: str) -> None:
    """Else pods that know its old one reach no server of a test for a minute."""
    bridge = json.loads(ip("-j", "addr", "show", "to", bridge_address).stdout)[0]["ifname"]
    before = hardware_address(bridge)
    lowest = ["address", "02:00:00:00:00:01"]  # which a bridge without an address of its own would take
    ip("link", "add", "aideator-low", *lowest, "type", "veth", "peer", "name", "aideator-peer")
    try:
        ip("link", "set", "aideator-low", "master", bridge)
        assert hardware_address(bridge) == before
    finally:
        ip("link", "delete", "aideator-low")


def hardware_address(interface: str) -> str:
    return str(json.loads(ip("-j", "link", "show", interface).stdout)[0]["address"])


def ip(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["ip", *words], capture_output=True, text=True, check=True)


def test_the_secret_holds_a_fake_key(kubectl: Kubectl, namespace: str, agent_image: str, secret: Secret) -> None:
    key = {"name": "OPENAI_API_KEY", "valueFrom": {"secretKeyRef": {"name": secret.name, "key": "OPENAI_API_KEY"}}}
    manifest = pod(agent_image, "sh", "-c", 'echo "$OPENAI_API_KEY"', env=[key])
    assert output_of(kubectl, namespace, manifest) == f"{secret.key}\n"


@pytest.mark.alone
def test_a_killed_component_is_brought_back(
    cluster: Cluster, kubectl: Kubectl, namespace: str, agent_image: str
) -> None:
    cluster.kill("scheduler")
    kubectl("create", "-n", namespace, "-f", "-", stdin=pod(agent_image, "true"))
    assert kubectl("get", "-n", namespace, "pod/probe", "-o", "jsonpath={.spec.nodeName}") == ""
    cluster.up()
    kubectl("wait", "-n", namespace, "pod/probe", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=60s")
