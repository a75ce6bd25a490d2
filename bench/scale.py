"""1,000 Jobs in 50 runs at once, each run submitted and followed by a process of its own: is anything lost, and who is slow?

kwok plays the pods. An agent writes 50 lines when its pod starts, and then one every few seconds. All agents work until every one has
been read for a minute, and then end at once. How fast the pods start is the server's doing, which is the peer: `behind` is how many
seconds after a pod's start its first event was stored. Each process counts what it asks the server, and how often the server refused
that as too much. `--short`: 100 Jobs in 5 runs.
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
from bench.kwok import Log, playing
from bench.load import run_spec
from bench.processes import resident_mib
from bench.throw_away import Cluster, namespace, running_cluster
from bench.tools import agents_read, begin, let_go, outcome

RUNS: Final = 50
VARIATIONS: Final = 20  # of each run
LINES: Final = 50  # that each agent writes when it starts
SECONDS: Final = 600  # until every agent has been read
LOOK: Final = 3.0  # seconds between two looks, and between two lines of an agent
LOOKS: Final = 20  # at the memory, while all agents are read
KINDS: Final = ("pods", "jobs", "events")
SHOWN: Final = 3  # of the agents that were behind the most, with what was observed of them

Process = subprocess.Popen[bytes]
End = tuple[dict[str, Any], float, int]  # of a follower, as `outcome` tells it


def main() -> None:
    runs = _runs()
    cluster = running_cluster()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with playing(cluster, folder, pods=runs * VARIATIONS) as kwok, namespace(cluster, wait=True) as space:
            kwok.log.say(LINES)
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
                _wait_until_all_are_read(processes, homes, kwok.log)
                seconds = time.monotonic() - begun
                memory = _memory(processes, kwok.log)
                kwok.log.end()
                over = time.monotonic()
                ends = [outcome(process, home) for process, home in zip(processes, homes, strict=True)]
            starts = _starts(cluster, space)
    print(f"{runs} runs of {VARIATIONS} Jobs: every agent was read after {seconds:.0f} s")
    behind = _behind({spec.id: told for spec, (told, _, _) in zip(specs, ends, strict=True)}, starts)
    _report(ends, kwok.log.lines, memory, behind, over)


def _behind(told: dict[str, dict[str, Any]], starts: dict[tuple[str, int], float]) -> list[float]:
    """Returns by how many seconds each agent was behind, the most last, and shows those with what was observed of them."""
    late = sorted(
        (at - starts[run, int(number)], run, number)
        for run, each in told.items()
        for number, at in each["begins"].items()
    )
    for behind, run, number in late[-SHOWN:]:
        since, seen = starts[run, int(number)], told[run]["seen"]
        course = ", ".join(f"{text} {at - since:+.1f}" for at, text in sorted(seen.get(number, []) + seen.get("0", [])))
        print(f"  the first event of {run}/{number} came {behind:.1f} s after its pod had started: {course}")
    return [behind for behind, *_ in late]


def _report(ends: list[End], lines: int, memory: list[float], behind: list[float], over: float) -> None:
    runs = len(ends)
    told = [each for each, _, _ in ends]
    stored = sum(count for _, _, count in ends)
    print(f"  {sum(cpu for _, cpu, _ in ends) / runs:.1f} CPU seconds a run, {lines} events of each agent")
    for kind in KINDS:
        lists, watches = (max(each.get(f"{verb} {kind}", 0) for each in told) for verb in ("list", "watch"))
        print(f"  {kind:<7} at most {lists} lists and {watches} watches a run")
    summary = {
        "lost": runs * VARIATIONS * lines - stored,
        "doubled": sum(each["given"] for each in told) - stored,
        "behind_p50": round(behind[len(behind) // 2], 1),
        "behind_p99": round(behind[len(behind) * 99 // 100], 1),
        "behind_most": round(behind[-1], 1),
        "end_s": round(max(each["at"] for each in told) - over, 1),
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


def _runs() -> int:
    parser = argparse.ArgumentParser(prog="make bench-scale")
    parser.add_argument("--short", action="store_true")
    return RUNS // 10 if parser.parse_args().short else RUNS


@contextmanager
def _killed_on_error(processes: list[Process]) -> Iterator[None]:
    try:
        yield
    except BaseException:
        for process in processes:
            process.kill()
        raise


def _wait_until_all_are_read(processes: list[Process], homes: list[str], log: Log) -> None:
    """Until the first event of every agent is stored."""
    agents, deadline = len(processes) * VARIATIONS, time.monotonic() + SECONDS
    while (read := sum(map(agents_read, homes))) < agents:
        if time.monotonic() > deadline:
            raise SystemExit(f"{read} of {agents} agents were read within {SECONDS} s")
        _go_on(processes, log)


def _memory(processes: list[Process], log: Log) -> list[float]:
    """Returns what the processes hold together, in MiB, look by look."""
    seen = []
    for _ in range(LOOKS):
        seen.append(sum(resident_mib(process.pid) for process in processes))
        _go_on(processes, log)
    return seen


def _go_on(processes: list[Process], log: Log) -> None:
    """Every agent says one thing more."""
    log.say()
    time.sleep(LOOK)
    if ended := [process.returncode for process in processes if process.poll() is not None]:
        codes = ", ".join(map(str, sorted(set(ended))))
        raise SystemExit(f"{len(ended)} processes ended before their agents did, with exit code {codes}")


def _starts(cluster: Cluster, space: str) -> dict[tuple[str, int], float]:
    """Returns when each variation's pod started, on the machine's monotonic clock. The server cuts it to whole seconds."""
    found = {}
    for pod in json.loads(cluster.kubectl("get", "pods", "-n", space, "-o", "json"))["items"]:
        labels, started = pod["metadata"]["labels"], datetime.fromisoformat(pod["status"]["startTime"])
        found[labels[RUN], int(labels[VARIATION])] = started.timestamp() - time.time() + time.monotonic()
    return found


if __name__ == "__main__":
    main()
