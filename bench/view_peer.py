"""aideator's panes and stern, each in a pane of tmux, on pods that write the same: what of a core they and their tmux take."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from aideator_cli.backends.kubernetes.manifests import configmap_name
from aideator_cli.domain.runs import Place
from aideator_cli.store import Store
from bench.load import Load, agent_image
from bench.processes import cpu_seconds
from bench.throw_away import VERBS, namespace, running_cluster
from bench.tools import stern_command, stern_path

ROUNDS = 2
WARM = 6.0  # seconds until the figures count
COLUMNS, LINES = "120", "40"


@dataclass(frozen=True)
class Shares:
    """Of one core: the program's and its tmux's."""

    rate: float  # events a second that were asked for, of all pods together
    ours: float
    sterns: float


def against_stern(pods: int, rate: float, seconds: float) -> Shares | None:
    """None, and a word about it, where there is no stern or no cluster."""
    if why := _missing():
        print(f"{why}: no comparison with stern", file=sys.stderr)
        return None
    cluster, image = running_cluster(), agent_image()
    tools: dict[str, Callable[[Load, float], float]] = {"aideator": _aideator, "stern": _stern}
    found: dict[str, list[float]] = {tool: [] for tool in tools}
    lines = int(rate / pods * (seconds + 3 * WARM))
    with namespace(cluster) as name:
        for _ in range(ROUNDS):
            for tool, measure in tools.items():
                load = Load(cluster, name, image, pods, lines, pods / rate)
                try:
                    found[tool].append(measure(load, seconds))
                finally:
                    load.remove()
    return Shares(rate, median(found["aideator"]), median(found["stern"]))


def _missing() -> str | None:
    if stern_path() is None:
        return "stern is not on the PATH"
    if subprocess.run([VERBS / "kubeconfig"], capture_output=True, check=False).returncode:
        return "there is no cluster (make cluster-up)"
    return None


def _begin(load: Load) -> None:
    load.submit()
    load.cluster.kubectl(
        "wait", "--for=jsonpath={.status.phase}=Running", "pod", "-l", load.selector, "-n", load.namespace,
        "--timeout=60s",
    )  # fmt: skip


def _aideator(load: Load, seconds: float) -> float:
    load.cluster.kubectl(
        "create", "configmap", configmap_name(load.spec.id), "-n", load.namespace
    )  # which `watch` looks after
    _begin(load)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        store = Store.open(home)
        place = Place("kubernetes", load.namespace, namespace=load.namespace)
        store.add_run(load.spec, place, state="running")
        store.close()
        words = [sys.executable, "-m", "aideator_cli", "watch", load.spec.id, "--view", "panes"]
        with _pane(words, {**load.cluster.environment, "AIDEATOR_HOME": folder}) as pids:
            return _share(pids, seconds)


def _stern(load: Load, seconds: float) -> float:
    """It is there before the pods: its watch asks for the newest state, for which an API server on an old etcd waits until one changes."""
    with _pane(stern_command(load), load.cluster.environment) as pids:
        _begin(load)
        return _share(pids, seconds)


def _share(pids: Sequence[int], seconds: float) -> float:
    time.sleep(WARM)
    begun, used = time.monotonic(), sum(map(cpu_seconds, pids))
    time.sleep(seconds)
    return (sum(map(cpu_seconds, pids)) - used) / (time.monotonic() - begun)


@contextmanager
def _pane(words: Sequence[str], environment: Mapping[str, str]) -> Iterator[list[int]]:
    """The program's process and tmux's."""
    left_out = ("COLUMNS", "LINES", "NO_COLOR", "CI", "TMUX", "PYTHONDONTWRITEBYTECODE")
    own = {name: value for name, value in environment.items() if name not in left_out}
    with tempfile.TemporaryDirectory() as folder:
        tmux = ["tmux", "-S", f"{folder}/socket", "-f", os.devnull]
        subprocess.run([*tmux, "new-session", "-d", "-x", COLUMNS, "-y", LINES, *words], env=own, check=True)
        try:
            told = subprocess.run(
                [*tmux, "display-message", "-p", "#{pane_pid} #{pid}"], capture_output=True, text=True, check=True
            )
            yield [int(pid) for pid in told.stdout.split()]
        finally:
            subprocess.run([*tmux, "kill-server"], capture_output=True, check=False)
