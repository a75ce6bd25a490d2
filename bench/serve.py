"""Many clients of one `aideator serve`: each reads the events of three agents that write 300 events a second each, one stream for each.

Three figures have a peer. `added` is the latency over that of `aideator watch --json` on the same run. `ratio` is the CPU that an event
takes the server, to that of the bare framework (Starlette on uvicorn), which sends the same bytes out of its memory to the same clients.
`list_ms` is a page of `GET /api/v1/runs` with 1,000 runs in the store. `--short`: a fifth of the clients, for a few seconds.
"""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

from bench.made_up import add_run
from bench.processes import cpu_seconds, resident_mib
from bench.stats import fill

VARIATIONS, RATE = 3, 300  # events a second of each
CLIENTS, SECONDS = 100, 30
SHORT_CLIENTS, SHORT_SECONDS = 20, 8
LISTED = 30  # times
STAMP = re.compile(rb'"seq":(\d+),"time":"([^"]+)"')


@dataclass(frozen=True)
class Figures:
    lost: int
    doubled: int
    p50_ms: float  # from the line in the agent's log to the client; of each piece that arrives, its oldest event
    p99_ms: float
    cpu: float  # seconds of the server, while the agents wrote
    events: int  # that were delivered, all clients together
    memory: tuple[float, float]  # MiB, at the first third and at the end


def main() -> None:
    clients, seconds = _arguments()
    events = RATE * seconds
    alone = _of_watch(events)
    ours = _of_server(clients, events)
    bare = _of_peer(clients, events)
    listed = _list_ms()
    each = {"aideator watch": alone, "aideator serve": ours, "the bare framework": bare}
    print(f"\n{clients} clients × {VARIATIONS} streams × {RATE} events/s for {seconds} s")
    print(
        f"{'':<20} {'lost':>6} {'doubled':>8} {'p50 ms':>8} {'p99 ms':>8} {'CPU s':>7} {'µs CPU/event':>13} {'MiB':>13}"
    )
    for name, f in each.items():
        memory = f"{f.memory[0]:.0f} → {f.memory[1]:.0f}"
        print(
            f"{name:<20} {f.lost:>6} {f.doubled:>8} {f.p50_ms:>8.1f} {f.p99_ms:>8.1f} {f.cpu:>7.1f} "
            f"{f.cpu / max(f.events, 1) * 1e6:>13.2f} {memory:>13}"
        )
    print(f"a page of 50 of 1,000 runs: {listed:.1f} ms")
    print(json.dumps(_summary(alone, ours, bare, listed, clients)))


def _summary(alone: Figures, ours: Figures, bare: Figures, listed: float, clients: int) -> dict[str, object]:
    return {
        "clients": clients,
        "lost": ours.lost,
        "doubled": ours.doubled,
        "p99_ms": round(max(0.0, ours.p99_ms - alone.p99_ms), 1),
        "p99_peer_ms": round(bare.p99_ms, 1),
        "list_ms": round(listed, 1),
        "ratio": round(ours.cpu / ours.events / (bare.cpu / bare.events), 2),
        "memory_mib": round(ours.memory[1], 1),
        "memory_growth": round(ours.memory[1] / ours.memory[0], 2),
    }


def _arguments() -> tuple[int, int]:
    parser = argparse.ArgumentParser(prog="make bench-serve")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--clients", type=int)
    parser.add_argument("--seconds", type=int)
    given = parser.parse_args()
    clients, seconds = (SHORT_CLIENTS, SHORT_SECONDS) if given.short else (CLIENTS, SECONDS)
    return given.clients or clients, given.seconds or seconds


def _of_watch(events: int) -> Figures:
    with _home() as home, _agents(home, events) as (run, begin):
        words = [sys.executable, "-m", "aideator_cli", "watch", run, "--json"]
        process = subprocess.Popen(words, env=_environment(home), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert process.stderr is not None
        process.stderr.readline()  # it says what it watches
        begin()
        seen: dict[int, list[int]] = {number: [] for number in range(1, VARIATIONS + 1)}
        late: list[float] = []
        assert process.stdout is not None
        for line in process.stdout:
            if (found := STAMP.search(line)) and b'"kind":"event"' in line:
                seen[int(line.split(b'"variation":', 1)[1].split(b",", 1)[0])].append(int(found[1]))
                late.append(_age(found[2]))
        process.wait()
        lost, doubled = _counted(seen.values(), events)
        p50, p99 = _percentiles(late)
        return Figures(lost, doubled, p50, p99, 0.0, len(late), (0.0, 0.0))


def _of_server(clients: int, events: int) -> Figures:
    with _home() as home, _agents(home, events) as (run, begin):
        words = [sys.executable, "-m", "aideator_cli", "serve", "--port", "0"]
        process = subprocess.Popen(words, env=_environment(home), stderr=subprocess.PIPE, text=True)
        assert process.stderr is not None
        address = re.search(r"http://(\S+:\d+)", process.stderr.readline())
        assert address
        paths = [f"/api/v1/runs/{run}/events?variation={number}" for number in range(1, VARIATIONS + 1)]
        return _read(process, address[1], paths, clients, events, begin)


def _of_peer(clients: int, events: int) -> Figures:
    words = [sys.executable, "-m", "bench.serve_peer", str(events), str(RATE)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    address = process.stdout.readline().strip()
    paths = [f"/{number}" for number in range(1, VARIATIONS + 1)]

    def begin() -> None:
        urllib.request.urlopen(f"http://{address}/begin").close()

    return _read(process, address, paths, clients, events, begin)


def _read(
    process: "subprocess.Popen[str]", address: str, paths: Sequence[str], clients: int, events: int, begin: object
) -> Figures:
    """All clients are one process. It says when all streams are open, when a third has come, and at last what it got."""
    words = [sys.executable, "-m", "bench.serve_clients", address, str(clients), str(events), *paths]
    reading = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert reading.stdout is not None
    assert reading.stdout.readline() == "open\n"
    before = cpu_seconds(process.pid)
    assert callable(begin)
    begin()
    assert reading.stdout.readline() == "third\n"
    third = resident_mib(process.pid)
    told = json.loads(reading.stdout.readline())
    cpu, memory = cpu_seconds(process.pid) - before, resident_mib(process.pid)
    reading.wait()
    process.send_signal(signal.SIGINT)
    process.wait()
    return Figures(told["lost"], told["doubled"], told["p50_ms"], told["p99_ms"], cpu, told["events"], (third, memory))


def _list_ms() -> float:
    with _home() as home:
        fill(home)
        words = [sys.executable, "-m", "aideator_cli", "serve", "--port", "0"]
        process = subprocess.Popen(words, env=_environment(home), stderr=subprocess.PIPE, text=True)
        assert process.stderr is not None
        address = re.search(r"http://\S+:\d+", process.stderr.readline())
        assert address
        spent = []
        for _ in range(LISTED):
            began = time.perf_counter()
            with urllib.request.urlopen(f"{address[0]}/api/v1/runs") as answer:
                answer.read()
            spent.append(1000 * (time.perf_counter() - began))
        process.send_signal(signal.SIGINT)
        process.wait()
    return median(spent)


@contextmanager
def _home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@contextmanager
def _agents(home: Path, events: int) -> Iterator[tuple[str, object]]:
    """The run's id, and what lets its agents begin."""
    spec = add_run(home, VARIATIONS)
    words = [sys.executable, "-m", "bench.made_up", str(home), spec.id, str(events), str(RATE * VARIATIONS)]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()

    def begin() -> None:
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        process.stdin.flush()

    try:
        yield spec.id, begin
    finally:
        process.wait()


def _environment(home: Path) -> dict[str, str]:
    return {**os.environ, "AIDEATOR_HOME": str(home), "KUBECONFIG": str(home / "none")}


def _age(stamp: bytes) -> float:
    from bench.serve_clients import age

    return age(stamp)


def _counted(streams: "Iterator[list[int]] | Sequence[list[int]] | object", events: int) -> tuple[int, int]:
    from bench.serve_clients import counted

    return counted(streams, events)  # type: ignore[arg-type]


def _percentiles(late: list[float]) -> tuple[float, float]:
    found = quantiles(late, n=100)
    return 1000 * found[49], 1000 * found[98]


if __name__ == "__main__":
    main()
