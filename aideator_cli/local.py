"""The backend of this machine: the same agent as processes that outlive the command-line tool, their events in files.

HOME/runs/RUN/spec.json
HOME/runs/RUN/N/ATTEMPT.json     pid, start time, when it was created, its temporary folder
HOME/runs/RUN/N/ATTEMPT.log      what the agent writes
"""

import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from threading import Event as Flag
from typing import Literal

from aideator_agent.spec import RunSpec, SpecError, VariationSpec
from aideator_cli.backend import Attempt, Line, LogGone, Remark, Status, Trouble
from aideator_cli.clock import now
from aideator_cli.errors import unavailable
from aideator_cli.processes import ProcessId, alive, identify, kill_session, terminate

POLL = 0.05  # seconds between two looks at a file or at a process
PIECE = 1 << 16  # bytes read at once


class LocalBackend:
    def __init__(self, home: Path, environment: Mapping[str, str], provider_keys: Collection[str] = ()) -> None:
        self._folder = home / "runs"
        self._environment = environment
        self._provider_keys = frozenset(provider_keys)  # taken out of every agent's environment but for its own
        self._children: dict[int, subprocess.Popen[bytes]] = {}
        self._records: dict[Path, tuple[Attempt, ProcessId]] = {}  # by their files

    @property
    def name(self) -> Literal["kubernetes", "local"]:
        return "local"

    @property
    def where(self) -> str:
        return "this machine"

    # Submitting

    def submit(self, spec: RunSpec) -> None:
        folder = self._folder / spec.id
        try:
            folder.mkdir(parents=True, mode=0o700)
            (folder / "spec.json").write_text(spec.to_json(), encoding="utf-8")
            for variation in spec.variations:
                self._start(spec, variation)
        except OSError as error:
            self._kill(spec.id, [v.number for v in spec.variations])
            shutil.rmtree(folder, ignore_errors=True)
            raise unavailable(f"run {spec.id} can't be started on this machine: {error}") from error

    def _start(self, spec: RunSpec, variation: VariationSpec) -> Path:
        """Where the new attempt's log is."""
        folder = self._folder / spec.id / str(variation.number)
        folder.mkdir(exist_ok=True, mode=0o700)
        attempt = str(uuid.uuid4())
        room = Path(tempfile.mkdtemp(prefix=f"aideator-{spec.id}-{variation.number}-"))
        record: dict[str, str | int] = {"created": now(), "room": str(room)}
        with (folder / f"{attempt}.log").open("wb") as log, (folder / f"{attempt}.err").open("wb") as errors:
            child = subprocess.Popen(
                [sys.executable, "-m", "aideator_agent"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=errors,
                cwd=folder,
                env=self._agent_environment(spec, variation, attempt, room),
                start_new_session=True,
            )
        self._children[child.pid] = child
        process = identify(child.pid)
        record |= {"pid": child.pid, "started": process.started if process else ""}
        part = folder / f"{attempt}.part"
        part.write_text(json.dumps(record), encoding="utf-8")
        part.rename(folder / f"{attempt}.json")
        return folder / f"{attempt}.log"

    def _agent_environment(self, spec: RunSpec, variation: VariationSpec, attempt: str, room: Path) -> dict[str, str]:
        for name in ("workspace", "private"):
            (room / name).mkdir(mode=0o700)
        withheld = self._provider_keys - set(variation.keys)
        kept = {name: value for name, value in self._environment.items() if name not in withheld}
        return {
            **kept,
            "AIDEATOR_SPEC": str(self._folder / spec.id / "spec.json"),
            "AIDEATOR_VARIATION": str(variation.number),
            "AIDEATOR_ATTEMPT": attempt,
            "AIDEATOR_WORKSPACE": str(room / "workspace"),
            "AIDEATOR_PRIVATE": str(room / "private"),
        }

    def resubmit(self, spec: RunSpec, submissions: Mapping[int, int]) -> None:
        folder = self._folder / spec.id
        started: list[Path] = []
        try:
            folder.mkdir(parents=True, mode=0o700, exist_ok=True)
            if not (folder / "spec.json").exists():
                (folder / "spec.json").write_text(spec.to_json(), encoding="utf-8")
            held = self.submissions(spec.id)
            wanted = [number for number, submission in submissions.items() if held.get(number, 0) < submission]
            started.extend(self._start(spec, spec.variation(number)) for number in wanted)
        except BaseException as error:
            for log in started:
                self._withdraw(log)
            if isinstance(error, OSError):
                raise unavailable(f"run {spec.id} can't be tried again on this machine: {error}") from error
            raise

    def submissions(self, run: str) -> Mapping[int, int]:
        """Each is one attempt here."""
        folders = [path for path in (self._folder / run).glob("*") if path.name.isdecimal()]
        return {int(path.name): len(self._attempts(run, int(path.name))) for path in folders}

    def mend(self, spec: RunSpec) -> None:
        """Nothing: a variation that was not started is told as gone."""

    # Looking

    def load_spec(self, run: str) -> RunSpec | None:
        try:
            return RunSpec.from_json((self._folder / run / "spec.json").read_bytes())
        except (OSError, SpecError):
            return None

    def runs(self) -> list[str]:
        if not self._folder.is_dir():
            return []
        found = [path for path in self._folder.iterdir() if (path / "spec.json").is_file()]
        return [path.name for path in sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)]

    def watch(self, spec: RunSpec, stop: Flag) -> Iterator[Status | Trouble]:
        told: dict[int, list[Status]] = {}
        while not stop.is_set():
            for variation in spec.variations:
                statuses = self._statuses(spec.id, variation.number)
                yield from (status for status in statuses if status not in told.get(variation.number, []))
                told[variation.number] = statuses
            stop.wait(POLL)

    def _statuses(self, run: str, variation: int) -> list[Status]:
        """Each attempt's; the newest one's is the last."""
        attempts = self._attempts(run, variation)
        if not attempts:
            return [Status(variation, "ended", "deleted", "its files are gone", final=True)]
        *earlier, newest = [self._status(attempt, process) for attempt, process in attempts]
        return [*(replace(status, final=False, earlier=True) for status in earlier), newest]

    def _status(self, attempt: Attempt, process: ProcessId) -> Status:
        number = attempt.variation
        if self._is_alive(process):
            return Status(number, "running", "running", f"process {process.pid}", attempt, readable=True)
        text = _last_words(Path(attempt.name)) or "the agent's process is gone"
        return Status(number, "ended", "ended", text, attempt, readable=True, final=True)

    def _attempts(self, run: str, variation: int) -> list[tuple[Attempt, ProcessId]]:
        """In order of creation; each is a submission of its own."""
        try:
            records = [path for path in (self._folder / run / str(variation)).iterdir() if path.suffix == ".json"]
        except OSError:  # its files are gone
            records = []
        found = [known for path in records if (known := self._known(path, run, variation)) is not None]
        in_order = sorted(found, key=lambda pair: pair[0].created)
        return [(replace(attempt, submission=number), process) for number, (attempt, process) in enumerate(in_order, 1)]

    def _known(self, path: Path, run: str, variation: int) -> tuple[Attempt, ProcessId] | None:
        """What stands in a record, which never changes."""
        if path not in self._records:
            with contextlib.suppress(OSError, ValueError, KeyError):
                record = json.loads(path.read_bytes())
                attempt = Attempt(path.stem, run, variation, record["created"], str(path.with_suffix(".log")))
                self._records[path] = attempt, ProcessId(record["pid"], record["started"])
        return self._records.get(path)

    def _is_alive(self, process: ProcessId) -> bool:
        if child := self._children.get(process.pid):
            child.poll()  # reaps it
        return alive(process)

    # Reading

    def read_log(self, attempt: Attempt, *, follow: bool, since: str | None = None) -> Iterator[list[Line | Remark]]:
        """A line's mark is its offset in the file."""
        path = Path(attempt.name)
        try:
            file = path.open("rb")
        except OSError as error:
            raise LogGone(str(error)) from error
        with file:
            offset = int(since) if since else 0
            file.seek(offset)
            rest = b""
            process = next((p for a, p in self._attempts(attempt.run, attempt.variation) if a.id == attempt.id), None)
            while True:
                over = not follow or process is None or not self._is_alive(process)
                while piece := file.read(PIECE):
                    *whole, rest = (rest + piece).split(b"\n")
                    lines, offset = _marked(whole, offset)
                    if lines:
                        yield lines
                if over:
                    return  # an unterminated last line was cut off by the agent's death: no record
                Flag().wait(POLL)

    # Ending

    def cancel(self, run: str, variations: Collection[int]) -> None:
        for _, process in self._processes(run, variations):
            terminate(process)

    def remove(self, run: str, variations: Collection[int]) -> None:
        self._kill(run, variations)
        for variation in variations:
            shutil.rmtree(self._folder / run / str(variation), ignore_errors=True)

    def delete(self, run: str) -> None:
        spec = self.load_spec(run)
        if spec is not None:
            self._kill(run, [v.number for v in spec.variations])
        shutil.rmtree(self._folder / run, ignore_errors=True)

    def _kill(self, run: str, variations: Collection[int]) -> None:
        for attempt, process in self._processes(run, variations):
            _end(attempt, process)

    def _withdraw(self, log: Path) -> None:
        """An attempt that has begun, and must not have been."""
        run, variation = log.parent.parent.name, int(log.parent.name)
        for attempt, process in self._attempts(run, variation):
            if attempt.name == str(log):
                _end(attempt, process)
        for path in log.parent.glob(f"{log.stem}.*"):
            path.unlink(missing_ok=True)

    def _processes(self, run: str, variations: Collection[int]) -> Iterator[tuple[Attempt, ProcessId]]:
        for variation in variations:
            yield from self._attempts(run, variation)


def _end(attempt: Attempt, process: ProcessId) -> None:
    """SIGKILL, and what the agent could then not tidy up itself."""
    kill_session(process)
    record = json.loads(Path(attempt.name).with_suffix(".json").read_bytes())
    shutil.rmtree(record["room"], ignore_errors=True)


def _marked(lines: list[bytes], offset: int) -> tuple[list[Line | Remark], int]:
    marked: list[Line | Remark] = []
    for line in lines:
        marked.append(Line(line, f"{offset:016d}"))
        offset += len(line) + 1
    return marked, offset


def _last_words(log: Path) -> str:
    """What the agent said on stderr before it could write events: the last line."""
    try:
        text = log.with_suffix(".err").read_text(errors="replace")
    except OSError:
        return ""
    return text.strip().rpartition("\n")[2]
