"""What benchmarks throw away: a namespace of their own in the throw-away cluster, with kubectl, and a repository."""

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

VERBS = Path(__file__).parents[1] / "tests" / "cluster"


@dataclass(frozen=True)
class Cluster:
    kubeconfig: str
    kubectl_path: str

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "KUBECONFIG": self.kubeconfig}

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        return output_of([self.kubectl_path, *arguments], environment=self.environment, stdin=stdin)


def output_of(
    command: Sequence[str | Path], *, environment: Mapping[str, str] | None = None, stdin: str | None = None
) -> str:
    """Exits with the command's own words when it fails."""
    done = subprocess.run(command, env=environment, input=stdin, text=True, capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command[:3]))} … failed: {done.stderr.strip()}")
    return done.stdout


def running_cluster() -> Cluster:
    """Exits with what to do when there is none."""
    found = subprocess.run([VERBS / "kubeconfig"], capture_output=True, text=True, check=False)
    if found.returncode:
        raise SystemExit("no cluster: make cluster-up")
    kubeconfig = found.stdout.strip()
    return Cluster(kubeconfig, shutil.which("kubectl") or str(Path(kubeconfig).with_name("kubectl")))


def repository(path: Path) -> Path:
    """With one empty commit; made unless it is there."""
    if not path.exists():
        author = ["-c", "user.name=Bench", "-c", "user.email=bench@example.invalid"]
        subprocess.run(["git", "init", "-q", str(path)], check=True)
        subprocess.run(["git", "-C", str(path), *author, "commit", "-q", "--allow-empty", "-m", "first"], check=True)
    return path


def end_orderly() -> None:
    """From now on what was made is taken back also when this process is told to end."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


@contextmanager
def namespace(cluster: Cluster, *, full: bool = False, wait: bool = False) -> Iterator[str]:
    """Deleted afterwards, also when this process is told to end. `full`: a quota of one pod that is used up: no other pod is made in it.

    `wait`: until all that was in it is gone, because its removal would slow down what comes next, but not for ever.
    """
    end_orderly()
    name = f"aideator-bench-{secrets.token_hex(4)}"
    cluster.kubectl("create", "namespace", name)
    try:
        if full:
            _use_up(cluster, name)
        yield name
    finally:
        cluster.kubectl("delete", "namespace", name, "--timeout=10m" if wait else "--wait=false")


def _use_up(cluster: Cluster, name: str) -> None:
    cluster.kubectl("create", "quota", "pods", "--hard=pods=1", "-n", name)
    holder = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "holder"},
        "spec": {"schedulingGates": [{"name": "bench/never"}], "containers": [{"name": "c", "image": "x"}]},
    }
    cluster.kubectl("create", "-f", "-", "-n", name, stdin=json.dumps(holder))
    cluster.kubectl("wait", "--for=jsonpath={.status.used.pods}=1", "quota/pods", "-n", name, "--timeout=30s")
