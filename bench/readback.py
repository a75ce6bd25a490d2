"""Reading back the logs of 50 finished pods, from the start of the process to its end: aideator into an empty store, and
`stern --no-follow` and `kubectl logs` into a file.

The tools take turns. `--short`: 10 pods, one round. stern is a peer when it is on the PATH.
"""

import argparse
import json

from bench.load import Load, agent_image, submitted
from bench.throw_away import namespace, running_cluster
from bench.tools import Figures, chosen, in_turn, middle, ratio, read_with_aideator, read_with_kubectl, read_with_stern

LINES = 2_000
ROUNDS = 5


def main() -> None:
    arguments = _arguments()
    tools = chosen({"aideator": read_with_aideator, "stern": read_with_stern, "kubectl": read_with_kubectl})
    cluster = running_cluster()
    rounds: dict[str, list[Figures]] = {tool: [] for tool in tools}
    with namespace(cluster) as name, submitted(Load(cluster, name, agent_image(), arguments.pods, LINES)) as load:
        for turn in range(arguments.rounds):
            for tool in in_turn(list(tools), turn):
                rounds[tool].append(tools[tool](load))
    figures = {tool: middle(found) for tool, found in rounds.items()}
    _show(load, figures, arguments.rounds)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-readback")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--pods", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    arguments = parser.parse_args()
    if arguments.short:
        arguments.pods, arguments.rounds = 10, 1
    return arguments


def _show(load: Load, figures: dict[str, Figures], rounds: int) -> None:
    print(f"{load.pods} finished pods, {load.events:,} events; medians of {rounds}")
    print(f"  {'':<10} seconds   CPU s  peak MiB   lost  doubled")
    for tool, f in figures.items():
        print(f"  {tool:<10} {f.seconds:>7.2f} {f.cpu:>7.2f} {f.memory_mib:>9.0f} {f.lost:>6} {f.doubled:>8}")
    ours = figures["aideator"]
    summary = {
        "ratio": ratio(figures, "stern"),
        "ratio_kubectl": ratio(figures, "kubectl"),
        "seconds": round(ours.seconds, 3),
        "lost": ours.lost,
        "doubled": ours.doubled,
        "memory_mib": round(ours.memory_mib, 1),
        "peer": "stern" if "stern" in figures else None,
    }
    print(json.dumps(summary))


if __name__ == "__main__":
    main()
