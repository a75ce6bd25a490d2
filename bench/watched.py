"""`aideator watch --view panes` in a pseudo-terminal, on a run whose agents are made up."""

import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.made_up import add_run
from bench.screen import Screen

SECONDS = 600.0  # the longest wait for the store
LOOK = 0.2


@dataclass(frozen=True)
class Watched:
    screen: Screen
    events: int  # that the agents tell, their ends left out
    store: Path

    def stored(self) -> int:
        with closing(sqlite3.connect(f"file:{self.store}?mode=ro", uri=True, timeout=5)) as store:
            query = "select count(*) from events where type <> 'end' and seq is not null"
            return int(store.execute(query).fetchone()[0])

    def until_stored(self, events: int) -> None:
        deadline = time.monotonic() + SECONDS
        while self.stored() < events and time.monotonic() < deadline:
            time.sleep(LOOK)

    def missed(self) -> int:
        """Of all events, once no more come; the view is left then."""
        before = -1
        while before < (now := self.stored()) < self.events:
            before = now
            time.sleep(10 * LOOK)
        self.screen.type("q")
        self.screen.process.wait(20)
        return self.events - self.stored()


@contextmanager
def watched(agents: int, events: int, rate: float) -> Iterator[Watched]:
    """The agents begin as soon as the view is there. `events`: of each; `rate`: a second, of all together, 0 as fast as it goes."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        run = add_run(home, agents).id
        command = [sys.executable, "-m", "bench.made_up", folder, run, str(events), str(rate)]
        writer = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert writer.stdin is not None
        assert writer.stdout is not None
        writer.stdout.readline()
        screen = Screen([sys.executable, "-m", "aideator_cli", "watch", run, "--view", "panes"], _environment(home))
        try:
            screen.until(f" {run} ")
            writer.stdin.write("go\n")
            writer.stdin.flush()
            yield Watched(screen, agents * events, home / "aideator.db")
        finally:
            screen.close()
            writer.kill()
            writer.wait()


def _environment(home: Path) -> dict[str, str]:
    left_out = ("NO_COLOR", "PYTHONDONTWRITEBYTECODE")
    return {**{name: value for name, value in os.environ.items() if name not in left_out}, "AIDEATOR_HOME": str(home)}
