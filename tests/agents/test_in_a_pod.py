"""Real coding agents in pods, in an image that the Dockerfiles of docs/agents.md made, mixed with AIdeator's own loop."""

import json
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from aideator_agent.resuming import NOTE
from tests.agents.demo_task import CHECK, COMMANDS, DEMO, FILES, PROMPT
from tests.agents.test_going_on import COSTLY, called, first_question, waits
from tests.agents.test_local import MODELS
from tests.end_to_end.conftest import cluster_environment
from tests.end_to_end.user import Done, User, finish
from tests.faults import node
from tests.faults.watching import Watching
from tests.fixtures.agents import Agents
from tests.fixtures.cluster import Cluster, Secret
from tests.fixtures.servers import GitServers
from tests.fixtures.wire_server import WireServers

IMAGE = Path(__file__).with_name("image")
IN_IMAGE = ("claude", "codex", "gemini", "opencode")
KEYS = ("ANTHROPIC_API_KEY", "GEMINI_API_KEY")
LONGEST_SECONDS = 600  # the programs of four makers start at once: a minute on two free cores


@pytest.fixture(scope="module")
def agents_image(cluster: Cluster, real_agents: Agents) -> str:  # noqa: ARG001 -- what it is made of
    if not cluster.throw_away:
        pytest.skip("the image with the agents is loaded into the throw-away cluster only")
    done = subprocess.run([IMAGE, *IN_IMAGE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


@pytest.fixture
def user(tmp_path: Path, cluster: Cluster, namespace: str, agent_image: str, secret: Secret) -> User:
    """Its Secret has a key for each provider."""
    literals = [f"--from-literal={name}={secret.key}" for name in (*KEYS, "OPENAI_API_KEY")]
    cluster.kubectl("delete", "secret", secret.name, "-n", namespace)
    cluster.kubectl("create", "secret", "generic", secret.name, "-n", namespace, *literals)
    options = ["--context", cluster.context, "--namespace", namespace, "--agent-image", agent_image, "--json"]
    environment: Mapping[str, str] = {**cluster.environment, **cluster_environment(cluster)}
    return User({**environment, "AIDEATOR_HOME": str(tmp_path / "home"), "NO_COLOR": "1"}, options, tmp_path)


def asked(user: User, git: GitServers, address: str, *words: str) -> list[str]:
    files = {name: (DEMO / name).read_bytes() for name in FILES}
    server = git(address)
    server.add("todo", files)
    return ["run", server.url("todo"), PROMPT, *user.options, *words]


def run(user: User, git: GitServers, address: str, *words: str) -> Done:
    return finish(user.start(*asked(user, git, address, "--verify", CHECK, *words)), LONGEST_SECONDS)


def named(agents: Sequence[str]) -> str:
    return ",".join(f"{agent}/{MODELS[agent]}:1" for agent in agents)


def test_agents_and_our_own_loop_do_the_demo_s_task_side_by_side(
    user: User, git_server: GitServers, wire_server: WireServers, secret: Secret, bridge_address: str, agents_image: str
) -> None:
    server = wire_server(COMMANDS, bridge_address, key=secret.key)
    agents = f"{named(IN_IMAGE)},own/scripted/{DEMO / 'right.yaml'}:1"
    done = run(user, git_server, bridge_address, "--agent", agents, "--image", agents_image, "--api-base", server.url)
    assert done.code == 0, done.out
    told = [(result["agent"], result["outcome"], result["files"]) for result in done.of("result")]
    assert sorted(told, key=str) == [*((agent, "succeeded", 1) for agent in IN_IMAGE), (None, "succeeded", 1)]
    assert {request.key for request in server.requests} == {secret.key}
    assert secret.key.encode() not in done.out


def test_an_agent_that_the_image_lacks_ends_before_its_model_is_asked(
    user: User, git_server: GitServers, wire_server: WireServers, secret: Secret, bridge_address: str, agents_image: str
) -> None:
    server = wire_server(COMMANDS, bridge_address, key=secret.key)
    done = run(
        user, git_server, bridge_address, "--agent", named(["qwen"]), "--image", agents_image, "--api-base", server.url
    )
    assert done.code == 4, done.out
    (result,) = done.of("result")
    assert "its program qwen was not found; docs/agents.md#qwen-code describes an image that has it" in result["reason"]
    assert server.requests == []


def test_doctor_looks_for_an_agent_in_the_image(user: User, agents_image: str) -> None:
    where = [option for option in user.options if option != "--json"]
    found = user.call("doctor", *where, "--agent", "codex", "--image", agents_image, "--json").of("finding")
    assert [(f["state"], "answers over ACP" in f["text"]) for f in found if f["part"] == "agent"] == [("ok", True)]
    found = user.call("doctor", *where, "--agent", "qwen", "--image", agents_image, "--json").of("finding")
    (lacking,) = (f for f in found if f["part"] == "agent")
    assert lacking["state"] == "broken"
    assert "its program qwen was not found" in lacking["text"]


def test_one_that_is_lost_with_its_pod_takes_up_its_conversation_in_the_next(
    user: User, cluster: Cluster, namespace: str, git_server: GitServers, wire_server: WireServers, secret: Secret,
    bridge_address: str, agents_image: str,
) -> None:  # fmt: skip
    begun = ["echo half > half.txt; echo first", "echo more >> half.txt"]
    server = wire_server([*begun, waits(Path("/nowhere"))], bridge_address, key=secret.key, read=COSTLY)
    words = ("--agent", named(["claude"]), "--image", agents_image, "--api-base", server.url)
    shown = Watching(user, *asked(user, git_server, bridge_address, *words))
    shown.until(lambda record: "/nowhere" in called(record), LONGEST_SECONDS)
    (pod,) = json.loads(cluster.kubectl("get", "pods", "-n", namespace, "-o", "json"))["items"]
    node.signal_to(node.first_process(pod, "agent"), signal.SIGSTOP)  # it has no last words
    before = len(server.requests)
    server.commands = [*begun, "echo go on", "cat half.txt"]
    cluster.kubectl("delete", "pod", "-n", namespace, pod["metadata"]["name"], "--grace-period=1", "--wait=false")

    assert shown.end(LONGEST_SECONDS) == 0, shown.err
    assert shown.result["status"] == "succeeded, resumed"
    question = first_question(server.requests[before:])
    for expected in (PROMPT[:40], NOTE[:40], "Step 1."):
        assert expected in question, f"{expected} is not in what the model was asked"
    told = [record["event"] for record in shown.records if record["kind"] == "event"]
    notices = [event["text"] for event in told if event["type"] == "notice" and "conversation" in event["text"]]
    assert notices == ["claude goes on with its conversation."]
    outputs = "".join(event["text"] for event in told if event["type"] == "output")
    assert "half\nmore\n" in outputs, "its changes are there, too"
