"""kwok beside the throw-away cluster: nodes that run nothing, whose pods start and write a log as the real ones do.

Its process plays the kubelet of these nodes, with the certificate of the real one. A pod comes to such a node only if it asks for it.
"""

import json
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aideator_agent.pod_settings import PodSettings, Toleration
from aideator_cli.system.clock import now
from bench.throw_away import VERBS, Cluster, end_orderly, output_of

ADDRESS = "10.88.0.1"  # of the kubelet's certificate
PODS = 250  # that a node takes
SECONDS = 60
MARK = "kwok.x-k8s.io/node"
WATCHED: Final = Path("/proc/sys/fs/inotify/max_user_instances")
# Not kwok's own: those give a container no id, as if it had no log, and delete a pod that has not ended, for whose end its Job waits
STAGES = """
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata: {name: pod-starts}
spec:
  resourceRef: {apiGroup: v1, kind: Pod}
  selector:
    matchExpressions:
    - {key: .metadata.deletionTimestamp, operator: DoesNotExist}
    - {key: .status.phase, operator: In, values: [Pending]}
  next:
    statusTemplate: |
      {{ $now := Now }}
      {{ $id := .metadata.uid }}
      phase: Running
      startTime: {{ $now | Quote }}
      conditions:
      {{ range list "Initialized" "Ready" "ContainersReady" }}
      - {lastTransitionTime: {{ $now | Quote }}, status: "True", type: {{ . }}}
      {{ end }}
      containerStatuses:
      {{ range .spec.containers }}
      - name: {{ .name | Quote }}
        image: {{ .image | Quote }}
        containerID: kwok://{{ $id }}-{{ .name }}
        ready: true
        started: true
        restartCount: 0
        state: {running: {startedAt: {{ $now | Quote }}}}
      {{ end }}
      initContainerStatuses:
      {{ range .spec.initContainers }}
      - name: {{ .name | Quote }}
        image: {{ .image | Quote }}
        containerID: kwok://{{ $id }}-{{ .name }}
        ready: true
        started: true
        restartCount: 0
        state: {running: {startedAt: {{ $now | Quote }}}}
      {{ end }}
---
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata: {name: deleted-pod-ends}
spec:
  resourceRef: {apiGroup: v1, kind: Pod}
  selector:
    matchExpressions:
    - {key: .metadata.deletionTimestamp, operator: Exists}
    - {key: .status.phase, operator: In, values: [Pending, Running]}
  next:
    statusTemplate: "phase: Failed"
---
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata: {name: deleted-pod-goes}
spec:
  resourceRef: {apiGroup: v1, kind: Pod}
  selector:
    matchExpressions:
    - {key: .metadata.deletionTimestamp, operator: Exists}
    - {key: .status.phase, operator: In, values: [Failed]}
  next: {delete: true}
---
apiVersion: kwok.x-k8s.io/v1alpha1
kind: ClusterLogs
metadata: {name: agents}
spec:
  logs:
  - logsFile: %(log)s
"""


class Log:
    """What each agent writes: one file for all of them, of which a pod that starts later has all at once."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.lines = 0

    def say(self, lines: int = 1) -> None:
        self._write(
            [{"type": "say", "text": f"what an agent says in its line {self.lines + n}\n"} for n in range(lines)]
        )

    def end(self) -> None:
        self._write([{"type": "end", "outcome": "no_changes"}])

    def _write(self, events: list[dict[str, str]]) -> None:
        """As a container runtime does: time, stream and `F` for a whole line stand before each event of the agent's."""
        stamp = now()
        with self.file.open("a") as log:
            for event in events:
                record = {"v": 1, "seq": self.lines, "time": stamp, **event}
                log.write(f"{stamp} stdout F {json.dumps(record)}\n")
                self.lines += 1


@dataclass(frozen=True)
class Kwok:
    log: Log
    settings: PodSettings  # with which a pod comes to one of its nodes


@contextmanager
def playing(cluster: Cluster, folder: Path, *, pods: int) -> Iterator[Kwok]:
    """Nodes for so many pods, which run and write the log until nobody needs them any more. Gone afterwards."""
    end_orderly()
    made = Path(output_of([VERBS / "kwok"]).strip())
    name = f"kwok-{secrets.token_hex(4)}"
    node = made / "stage/node/fast/node-initialize.yaml"
    log = _log(folder / "agents")
    (folder / "stages.yaml").write_text(STAGES % {"log": log.file})
    state = Path(cluster.kubeconfig).parent
    with socket.create_server((ADDRESS, 0)) as free:
        port = free.getsockname()[1]
    command = [
        str(made / "kwok"), "--kubeconfig", cluster.kubeconfig, f"--manage-nodes-with-label-selector={MARK}={name}", "--node-ip", ADDRESS,
        "--node-port", str(port), "--server-address", f"{ADDRESS}:{port}", "--tls-cert-file", str(state / "pki/kubelet.crt"),
        "--tls-private-key-file", str(state / "pki/kubelet.key"), "--node-lease-duration-seconds", "40",
        *(f"--config={path}" for path in (node, folder / "stages.yaml")),
    ]  # fmt: skip
    said = (folder / "kwok.log").open("wb")
    # In a group of its own: Ctrl-C would end it before the pods are gone, and without it they never go
    with _watched(pods), said, subprocess.Popen(command, stdout=said, stderr=said, process_group=0) as process:
        try:
            nodes = [_node(f"{name}-{number}", name) for number in range(-(-pods // PODS))]
            manifest = json.dumps({"apiVersion": "v1", "kind": "List", "items": nodes})
            cluster.kubectl("create", "-f", "-", stdin=manifest)
            _wait(cluster, name, process, folder / "kwok.log")
            yield Kwok(log, PodSettings(node_selector={MARK: name}, tolerations=(Toleration(MARK),)))
        finally:
            try:
                cluster.kubectl("delete", "node", "-l", f"{MARK}={name}")
            finally:
                process.terminate()


def _log(folder: Path) -> Log:
    """In a folder of its own: kwok looks at the file whenever anything beside it changes."""
    folder.mkdir()
    file = folder / "agent.log"
    file.touch()
    return Log(file)


@contextmanager
def _watched(logs: int) -> Iterator[None]:
    """Lets kwok watch so many logs at once: it takes one of the machine's inotify instances for each."""
    before = int(WATCHED.read_text())
    WATCHED.write_text(str(before + logs))
    try:
        yield
    finally:
        WATCHED.write_text(str(before))


def _node(name: str, group: str) -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {MARK: group}},
        "spec": {"taints": [{"key": MARK, "value": group, "effect": "NoSchedule"}]},
        "status": {
            "allocatable": {"cpu": "1k", "memory": "10Ti", "ephemeral-storage": "100Ti", "pods": str(PODS)},
            # kwok removes them when it makes a node ready again, unless both are there
            "addresses": [{"type": "InternalIP", "address": ADDRESS}, {"type": "Hostname", "address": name}],
        },
    }


def _wait(cluster: Cluster, name: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        nodes = json.loads(cluster.kubectl("get", "nodes", "-l", f"{MARK}={name}", "-o", "json"))["items"]
        ready = [c["status"] for node in nodes for c in node["status"].get("conditions", ()) if c["type"] == "Ready"]
        if ready.count("True") == len(nodes):
            return
        time.sleep(0.2)
    raise SystemExit(f"kwok's nodes are not ready: {log.read_text(errors='replace')[-500:]}")
