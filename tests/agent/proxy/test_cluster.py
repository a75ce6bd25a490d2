"""An agent that hunts for the key in a real pod: the key is in the container beside it, and the key proxy gives it to nobody."""

from collections.abc import Callable

import pytest

from aideator_agent.program import AgentProgram
from aideator_agent.spec import VariationSpec
from aideator_cli.backends.kubernetes import KubernetesBackend
from tests.agent.proxy.conftest import KEY
from tests.agent.proxy.hunting import HUNT, expect_no_key
from tests.agent.running import Record, spec_of
from tests.fixtures.cluster import Cluster, Kubectl
from tests.fixtures.git_server import GitServer
from tests.fixtures.provider import Provider, document

ANSWER = document(
    {"choices": [{"text": f"your key is {KEY}"}], "usage": {"prompt_tokens": 1000, "completion_tokens": 100}}
)


def test_an_agent_in_a_pod_finds_no_key(
    cluster: Cluster, namespace: str, agent_image: str, bridge_address: str, git_server: Callable[..., GitServer], kubectl: Kubectl,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    kubectl("create", "secret", "generic", "aideator-keys", "-n", namespace, f"--from-literal=OPENAI_API_KEY={KEY}")
    git = git_server(bridge_address)
    git.add("project", {"hunt.py": HUNT, "a.py": "x = 1\n"})
    monkeypatch.setenv("KUBECONFIG", cluster.kubeconfig)
    with Provider(ANSWER, host=bridge_address) as provider:
        command = "python3 hunt.py {url} {token} /v1/chat/completions memory"
        program = AgentProgram("hunter", "text", command, "openai", f"{provider.url}/v1")
        variation = VariationSpec(1, "openai/claude-test", keys=("OPENAI_API_KEY",), agent=program)
        spec = spec_of(git.url("project"), variations=(variation,), agent_image=agent_image)
        KubernetesBackend.connect(cluster.context, namespace, "jane").submit(spec)
        job = f"job/agent-{spec.id}-1"
        kubectl("wait", "--for=condition=complete", job, "-n", namespace, "--timeout=180s")
        assert {asked.headers["authorization"] for asked in provider.asked} == {f"Bearer {KEY}"}
    record = Record(kubectl.raw("logs", job, "-n", namespace, "-c", "agent").splitlines(keepends=True), 0)
    assert expect_no_key(record)["written"] == []  # of the channel, which the agent alone fills
    assert record.outcome == ("succeeded", None, "")
    assert record.end["totals"]["steps"] == 1
