"""1,000 Jobs in 50 runs at once, each run submitted and followed by a process of its own: is anything lost, and who is slow?

kwok plays the pods. All Jobs are there at the same time. How fast their pods start is the server's doing, which is the peer: `behind` is
how many seconds after a pod's start its last event was stored. Each process counts what it asks the server, and how often the
server refused that as too much. `--short`: 100 Jobs in 5 runs. `--alive SECONDS`: how long a pod lives, for a machine that is so busy that
the first run would end before the last one is submitted.
"""

import argparse
import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from aideator_cli.backends.kubernetes.objects import RUN, VARIATION
from bench.kwok import playing
from bench.load import run_spec
from bench.processes import resident_mib
from bench.throw_away import Cluster, namespace, running_cluster
from bench.tools import begin, let_go, outcome

RUNS: Final = 50
VARIATIONS: Final = 20  # of each run
LINES: Final = 50  # of each agent
ALIVE: Final = (
    60.0  # seconds that a pod lives: longer than it takes to submit all runs on a machine that does nothing else
)
SECONDS: Final = 600
LOOK: Final = 1.0
KINDS: Final = ("pods", "jobs", "events")
SHOWN: Final = 3  # of the agents that were behind the most, with what was observed of them


def main() -> None:
    arguments = _arguments()
    runs = RUNS // 10 if arguments.short else RUNS
    cluster = running_cluster()
    with tempfile.TemporaryDirectory() as name, namespace(cluster) as space:
        folder = Path(name)
        with playing(cluster, folder, pods=runs * VARIATIONS, lines=LINES, alive=arguments.alive) as kwok:
            specs = [replace(run_spec(VARIATIONS), pod=kwok.settings, agent_image="kwok") for _ in range(runs)]
            homes = [str(folder / spec.id) for spec in specs]
            words = ("--submit", "--namespace", space)
            processes = [
                begin(s, home, *words, environment=cluster.environment) for s, home in zip(specs, homes, strict=True)
            ]
            begun = time.monotonic()
            with _killed_on_error(processes):
                for process in processes:
                    let_go(process)
                memory = _memory(cluster, space, processes, runs * VARIATIONS)
                ends = [outcome(process, home) for process, home in zip(processes, homes, strict=True)]
            seconds, starts = time.monotonic() - begun, _starts(cluster, space)
    late = sorted(
        (
            at - starts[spec.id, int(number)],
            spec.id,
            int(number),
            [*told["seen"].get(number, ()), *told["seen"].get("0", ())],
        )
        for spec, (told, _, _) in zip(specs, ends, strict=True)
        for number, at in told["ends"].items()
    )
    for behind, run, number, seen in late[-SHOWN:]:
        since = starts[run, number]
        course = ", ".join(f"{text} {at - since:+.1f}" for at, text in sorted(seen))
        print(f"  the last event of {run}/{number} came {behind:.1f} s after its pod had started: {course}")
    _report(ends, seconds, memory, [behind for behind, *_ in late])


def _report(
    ends: list[tuple[dict[str, Any], float, int]], seconds: float, memory: list[float], behind: list[float]
) -> None:
    runs = len(ends)
    told = [each for each, _, _ in ends]
    stored = sum(count for _, _, count in ends)
    print(
        f"{runs} runs of {VARIATIONS} Jobs: {seconds:.0f} s, {sum(cpu for _, cpu, _ in ends) / runs:.1f} CPU seconds a run"
    )
    for kind in KINDS:
        lists, watches = (max(each.get(f"{verb} {kind}", 0) for each in told) for verb in ("list", "watch"))
        print(f"  {kind:<7} at most {lists} lists and {watches} watches a run")
    summary = {
        "lost": runs * VARIATIONS * LINES - stored,
        "doubled": sum(each["given"] for each in told) - stored,
        "behind_p50": round(behind[len(behind) // 2], 1),
        "behind_p99": round(behind[len(behind) * 99 // 100], 1),
        "behind_most": round(behind[-1], 1),
        "lists": _most(told, "list"),
        "watches": _most(told, "watch"),
        "refused": sum(each.get("refused", 0) for each in told),
        "memory_mib": round(max(memory) / runs, 1),
        "memory_growth": round(memory[-1] / memory[0], 3),
        "jobs": runs * VARIATIONS,
        "peer": "the API server and its controllers",
    }
    print(json.dumps(summary))


def _most(told: list[dict[str, Any]], verb: str) -> int:
    """Of pods or of Jobs, by one run."""
    return max(int(each.get(f"{verb} {kind}", 0)) for each in told for kind in ("pods", "jobs"))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-scale")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--alive", type=float, default=ALIVE)
    return parser.parse_args()


@contextmanager
def _killed_on_error(processes: list["subprocess.Popen[bytes]"]) -> Iterator[None]:
    try:
        yield
    except BaseException:
        for process in processes:
            process.kill()
        raise


def _memory(cluster: Cluster, space: str, processes: list["subprocess.Popen[bytes]"], jobs: int) -> list[float]:
    """Returns what the processes hold together, in MiB, from when all Jobs are accepted until the first process has ended."""
    deadline = time.monotonic() + SECONDS
    while len(cluster.kubectl("get", "jobs", "-n", space, "-o", "name").split()) < jobs:
        if time.monotonic() > deadline:
            raise SystemExit(f"not all Jobs were accepted within {SECONDS} s")
        time.sleep(LOOK)
    seen = []
    while all(held := [resident_mib(process.pid) for process in processes]):  # one that has ended holds nothing
        seen.append(sum(held))
        time.sleep(LOOK)
    if not seen:
        raise SystemExit(_ended_early(processes))
    return seen


def _ended_early(processes: list["subprocess.Popen[bytes]"]) -> str:
    codes = [process.poll() for process in processes]
    if failed := sorted({code for code in codes if code}):
        return f"processes that follow a run failed, with exit code {', '.join(map(str, failed))}"
    return f"{codes.count(0)} runs ended before all Jobs were there: on a busy machine, let the pods live longer (ARGS='--alive 240')"


def _starts(cluster: Cluster, space: str) -> dict[tuple[str, int], float]:
    """Returns when each variation's pod started, on the machine's monotonic clock. The server cuts it to whole seconds."""
    found = {}
    for pod in json.loads(cluster.kubectl("get", "pods", "-n", space, "-o", "json"))["items"]:
        labels, started = pod["metadata"]["labels"], datetime.fromisoformat(pod["status"]["startTime"])
        found[labels[RUN], int(labels[VARIATION])] = started.timestamp() - time.time() + time.monotonic()
    return found


if __name__ == "__main__":
    main()
