"""A run of Jobs whose pods write events of the protocol: as fast as they can, or some a second with the time in the line."""

import json
import re
import secrets
import sys
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

from aideator_agent.spec import Repository, RunSpec, VariationSpec
from aideator_cli.backends.kubernetes.objects import RUN, VARIATION
from aideator_cli.system.clock import now
from bench.throw_away import VERBS, Cluster, output_of

PYTHON = "/opt/aideator/bin/python"  # the agent's image has it
PROGRAM = """
import sys, time
variation, lines, pause = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
stamp = time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime())
for seq in range(lines):
    fields = '"end","outcome":"no_changes"' if seq == lines - 1 else '"say"'
    text = "%03d %06d %.6f what an agent says, about as long as a line is\\\\n" % (variation, seq, time.time())
    sys.stdout.write('{"v":1,"seq":%d,"time":"%s","type":%s,"text":"%s"}\\n' % (seq, stamp, fields, text))
    if pause:
        sys.stdout.flush()
        time.sleep(pause)
"""
WRITTEN = re.compile(rb"(\d{3}) (\d{6}) (\d{10}\.\d{6}) what")  # variation, seq, seconds since the epoch


@dataclass(frozen=True)
class Load:
    cluster: Cluster
    namespace: str
    image: str
    pods: int
    lines: int  # of each pod
    pause: float = 0.0  # seconds between two lines

    @property
    def selector(self) -> str:
        return f"{RUN}={self.spec.id}"

    @property
    def events(self) -> int:
        return self.pods * self.lines

    @property
    def jobs(self) -> list[str]:
        return [f"agent-{self.spec.id}-{variation.number}" for variation in self.spec.variations]

    @cached_property
    def spec(self) -> RunSpec:
        return run_spec(self.pods)

    def submit(self) -> None:
        """The same way for each tool: its own way of submitting is not what is compared."""
        jobs = [
            self._job(variation.number, name) for variation, name in zip(self.spec.variations, self.jobs, strict=True)
        ]
        manifest = json.dumps({"apiVersion": "v1", "kind": "List", "items": jobs})
        self.cluster.kubectl("create", "-n", self.namespace, "-f", "-", stdin=manifest)

    def wait(self) -> None:
        """Until every pod has ended."""
        self.cluster.kubectl(
            "wait", "--for=condition=Complete", "job", "-l", self.selector, "-n", self.namespace, "--timeout=300s"
        )

    def lost(self, found: int) -> int:
        """How many of the events are not among these; what the node has lost on its way into the log is no reader's loss."""
        if found >= self.events:
            return 0
        kept = sum(len(set(WRITTEN.findall(self._log(pod).encode()))) for pod in self._pods())
        if kept < found:  # it was rotated away since
            return self.events - found
        if kept < self.events:
            print(f"the node itself has lost {self.events - kept} of {self.events} lines", file=sys.stderr)
        return kept - found

    def _pods(self) -> list[str]:
        return self.cluster.kubectl(
            "get", "pods", "-l", self.selector, "-n", self.namespace, "-o", "jsonpath={.items[*].metadata.name}"
        ).split()

    def _log(self, pod: str) -> str:
        return self.cluster.kubectl("logs", pod, "-n", self.namespace)

    def remove(self) -> None:
        self.cluster.kubectl(
            "delete", "job", "-l", self.selector, "-n", self.namespace, "--cascade=foreground", "--wait=true"
        )

    def _job(self, variation: int, name: str) -> dict[str, object]:
        labels = {"app": "aideator-agent", RUN: self.spec.id, VARIATION: str(variation)}
        container = {
            "name": "agent",
            "image": self.image,
            "imagePullPolicy": "IfNotPresent",
            "command": [PYTHON, "-S", "-E", "-c", PROGRAM, str(variation), str(self.lines), str(self.pause)],
            "resources": {"requests": {"cpu": "1m", "memory": "16Mi"}},
        }
        pod = {
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 1,
            "automountServiceAccountToken": False,
            "containers": [container],
        }
        template = {"metadata": {"labels": labels}, "spec": pod}
        return {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": name, "labels": labels},
            "spec": {"backoffLimit": 0, "podReplacementPolicy": "Failed", "template": template},
        }


def run_spec(variations: int) -> RunSpec:
    each = tuple(VariationSpec(number, "scripted/bench.yaml") for number in range(1, variations + 1))
    repository = Repository("https://git.example/todo.git")
    return RunSpec(f"b{secrets.token_hex(3)}", str(uuid.uuid4()), now(), repository, "Write.", each)


@contextmanager
def submitted(load: Load) -> Iterator[Load]:
    """A run whose pods have all ended; removed afterwards."""
    load.submit()
    try:
        load.wait()
        yield load
    finally:
        load.remove()


def agent_image() -> str:
    return output_of([VERBS / "image"]).splitlines()[-1]


def lost_and_doubled(load: Load, texts: Iterable[bytes]) -> tuple[int, int]:
    """By variation and seq, of what a tool wrote."""
    found = [(match[1], match[2]) for text in texts for match in WRITTEN.finditer(text)]
    distinct = len(set(found))
    return load.lost(distinct), len(found) - distinct
