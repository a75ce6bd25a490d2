"""The throw-away cluster's node is this machine: its processes and files as root sees them."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.faults.watching import Record
from tests.faults.work import status
from tests.fixtures.cluster import Cluster


def need(cluster: Cluster) -> None:
    if not cluster.throw_away:
        pytest.skip(f"the node of context {cluster.context} is not this machine")


def first_process(pod: Any, container: str) -> Path:
    """The container's process 1, as this machine's /proc has it."""
    id_ = status(pod, container)["containerID"].rpartition("/")[2]
    for process in Path("/proc").glob("[0-9]*"):
        try:
            inside = id_ in (process / "cgroup").read_text() and _number_inside(process) == "1"
        except OSError:  # it has ended
            continue
        if inside:
            return process
    raise AssertionError(f"no process 1 of {container}")


def process_of(observed: Record) -> Path:
    """The agent on this machine that the observation speaks of."""
    return Path("/proc") / observed["text"].removeprefix("process ")


def signal_to(process: Path, number: signal.Signals) -> None:
    os.kill(int(process.name), number)


def old_logs(cluster: Cluster, pod: Any, container: str) -> list[Path]:
    """What kubelet has rotated away."""
    metadata = pod["metadata"]
    folder = f"{metadata['namespace']}_{metadata['name']}_{metadata['uid']}"
    return list((cluster.state / "pods" / folder / container).glob("0.log.*"))


def _number_inside(process: Path) -> str:
    lines = (process / "status").read_text().splitlines()
    return next(line for line in lines if line.startswith("NSpid:")).split()[-1]
