"""The two ends of the channel in two containers of a real pod, shaped as the Job's."""

import json
import secrets
from typing import Any

import pytest

from aideator_agent.shell_server import server_command
from tests.fixtures.cluster import Kubectl

AGENT = """
import json, os, subprocess, time
from pathlib import Path
from aideator_agent import keys
from aideator_agent.channel import ChannelShell

key = keys.take(["OPENAI_API_KEY"])["OPENAI_API_KEY"]
folder = Path("/workspace/repo")
folder.mkdir()
shell = ChannelShell(Path("/aideator"), folder)

def run(command, seconds=30, write=None, idle=None):
    said = []
    done = shell.run(command, seconds=seconds, write=write or said.append, stop=lambda: False, idle=idle)
    return [done.exit_code, done.reason, b"".join(said).decode(errors="replace"), done.seconds]

def tell(name, **told):
    print(json.dumps({"name": name, **told}), flush=True)

tell("codes", ends=[run(c)[:2] for c in ["true", "exit 42", "kill -9 $$", "kill -9 1", "kill 1", "no-such-command"]])
tell("place", said=run("pwd; echo $HOME; id -u; touch file ~/file /tmp/file && echo written")[2])
tell("channel", said=[run(c)[2] for c in ["rm /aideator/req", "touch /aideator/x"]])
seen = []
run("for i in 1 2 3; do echo $i; sleep 0.3; done", write=lambda data: seen.append(time.monotonic()))
tell("stream", gaps=[b - a for a, b in zip(seen, seen[1:])])
sizes = []
end = run("head -c 100000000 /dev/zero", 120, lambda data: sizes.append(len(data)))
tell("flood", size=sum(sizes), end=end[:2])
tell("tree", end=run("trap '' TERM; sleep 999 & setsid sleep 999 & while :; do sleep 999; done", 1))
tell("waits", end=run("mkfifo /tmp/fifo; read line </tmp/fifo", idle=2))
tell("works", end=run("n=0; while [ $n -lt 1000000 ]; do n=$((n + 1)); done; sleep 3", 60, idle=2))
tell("after", said=run("cat /proc/[0-9]*/cmdline | tr '\\\\0' ' ' | grep -c 'sleep 99[9]'")[2])
# a pattern that does not match itself: grep's own arguments are hunted through, too
hunt = "cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | tr '\\\\0' '\\\\n' | grep -c -- %s"
tell("keys", found=run(hunt % f"'[{key[0]}]{key[1:]}'")[2], control=run(hunt % "'[S]HELL_CONTROL='")[2])
began = time.monotonic()
ends = {run("true")[0] for _ in range(100)}
tell("hundred", ends=list(ends), seconds=time.monotonic() - began)
tell("all killed", reason=run("kill -9 -1")[1], next=run("echo next")[2])
run("setsid sleep 999 &")
began = time.monotonic()
tell("end", sure=shell.end(), seconds=time.monotonic() - began)
"""


@pytest.fixture(scope="module")
def key() -> str:
    return f"sk-fake-{secrets.token_hex(16)}"


def pod(image: str, key: str) -> dict[str, Any]:
    secure = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "readOnlyRootFilesystem": True}
    volumes = ["workspace", "agent-home", "agent-tmp", "shell-home", "shell-tmp"]

    def mounts(who: str, **channel: bool) -> list[dict[str, Any]]:
        places = {"workspace": "/workspace", f"{who}-home": "/home/agent", f"{who}-tmp": "/tmp"}
        return [{"name": n, "mountPath": p} for n, p in places.items()] + [
            {"name": "channel", "mountPath": "/aideator", **channel}
        ]

    def environment(**names: str) -> list[dict[str, str]]:
        return [{"name": n, "value": v} for n, v in {"HOME": "/home/agent", **names}.items()]

    shell = {
        "name": "shell",
        "restartPolicy": "Always",
        "image": image,
        "command": server_command(),
        "env": environment(SHELL_CONTROL="seen"),
        "securityContext": secure,
        "volumeMounts": mounts("shell", readOnly=True),
    }
    agent = {
        "name": "agent",
        "image": image,
        # Kubernetes makes one dollar of two.
        "command": ["/opt/aideator/bin/python", "-c", AGENT.replace("$", "$$")],
        "env": environment(OPENAI_API_KEY=key),
        "securityContext": secure,
        "volumeMounts": mounts("agent"),
    }
    user = {"runAsNonRoot": True, "runAsUser": 1000, "runAsGroup": 1000, "fsGroup": 1000}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "channel"},
        "spec": {
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            "terminationGracePeriodSeconds": 20,
            "securityContext": {**user, "seccompProfile": {"type": "RuntimeDefault"}},
            "initContainers": [shell],
            "containers": [agent],
            "volumes": [{"name": "channel", "emptyDir": {"medium": "Memory", "sizeLimit": "16Mi"}}]
            + [{"name": name, "emptyDir": {}} for name in volumes],
        },
    }


def test_commands_run_in_the_shell_container_and_find_no_key(
    kubectl: Kubectl, namespace: str, agent_image: str, key: str
) -> None:
    kubectl("apply", "-n", namespace, "-f", "-", stdin=json.dumps(pod(agent_image, key)))
    done = "--for=jsonpath={.status.phase}=Succeeded"
    kubectl.run("wait", "-n", namespace, "pod/channel", done, "--timeout=120s")

    log = kubectl("logs", "-n", namespace, "channel", "-c", "agent")
    told = {line["name"]: line for line in map(json.loads, log.splitlines())}
    assert list(told)[-1] == "end", log
    assert told["codes"]["ends"] == [[code, "exited"] for code in (0, 42, 137, 0, 0, 127)]
    assert told["place"]["said"] == "/workspace/repo\n/home/agent\n1000\nwritten\n"
    assert all("Read-only file system" in said for said in told["channel"]["said"])
    assert all(0.2 < gap < 1.5 for gap in told["stream"]["gaps"])
    assert (told["flood"]["size"], told["flood"]["end"]) == (100_000_000, [0, "exited"])
    assert told["tree"]["end"][1] == "timeout"
    assert told["waits"]["end"][:2] == [None, "waiting"]
    assert told["works"]["end"][:2] == [0, "exited"]
    assert told["after"]["said"] == "0\n"
    assert told["keys"]["found"] == "0\n"
    assert int(told["keys"]["control"]) >= 1
    assert told["hundred"]["ends"] == [0]
    assert told["all killed"]["next"] == "next\n"
    assert told["end"]["sure"]
    assert kubectl("logs", "-n", namespace, "channel", "-c", "shell") == ""
