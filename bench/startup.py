"""How long `aideator` takes to start: `--help`, and `list` and `show` with 1,000 runs in the store, against `python -c pass`.

They take turns, with the client tools that are on the PATH beside them. `--short`: few rounds.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.processes import ended
from bench.stats import RUNS, fill

ROUNDS, SHORT = 41, 7
BARE = "python -c pass"
GOALS = {"help": 3.0, "list": 4.0, "show": 4.0}  # at most so many times as long as a bare interpreter
PEERS = {
    "kubectl": ("version", "--client"),
    "git": ("--version",),
    "stern": ("--version",),
    "helm": ("version", "--client"),
    "gh": ("--version",),
}


@dataclass(frozen=True)
class Spent:
    seconds: float
    cpu: float  # seconds of the process


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench-startup")
    parser.add_argument("--short", action="store_true")
    rounds = SHORT if parser.parse_args().short else ROUNDS
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder))
        spent = _alternately(_commands(), rounds, Path(folder))
    _show({name: _middle(each) for name, each in spent.items()}, rounds)


def _commands() -> dict[str, list[str]]:
    aideator = str(Path(sys.executable).with_name("aideator"))
    ours = {"help": [aideator, "--help"], "list": [aideator, "list"], "show": [aideator, "show"]}
    peers = {name: [path, *words] for name, words in PEERS.items() if (path := shutil.which(name))}
    return {BARE: [sys.executable, "-c", "pass"], **ours, **peers}


def _alternately(commands: dict[str, list[str]], rounds: int, home: Path) -> dict[str, list[Spent]]:
    """The first round, which warms up, is left out."""
    environment = os.environ | {"AIDEATOR_HOME": str(home)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    turns = [{name: _spent(words, environment) for name, words in commands.items()} for _ in range(rounds + 1)]
    return {name: [turn[name] for turn in turns[1:]] for name in commands}


def _spent(words: list[str], environment: dict[str, str]) -> Spent:
    begun = time.perf_counter()
    process = subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL)
    cpu, _ = ended(process)
    seconds = time.perf_counter() - begun
    if process.returncode:
        sys.exit(f"{' '.join(words)} failed with exit code {process.returncode}")
    return Spent(seconds, cpu)


def _middle(each: list[Spent]) -> Spent:
    return Spent(median(one.seconds for one in each), median(one.cpu for one in each))


def _show(spent: dict[str, Spent], rounds: int) -> None:
    bare = spent[BARE]
    print(f"{RUNS} runs in the store; medians of {rounds} turns; ratios to {BARE}")
    print(f"  {'':<16} {'ms':>6} {'ratio':>6} {'goal':>5}   {'CPU ms':>6} {'ratio':>6}")
    for name, found in spent.items():
        goal = f"{GOALS[name]:.0f}" if name in GOALS else ""
        wall, cpu = found.seconds / bare.seconds, found.cpu / bare.cpu
        print(
            f"  {name:<16} {1000 * found.seconds:>6.0f} {wall:>6.2f} {goal:>5}   {1000 * found.cpu:>6.0f} {cpu:>6.2f}"
        )
    ratios = {
        name: round(spent[name].seconds / bare.seconds, 2) if name in spent else None for name in (*GOALS, *PEERS)
    }
    print(json.dumps({"ratio": ratios["help"], **ratios}))


if __name__ == "__main__":
    main()
