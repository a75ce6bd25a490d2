"""From a line printed in a pod to the line shown in a pipe: by aideator's lines view, its event stored by then, and by stern, bare.

3 pods print 20 lines a second each; the tools take turns. `--short`: one round. stern is a peer when it is on the PATH.
"""

import argparse
import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from statistics import quantiles

from bench.load import WRITTEN, Load, agent_image
from bench.throw_away import namespace, running_cluster
from bench.tools import chosen, in_turn, start_follower, stern_command

PODS, LINES, PAUSE = 3, 400, 0.05
SKIPPED = 60  # lines of each pod: until its log is followed
ROUNDS = 3

Shown = list[float]  # seconds from printed to shown, of each line


def main() -> None:
    rounds = _rounds()
    tools: dict[str, Callable[[Load], Shown]] = chosen({"aideator": _of_aideator, "stern": _of_stern})
    cluster, image = running_cluster(), agent_image()
    found: dict[str, Shown] = {tool: [] for tool in tools}
    with namespace(cluster) as name:
        for turn in range(rounds):
            for tool in in_turn(list(tools), turn):
                load = Load(cluster, name, image, PODS, LINES, PAUSE)
                try:
                    found[tool] += tools[tool](load)
                finally:
                    load.remove()
    _show(found)


def _rounds() -> int:
    parser = argparse.ArgumentParser(prog="make bench-latency")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    arguments = parser.parse_args()
    return 1 if arguments.short else int(arguments.rounds)


def _of_aideator(load: Load) -> Shown:
    with tempfile.TemporaryDirectory() as home:
        process = start_follower(load, home, "--show")
        load.submit()
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        process.stdin.close()
        return _shown(load, process)


def _of_stern(load: Load) -> Shown:
    process = subprocess.Popen(stern_command(load), env=load.cluster.environment, stdout=subprocess.PIPE)
    load.submit()
    return _shown(load, process)


def _shown(load: Load, process: "subprocess.Popen[bytes]") -> Shown:
    """Reads until every pod's last line has come."""
    assert process.stdout is not None
    shown: Shown = []
    ended, rest = 0, b""
    while ended < load.pods and (data := os.read(process.stdout.fileno(), 1 << 16)):
        now = time.time()  # the pods' clock too: they run on this machine
        whole, _, rest = (rest + data).rpartition(b"\n")
        for match in WRITTEN.finditer(whole):
            seq = int(match[2])
            ended += seq == load.lines - 2  # the last one is `end`, which each shows in its own way
            if seq >= SKIPPED:
                shown.append(now - float(match[3]))
    process.send_signal(signal.SIGTERM)
    process.wait()
    return shown


def _show(found: dict[str, Shown]) -> None:
    print(f"{PODS} pods, {1 / PAUSE:.0f} lines a second each: milliseconds from printed to shown")
    print(f"  {'':<10} lines     p50     p90     p99     max")
    summary: dict[str, object] = {}
    for tool, shown in found.items():
        cuts = quantiles(shown, n=100)
        p50, p90, p99 = (round(cuts[n - 1] * 1000, 2) for n in (50, 90, 99))
        print(f"  {tool:<10} {len(shown):>5} {p50:>7.2f} {p90:>7.2f} {p99:>7.2f} {max(shown) * 1000:>7.2f}")
        name = "" if tool == "aideator" else f"{tool}_"
        summary |= {f"{name}p50_ms": p50, f"{name}p99_ms": p99}
    print(json.dumps({**summary, "peer": "stern" if "stern" in found else None}))


if __name__ == "__main__":
    main()
