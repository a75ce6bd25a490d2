"""200 variations followed by one process, with a limit on its memory; and a run ten times as long as another, which must not take more.

The pods are real ones where the node has room for them, else (and with `--model`) made up. `--short`: 20 variations.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

from bench.load import Load, agent_image, run_spec
from bench.throw_away import Cluster, namespace, running_cluster
from bench.tools import Figures, begin, finish, follow_with_aideator

LINES, PAUSE = 300, 0.1  # of each pod: they are all there at once for a while
LENGTHS = (20_000, 200_000)  # lines of each of 3 made up agents
LIMIT = 512  # MiB
SPARE = 10  # pods of the node's that others may need


def main() -> None:
    arguments = _arguments()
    many = _with_model(arguments.variations, LINES) if arguments.model else _with_pods(arguments.variations)
    kind = "real pods"
    if many is None or arguments.model:
        kind, many = "made up", many or _with_model(arguments.variations, LINES)
    short, long = (_with_model(3, lines) for lines in LENGTHS)
    print(f"  {'':<34} seconds   CPU s  peak MiB   lost  doubled")
    _row(f"{arguments.variations} variations, {kind}", many)
    _row(f"3 variations of {LENGTHS[0]:,} lines", short)
    _row(f"3 variations of {LENGTHS[1]:,} lines", long)
    summary = {
        "memory_mib": round(many.memory_mib, 1),
        "within_limit": many.memory_mib <= LIMIT,
        "memory_growth": round(long.memory_mib / short.memory_mib, 2),
        "lost": many.lost + short.lost + long.lost,
        "doubled": many.doubled + short.doubled + long.doubled,
        "variations": arguments.variations,
        "pods": kind,
    }
    print(json.dumps(summary))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-many")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--model", action="store_true")
    parser.add_argument("--variations", type=int, default=200)
    arguments = parser.parse_args()
    if arguments.short:
        arguments.variations = 20
    return arguments


def _with_pods(variations: int) -> Figures | None:
    """None: the node has no room for them."""
    cluster = running_cluster()
    if _room(cluster) < variations + SPARE:
        return None
    with namespace(cluster) as name, _removed(Load(cluster, name, agent_image(), variations, LINES, PAUSE)) as load:
        return follow_with_aideator(load)


def _room(cluster: Cluster) -> int:
    """Pods that the nodes still take."""
    nodes = json.loads(cluster.kubectl("get", "nodes", "-o", "json"))["items"]
    pods = json.loads(cluster.kubectl("get", "pods", "-A", "-o", "json"))["items"]
    alive = sum(pod["status"].get("phase") in ("Pending", "Running") for pod in pods)
    return sum(int(node["status"]["allocatable"]["pods"]) for node in nodes) - alive


@contextmanager
def _removed(load: Load) -> Iterator[Load]:
    try:
        yield load
    finally:
        load.remove()


def _with_model(variations: int, lines: int) -> Figures:
    with tempfile.TemporaryDirectory() as home:
        begun = time.monotonic()
        process = begin(run_spec(variations), home, "--model", str(lines), environment=os.environ)
        told, cpu, stored = finish(process, home)
        return Figures(
            told["at"] - begun, cpu, told["memory_mib"], variations * lines - stored, int(told["given"]) - stored
        )


def _row(name: str, figures: Figures) -> None:
    f = figures
    print(f"  {name:<34} {f.seconds:>7.2f} {f.cpu:>7.2f} {f.memory_mib:>9.0f} {f.lost:>6} {f.doubled:>8}")


if __name__ == "__main__":
    main()
