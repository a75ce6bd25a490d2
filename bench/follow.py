"""Pods that write events as fast as they can, from before the Jobs are submitted to the last event in the store, against `stern` and
`kubectl logs -f`, which write the bare lines to a file.

The tools take turns. `--short`: 3 pods, one round. stern is a peer when it is on the PATH.
"""

import argparse
import json

from bench.load import Load, agent_image
from bench.throw_away import namespace, running_cluster
from bench.tools import (
    Figures,
    chosen,
    follow_with_aideator,
    follow_with_kubectl,
    follow_with_stern,
    in_turn,
    middle,
    ratio,
)  # fmt: skip

LINES = {3: 20_000, 20: 4_000, 50: 2_000}  # of each pod: below kubelet's rotation
ROUNDS = 3


def main() -> None:
    arguments = _arguments()
    tools = chosen(
        {"aideator": follow_with_aideator, "stern": follow_with_stern, "kubectl": follow_with_kubectl}, arguments.tools
    )
    cluster = running_cluster()
    image = agent_image()
    rows: dict[int, dict[str, Figures]] = {}
    with namespace(cluster) as name:
        for pods in arguments.pods:
            rounds: dict[str, list[Figures]] = {tool: [] for tool in tools}
            for turn in range(arguments.rounds):
                for tool in in_turn(list(tools), turn):
                    load = Load(cluster, name, image, pods, LINES.get(pods, 2_000))
                    try:
                        rounds[tool].append(tools[tool](load))
                    finally:
                        load.remove()
            rows[pods] = {tool: middle(found) for tool, found in rounds.items()}
            _show(pods, rows[pods])
    print(json.dumps(_summary(rows)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-follow")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--pods", type=int, nargs="+", default=[3, 20, 50])
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--tools", nargs="+", default=["aideator", "stern", "kubectl"])
    arguments = parser.parse_args()
    if arguments.short:
        arguments.pods, arguments.rounds = [3], 1
    return arguments


def _show(pods: int, figures: dict[str, Figures]) -> None:
    events = pods * LINES.get(pods, 2_000)
    print(f"\n{pods} pods, {events:,} events   seconds  events/s   CPU s  µs CPU/event  peak MiB   lost  doubled")
    for tool, f in figures.items():
        print(
            f"  {tool:<24} {f.seconds:>9.2f} {events / f.seconds:>9,.0f} {f.cpu:>7.2f} {f.cpu / events * 1e6:>13.1f} "
            f"{f.memory_mib:>9.0f} {f.lost:>6} {f.doubled:>8}",
            flush=True,
        )


def _summary(rows: dict[int, dict[str, Figures]]) -> dict[str, object]:
    first = next(iter(rows))
    ours = [row["aideator"] for row in rows.values() if "aideator" in row]
    return {
        "ratio": ratio(rows[first], "stern"),
        "ratio_kubectl": ratio(rows[first], "kubectl"),
        **{f"ratio_{pods}": ratio(row, "stern") for pods, row in rows.items()},
        "lost": sum(f.lost for f in ours),
        "doubled": sum(f.doubled for f in ours),
        "memory_mib": round(max((f.memory_mib for f in ours), default=0.0), 1),
        "peer": "stern" if "stern" in rows[first] else None,
    }


if __name__ == "__main__":
    main()
