"""aideator's side of a benchmark, a process of its own, with the run's spec on the first line of its standard input.

Once a second line has come it follows the run into the store in HOME. It shows nothing and prints figures; with `--show` it is the lines
view that prints.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from aideator_agent.spec import RunSpec
from aideator_cli.backend import Backend
from aideator_cli.events import Event, Item
from aideator_cli.garbage import look_seldom
from aideator_cli.kubernetes import KubernetesBackend
from aideator_cli.store import Place, Store
from aideator_cli.stream.following import View, follow_run
from aideator_cli.views.lines import show_lines
from bench.model import Model
from bench.processes import peak_mib


class Count:
    """A view that shows nothing; `at`: when the newest event was in the store, on the machine's monotonic clock."""

    def __init__(self) -> None:
        self.given = 0
        self.at = 0.0

    def __call__(self, _spec: RunSpec, batches: Iterator[list[Item]]) -> None:
        for batch in batches:
            events = sum(isinstance(item, Event) for item in batch)
            if events:
                self.given += events
                self.at = time.monotonic()


def main() -> None:
    look_seldom()  # as `aideator` does
    arguments = _arguments()
    spec = RunSpec.from_json(sys.stdin.readline())
    store = Store.open(arguments.home)
    store.add_run(spec, Place("kubernetes", "bench"), state="running")
    backend = _backend(arguments)
    count = Count()
    view: View = show_lines if arguments.show else count
    sys.stdin.readline()
    follow_run(spec, backend, store, view)
    if not arguments.show:
        print(json.dumps({"at": count.at, "given": count.given, "memory_mib": peak_mib(os.getpid())}))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--namespace")
    parser.add_argument("--model", type=int, help="no cluster: made up agents that write so many lines each")
    return parser.parse_args()


def _backend(arguments: argparse.Namespace) -> Backend:
    if arguments.model:
        return cast(Backend, Model(arguments.model))
    return KubernetesBackend.connect(None, arguments.namespace)


if __name__ == "__main__":
    main()
