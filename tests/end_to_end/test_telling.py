"""An agent at work in a pod is told something, through its container's standard input."""

import json
from pathlib import Path

import pytest
import yaml

from tests.end_to_end.conftest import Place
from tests.fixtures.cluster import Kubectl

pytestmark = pytest.mark.cluster
MESSAGE = "Leave the docs alone.\n\x1b[31mNow, «please»: $(reboot)"


@pytest.fixture
def place(kubernetes_place: Place) -> Place:
    kubernetes_place.git.add("project", {"a.py": "x = 1\n"})
    return kubernetes_place


def begin(place: Place, count: int) -> str:
    """Starts agents whose first command waits until it may go on. Returns the run's id."""
    script: Path = place.user.folder / "script.yaml"
    wait = "mkfifo /tmp/go; echo at work; cat /tmp/go"
    script.write_text(yaml.safe_dump([{"calls": [{"tool": "bash", "arguments": {"command": wait}}]}, {"say": "Fine."}]))
    done = place.user.run(
        place.git.url("project"), "Wait.", "--model", f"scripted/{script}", "-n", str(count), "--detach"
    )
    assert done.code == 0, done.err
    return done.out.decode().strip()


def until_at_work(place: Place, run: str, count: int) -> None:
    process = place.user.start("watch", run, "--json")
    assert process.stdout is not None
    at_work = set()
    for line in process.stdout:
        record = json.loads(line)
        if record["kind"] == "event" and record["event"]["type"] == "output":
            at_work.add(record["variation"])
        if len(at_work) == count:
            break
    process.kill()
    process.communicate()


def go_on(place: Place, run: str) -> None:
    kubectl: Kubectl = place.kubectl  # type: ignore[assignment]
    pods = kubectl.json("get", "pods", "-n", place.namespace, "-l", "app=aideator-agent")["items"]
    for pod in pods:
        kubectl("exec", "-n", place.namespace, pod["metadata"]["name"], "-c", "shell", "--", "sh", "-c", ": > /tmp/go")
    assert place.user.call("wait", run).code in (0, 1)


def test_an_agent_in_a_pod_gets_a_message_before_its_next_turn(place: Place) -> None:
    run = begin(place, 2)
    until_at_work(place, run, 2)
    done = place.user.call("tell", f"{run}/2", MESSAGE)
    assert (done.code, done.err) == (0, f"told {run}/2\n")
    go_on(place, run)
    sent = [
        json.loads(line) for line in place.user.call("logs", f"{run}/2", "--json", "--type", "sent").out.splitlines()
    ]
    assert any(json.dumps(MESSAGE)[1:-1] in record["text"] for record in sent[1:])
    shown = place.user.call("logs", run, "--type", "told").out.decode()
    assert "» Leave the docs alone." in shown
    assert "\x1b" not in shown
    assert f"{run}/1" not in shown
    done = place.user.call("tell", run, "Too late.")
    assert done.code == 5
    assert "it has ended" in done.err
