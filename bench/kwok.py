"""kwok beside the throw-away cluster: nodes that run nothing, whose pods start, write a log and end as the real ones do.

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

from aideator_agent.pod_settings import PodSettings, Toleration
from bench.processes import cpu_seconds
from bench.throw_away import VERBS, Cluster, output_of

ADDRESS = "10.88.0.1"  # of the kubelet's certificate
PODS = 250  # that a node takes
SECONDS = 60
MARK = "kwok.x-k8s.io/node"
# Not kwok's own: those give a container no id, as if it had no log, and end a pod at once
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
metadata: {name: pod-ends}
spec:
  resourceRef: {apiGroup: v1, kind: Pod}
  selector:
    matchExpressions:
    - {key: .metadata.deletionTimestamp, operator: DoesNotExist}
    - {key: .status.phase, operator: In, values: [Running]}
  delay: {durationMilliseconds: %(alive)d}
  next:
    statusTemplate: |
      {{ $now := Now }}
      {{ $root := . }}
      phase: Succeeded
      containerStatuses:
      {{ range $index, $item := .spec.containers }}
      {{ $was := index $root.status.containerStatuses $index }}
      - name: {{ $item.name | Quote }}
        image: {{ $item.image | Quote }}
        containerID: {{ $was.containerID | Quote }}
        ready: false
        started: false
        restartCount: 0
        state:
          terminated:
            containerID: {{ $was.containerID | Quote }}
            exitCode: 0
            reason: Completed
            startedAt: {{ $was.state.running.startedAt | Quote }}
            finishedAt: {{ $now | Quote }}
      {{ end }}
---
apiVersion: kwok.x-k8s.io/v1alpha1
kind: ClusterLogs
metadata: {name: agents}
spec:
  logs:
  - logsFile: %(log)s
"""


@dataclass(frozen=True)
class Kwok:
    pid: int
    settings: PodSettings  # with which a pod comes to one of its nodes

    @property
    def cpu(self) -> float:
        return cpu_seconds(self.pid)


@contextmanager
def playing(cluster: Cluster, folder: Path, *, pods: int, lines: int, alive: float) -> Iterator[Kwok]:
    """Nodes for so many pods, each of which writes so many events when it starts, and ends after `alive` seconds. Gone afterwards."""
    made = Path(output_of([VERBS / "kwok"]).strip())
    name = f"kwok-{secrets.token_hex(4)}"
    own = [made / "stage/node/fast/node-initialize.yaml", made / "stage/pod/fast/pod-delete.yaml"]
    _write_log(folder / "agents.log", lines)
    (folder / "stages.yaml").write_text(STAGES % {"alive": alive * 1000, "log": folder / "agents.log"})
    state = Path(cluster.kubeconfig).parent
    with socket.create_server((ADDRESS, 0)) as free:
        port = free.getsockname()[1]
    command = [
        str(made / "kwok"), "--kubeconfig", cluster.kubeconfig, f"--manage-nodes-with-label-selector={MARK}={name}", "--node-ip", ADDRESS,
        "--node-port", str(port), "--server-address", f"{ADDRESS}:{port}", "--tls-cert-file", str(state / "pki/kubelet.crt"),
        "--tls-private-key-file", str(state / "pki/kubelet.key"), "--node-lease-duration-seconds", "40",
        *(f"--config={path}" for path in (*own, folder / "stages.yaml")),
    ]  # fmt: skip
    with (folder / "kwok.log").open("wb") as said, subprocess.Popen(command, stdout=said, stderr=said) as process:
        try:
            nodes = [_node(f"{name}-{number}", name) for number in range(-(-pods // PODS))]
            manifest = json.dumps({"apiVersion": "v1", "kind": "List", "items": nodes})
            cluster.kubectl("create", "-f", "-", stdin=manifest)
            _wait(cluster, name, process, folder / "kwok.log")
            yield Kwok(process.pid, PodSettings(node_selector={MARK: name}, tolerations=(Toleration(MARK),)))
        finally:
            cluster.kubectl("delete", "node", "-l", f"{MARK}={name}")
            process.terminate()


def _node(name: str, group: str) -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {MARK: group}},
        "spec": {"taints": [{"key": MARK, "value": group, "effect": "NoSchedule"}]},
        "status": {"allocatable": {"cpu": "1k", "memory": "10Ti", "ephemeral-storage": "100Ti", "pods": str(PODS)}},
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


def _write_log(file: Path, lines: int) -> None:
    """As a container runtime writes it: time, stream and `F` for a whole line stand before each event of the agent's."""
    stamp = "2026-01-01T00:00:00.000000000Z"
    with file.open("w") as log:
        for seq in range(lines):
            event = {
                "v": 1,
                "seq": seq,
                "time": stamp,
                "type": "say",
                "text": f"what an agent says in its line {seq}\n",
            }
            if seq == lines - 1:
                event |= {"type": "end", "outcome": "no_changes"}
            log.write(f"{stamp} stdout F {json.dumps(event)}\n")
