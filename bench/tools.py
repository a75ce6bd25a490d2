"""aideator, stern and kubectl, each following or reading back the same kind of load, with figures that can be compared."""

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

from aideator_agent.spec import RunSpec
from bench.load import Load, lost_and_doubled
from bench.processes import ended, peak_mib

SECONDS = 180.0  # one round of one tool
SILENCE = 8.0  # seconds in which a tool writes nothing more, after the pods have ended
LOOK = 0.01
_PHASES = 'jsonpath={.metadata.name}{" "}{.status.phase}{"\\n"}'


@dataclass(frozen=True)
class Figures:
    """Of one round. `seconds`: from before the submission (following) or from the tool's start (reading back) to the last line."""

    seconds: float
    cpu: float  # seconds of all the tool's processes
    memory_mib: float  # their peaks, added up
    lost: int
    doubled: int


Tool = Callable[[Load], Figures]
_T = TypeVar("_T")


def middle(rounds: list[Figures]) -> Figures:
    """Medians; what was lost or doubled is added up."""
    return Figures(
        median(r.seconds for r in rounds), median(r.cpu for r in rounds), median(r.memory_mib for r in rounds),
        sum(r.lost for r in rounds), sum(r.doubled for r in rounds),
    )  # fmt: skip


def chosen(tools: dict[str, _T], names: list[str] | None = None) -> dict[str, _T]:
    """Those of these names that are there; of stern it is said when it isn't."""
    wanted = {name: tool for name, tool in tools.items() if names is None or name in names}
    if "stern" in wanted and stern_path() is None:
        print("stern is not on the PATH: no comparison with it", file=sys.stderr)
        del wanted["stern"]
    return wanted


def in_turn(names: list[str], turn: int) -> list[str]:
    at = turn % len(names)
    return names[at:] + names[:at]


def ratio(figures: dict[str, Figures], peer: str) -> float | None:
    """Our seconds to the peer's."""
    if peer not in figures or "aideator" not in figures:
        return None
    return round(figures["aideator"].seconds / figures[peer].seconds, 3)


def stern_path() -> str | None:
    return shutil.which("stern")


# Following: each tool is there before the Jobs are


def follow_with_aideator(load: Load) -> Figures:
    with tempfile.TemporaryDirectory() as home:
        process = start_follower(load, home)
        begun = time.monotonic()
        load.submit()
        return _aideators(load, home, process, begun)


def follow_with_stern(load: Load) -> Figures:
    with _output() as file:
        command = [*stern_command(load), "--max-log-requests", str(load.pods + 1)]
        process = subprocess.Popen(
            command, env=load.cluster.environment, stdout=file.open("wb"), stderr=subprocess.DEVNULL
        )
        time.sleep(2)  # until its watch stands
        begun = time.monotonic()
        load.submit()
        last = _last_line(load, file)
        memory = peak_mib(process.pid)
        process.send_signal(signal.SIGTERM)
        cpu, _ = ended(process)
        return Figures(last - begun, cpu, memory, *lost_and_doubled(load, [file.read_bytes()]))


def follow_with_kubectl(load: Load) -> Figures:
    """One a pod, begun as soon as one more, that watches the pods, says that the log can be had: `logs -f` itself does not wait."""
    with _output() as file, file.open("ab") as out:
        begun = time.monotonic()
        watch = subprocess.Popen(
            [load.cluster.kubectl_path, "get", "pods", "-n", load.namespace, "-l", load.selector, "-w", "-o", _PHASES],
            env=load.cluster.environment, stdout=subprocess.PIPE,
        )  # fmt: skip
        load.submit()
        logs = [
            subprocess.Popen([*_kubectl(load), "-f", pod], env=load.cluster.environment, stdout=out)
            for pod in _as_they_start(watch, load.pods)
        ]
        last = _last_line(load, file)
        watch.terminate()
        usages = [ended(process) for process in [watch, *logs]]
        cpu, memory = (sum(column) for column in zip(*usages, strict=True))
        return Figures(last - begun, cpu, memory, *lost_and_doubled(load, [file.read_bytes()]))


def _as_they_start(watch: "subprocess.Popen[bytes]", pods: int) -> Iterator[str]:
    started: set[str] = set()
    assert watch.stdout is not None
    while len(started) < pods and (line := watch.stdout.readline().decode()):
        name, _, phase = line.strip().partition(" ")
        if phase in ("Running", "Succeeded") and name not in started:
            started.add(name)
            yield name


# Reading back pods that have ended: from the process's start to its end


def read_with_aideator(load: Load) -> Figures:
    with tempfile.TemporaryDirectory() as home:
        begun = time.monotonic()
        return _aideators(load, home, start_follower(load, home), begun, to_exit=True)


def read_with_stern(load: Load) -> Figures:
    return _read(load, [*stern_command(load), "--no-follow", "--max-log-requests", str(load.pods + 1)])


def read_with_kubectl(load: Load) -> Figures:
    return _read(load, [*_kubectl(load), "-l", load.selector, "--tail=-1", f"--max-log-requests={load.pods + 1}"])


def start_follower(load: Load, home: str, *flags: str) -> "subprocess.Popen[bytes]":
    return begin(load.spec, home, "--namespace", load.namespace, *flags, environment=load.cluster.environment)


def begin(spec: RunSpec, home: str, *flags: str, environment: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    """A follower that waits for a line before it follows."""
    command = [sys.executable, "-m", "bench.follower", "--home", home, *flags]
    clean = {name: value for name, value in environment.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(command, env=clean, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(spec.to_json().encode() + b"\n")
    process.stdin.flush()
    return process


def stern_command(load: Load) -> list[str]:
    """Bare lines, without a call to any other host than the cluster."""
    path = stern_path()
    assert path is not None
    return [path, "-n", load.namespace, "-l", load.selector, "-o", "raw", "--color=never", "--only-log-lines"]


def _kubectl(load: Load) -> list[str]:
    return [load.cluster.kubectl_path, "logs", "-n", load.namespace]


def _aideators(
    load: Load, home: str, process: "subprocess.Popen[bytes]", begun: float, *, to_exit: bool = False
) -> Figures:
    told, cpu, stored = finish(process, home)
    last = time.monotonic() if to_exit else told["at"]
    return Figures(last - begun, cpu, told["memory_mib"], load.lost(stored), int(told["given"]) - stored)


def finish(process: "subprocess.Popen[bytes]", home: str) -> tuple[dict[str, Any], float, int]:
    """Lets a follower go and waits for it: see `outcome`."""
    let_go(process)
    return outcome(process, home)


def let_go(process: "subprocess.Popen[bytes]") -> None:
    assert process.stdin is not None
    process.stdin.write(b"go\n")
    process.stdin.close()


def outcome(process: "subprocess.Popen[bytes]", home: str) -> tuple[dict[str, Any], float, int]:
    """Waits for a follower: its own figures, CPU seconds, events in its store."""
    assert process.stdout is not None
    told = json.loads(process.stdout.read())
    cpu, _ = ended(process)
    return told, cpu, _counted(home, "select count(*) from (select distinct attempt, seq from events)")


def agents_read(home: str) -> int:
    """Of how many agents a follower has stored an event."""
    try:
        return _counted(home, "select count(distinct attempt) from events")
    except sqlite3.OperationalError:  # it has not made its store yet
        return 0


def _counted(home: str, query: str) -> int:
    with closing(sqlite3.connect(Path(home) / "aideator.db")) as store:
        return int(store.execute(query).fetchone()[0])


def _read(load: Load, command: list[str]) -> Figures:
    with _output() as file, file.open("wb") as out:
        begun = time.monotonic()
        process = subprocess.Popen(command, env=load.cluster.environment, stdout=out, stderr=subprocess.DEVNULL)
        cpu, memory = ended(process)
        return Figures(time.monotonic() - begun, cpu, memory, *lost_and_doubled(load, [file.read_bytes()]))


@contextmanager
def _output() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "lines"
        file.touch()
        yield file


def _last_line(load: Load, file: Path) -> float:
    """When the last line was written; what has not come `SILENCE` after the pods have ended does not come."""
    count, last, deadline = 0, time.monotonic(), time.monotonic() + SECONDS
    with file.open("rb") as lines:
        while count < load.events and time.monotonic() < deadline:
            if new := lines.read(1 << 20).count(b"\n"):
                count, last = count + new, time.monotonic()
            elif time.monotonic() - last > SILENCE and count:
                break
            else:
                time.sleep(LOOK)
    return last
