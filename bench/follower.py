"""aideator's side of a benchmark, a process of its own: `python -m bench.follower NAMESPACE HOME WAY`, the spec on stdin's first line.

Once a second line has come it follows the run into the store in HOME. WAY is `count`, which shows nothing and prints figures, or
`show`, the lines view.
"""

import json
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from aideator_agent.spec import RunSpec
from aideator_cli.events import Event, Item
from aideator_cli.following import View, follow_run
from aideator_cli.kubernetes import KubernetesBackend
from aideator_cli.store import Place, Store
from aideator_cli.views.lines import show_lines


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
    namespace, home, way = sys.argv[1:]
    spec = RunSpec.from_json(sys.stdin.readline())
    store = Store.open(Path(home))
    store.add_run(spec, Place("kubernetes", namespace), state="running")
    backend = KubernetesBackend.connect(None, namespace)
    count = Count()
    view: View = count if way == "count" else show_lines
    sys.stdin.readline()
    follow_run(spec, backend, store, view)
    if way == "count":
        print(json.dumps({"at": count.at, "given": count.given, "memory_mib": peak_mib()}))


def peak_mib() -> float:
    """Of this process, since it began."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
