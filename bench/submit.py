"""N variations, from the start of the process to the last acceptance, against `kubectl create -f` of the same manifests.

N = 3 and 20 go through the command line (`aideator run --detach`), N = 50 through its core: the command line takes 20. The namespace's
quota is used up, so no pod is made: what is measured is submitting. Our time ends when the process ends: ConfigMap, Jobs and the owners'
patch included. `--short`: few rounds.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

from bench.throw_away import Cluster, namespace, repository, running_cluster

TARGETS = {3: 1.5, 20: 0.8, 50: 0.5}  # the highest ratio for each size
ROUNDS, SHORT = 7, 3
PROGRAM = """
import sys
from aideator_agent.spec import RunSpec
from aideator_cli.backends.kubernetes import KubernetesBackend
spec = RunSpec.from_json(sys.stdin.read())
KubernetesBackend.connect(None, sys.argv[1]).submit(spec)
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench-submit")
    parser.add_argument("--short", action="store_true")
    rounds = SHORT if parser.parse_args().short else ROUNDS
    cluster = running_cluster()
    with tempfile.TemporaryDirectory() as folder, namespace(cluster, full=True) as name:
        rows = {size: _measure(cluster, name, size, Path(folder), rounds) for size in TARGETS}
    print(f"{'N':>4}  {'aideator':>9}  {'kubectl':>9}  ratio  target  medians of {rounds} pairs, seconds of wall time")
    for size, (ours, theirs, ratio) in rows.items():
        print(f"{size:>4}  {ours:>9.3f}  {theirs:>9.3f}  {ratio:>5.2f}  {TARGETS[size]:>6.2f}")
    figures = {f"ratio_{size}": round(row[2], 3) for size, row in rows.items()}
    print(json.dumps({"ratio": figures["ratio_20"], **figures, "peer": "kubectl create -f"}))


def _measure(cluster: Cluster, name: str, size: int, folder: Path, rounds: int) -> tuple[float, float, float]:
    """Medians: our seconds, kubectl's, the ratio pair by pair."""
    pairs = []
    for turn in range(rounds + 1):
        pair = _ours(cluster, name, size, folder), _theirs(cluster, name, size, folder)
        if turn:  # the first warms up
            pairs.append(pair)
    ours, theirs = zip(*pairs, strict=True)
    return statistics.median(ours), statistics.median(theirs), statistics.median(a / b for a, b in pairs)


def _ours(cluster: Cluster, name: str, size: int, folder: Path) -> float:
    environment = {**cluster.environment, "AIDEATOR_HOME": str(folder / "home")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    if size > 20:
        command, given = [sys.executable, "-c", PROGRAM, name], _spec(size)
    else:
        command, given = [*_run(folder, size), "--namespace", name, "--detach"], None
    seconds = _timed(command, environment, given)
    _clear(cluster, name)
    return seconds


def _theirs(cluster: Cluster, name: str, size: int, folder: Path) -> float:
    manifests = folder / f"{size}.yaml"
    if not manifests.exists():
        manifests.write_text(_manifests(cluster, name, size, folder))
    seconds = _timed([cluster.kubectl_path, "create", "-n", name, "-f", str(manifests)], cluster.environment)
    _clear(cluster, name)
    return seconds


def _manifests(cluster: Cluster, name: str, size: int, folder: Path) -> str:
    if size <= 20:
        command = [*_run(folder, size), "--namespace", name, "--dry-run"]
        return subprocess.run(command, env=cluster.environment, capture_output=True, text=True, check=True).stdout
    from aideator_agent.spec import RunSpec
    from aideator_cli.backends.kubernetes import KubernetesBackend
    from aideator_cli.system.yaml_file import write_documents

    os.environ["KUBECONFIG"] = cluster.kubeconfig
    path = folder / "large.yaml"
    with path.open("w") as file:
        write_documents(KubernetesBackend.connect(None, name).manifests(RunSpec.from_json(_spec(size))), file)
    return path.read_text()


def _run(folder: Path, size: int) -> list[str]:
    script = folder / "script.yaml"
    script.write_text("- say: Nothing to do.\n")
    program = shutil.which("aideator", path=str(Path(sys.executable).parent))
    return [
        str(program),
        "run",
        f"file://{repository(folder / 'repository')}",
        "Do it.",
        "-n",
        str(size),
        "--model",
        f"scripted/{script}",
        "--backend",
        "kubernetes",
    ]


def _spec(size: int) -> str:
    from aideator_agent.spec import Repository, RunSpec, VariationSpec
    from aideator_cli.domain.ids import new_id
    from aideator_cli.system.clock import now

    variations = tuple(VariationSpec(number, "scripted/bench.yaml") for number in range(1, size + 1))
    repository = Repository("https://git.example/todo.git")
    return RunSpec(
        new_id(), str(uuid.uuid4()), now(), repository, "Do it.", variations, scripts={"scripted/bench.yaml": []}
    ).to_json()


def _timed(command: list[str], environment: dict[str, str], given: str | None = None) -> float:
    start = time.perf_counter()
    done = subprocess.run(command, env=environment, input=given, text=True, capture_output=True, check=False)
    seconds = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(f"{' '.join(command[:3])} … failed: {done.stderr.strip()}")
    return seconds


def _clear(cluster: Cluster, name: str) -> None:
    """Two requests: one by one, kubectl takes longer to delete than both sides to create."""
    for kind in (f"/apis/batch/v1/namespaces/{name}/jobs", f"/api/v1/namespaces/{name}/configmaps"):
        cluster.kubectl("delete", "--raw", f"{kind}?labelSelector=app%3Daideator-agent&propagationPolicy=Background")


if __name__ == "__main__":
    main()
