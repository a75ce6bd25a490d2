"""aideator's side of a benchmark, a process of its own, with the run's spec on the first line of its standard input.

Once a second line has come it follows the run into the store in HOME, with `--submit` after it has submitted it. It shows nothing and
prints figures; with `--show` it is the lines view that prints.
"""

import argparse
import json
import logging
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import cast

from aideator_agent.spec import RunSpec
from aideator_cli.backends.base import Backend
from aideator_cli.backends.kubernetes import KubernetesBackend
from aideator_cli.cli import terminal
from aideator_cli.cli.viewing import View
from aideator_cli.domain.events import Event, Item, Observation
from aideator_cli.domain.runs import Place
from aideator_cli.store import Store
from aideator_cli.stream.following import following
from aideator_cli.system.garbage import look_seldom
from aideator_cli.views.text.lines import show_lines
from bench.model import Model
from bench.processes import peak_mib


class Count:
    """A view that shows nothing; `at`: when the newest event was stored, on the machine's monotonic clock; `begins`: each agent's first.

    `seen`: what was observed of each agent, and of the run as a whole (0), and when.
    """

    def __init__(self) -> None:
        self.given = 0
        self.at = 0.0
        self.begins: dict[int, float] = {}
        self.seen: dict[int, list[tuple[float, str]]] = {}

    def __call__(self, _spec: RunSpec, batches: Iterator[list[Item]]) -> None:
        for batch in batches:
            events = sum(isinstance(item, Event) for item in batch)
            if events:
                self.given += events
                self.at = time.monotonic()
                self.begins |= {i.variation: self.at for i in batch if isinstance(i, Event) and i.seq == 0}
            for item in batch:
                if isinstance(item, Observation):
                    self.seen.setdefault(item.variation or 0, []).append((time.monotonic(), f"{item.kind} {item.text}"))


class Requests(logging.Handler):
    """Counts what this process asks the API server, as urllib3 logs it: lists and watches by kind, and refusals as too much."""

    def __init__(self) -> None:
        super().__init__()
        self.found: Counter[str] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        if not isinstance(record.args, tuple) or len(record.args) != 8:
            return
        _scheme, _host, _port, method, target, _protocol, status, _length = record.args
        path, _, query = str(target).partition("?")
        kind = path.rpartition("/")[2]
        if status == 429:
            self.found["refused"] += 1
        if method == "GET" and kind in ("pods", "jobs", "events"):
            self.found[f"{'watch' if 'watch=' in query else 'list'} {kind}"] += 1

    @classmethod
    def begin(cls) -> "Requests":
        logger, made = logging.getLogger("urllib3.connectionpool"), cls()
        logger.addHandler(made)
        logger.setLevel(logging.DEBUG)
        logger.propagate = False
        return made


def main() -> None:
    look_seldom()  # as `aideator` does
    arguments = _arguments()
    spec = RunSpec.from_json(sys.stdin.readline())
    store = Store.open(arguments.home)
    store.add_run(spec, Place("kubernetes", "bench"), state="running")
    backend = _backend(arguments)
    count = Count()
    view: View = partial(show_lines, terminal.screen()) if arguments.show else count
    sys.stdin.readline()
    requests = Requests.begin() if arguments.submit else None
    if arguments.submit:
        backend.submit(spec)
    with following(spec, backend, store) as batches:
        view(spec, batches)
    if not arguments.show:
        told: dict[str, object] = {"at": count.at, "given": count.given, "memory_mib": peak_mib(os.getpid())}
        if requests:
            told |= {"begins": count.begins, "seen": count.seen, **requests.found}
        print(json.dumps(told))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--submit", action="store_true")
    parser.add_argument("--namespace")
    parser.add_argument("--model", type=int, help="no cluster: made up agents that write so many lines each")
    return parser.parse_args()


def _backend(arguments: argparse.Namespace) -> Backend:
    if arguments.model:
        return cast(Backend, Model(arguments.model))
    return KubernetesBackend.connect(None, arguments.namespace)


if __name__ == "__main__":
    main()
