"""The backend of this machine: the same agent as processes that outlive the command-line tool, their events in files.

HOME/runs/RUN/spec.json
HOME/runs/RUN/sent/              what the agents get beside the spec
HOME/runs/RUN/N/waits            the variation is not started yet, because others are at work
HOME/runs/RUN/N/ATTEMPT.json     pid, start time, when it was created, its temporary folder
HOME/runs/RUN/N/ATTEMPT.log      what the agent writes
HOME/runs/RUN/N/ATTEMPT.told     messages for the agent
HOME/runs/RUN/N/ATTEMPT.left     where an attempt stood that was lost, for the one that goes on from there
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event as Flag
from typing import IO, Literal

from aideator_agent.settings import FAILED, GIT_TOKEN, MAX_COST
from aideator_agent.spec import RunSpec, SpecError, VariationSpec
from aideator_cli.backends import handing, parcel
from aideator_cli.backends.base import (
    NO_COSTS,
    NOTHING_FAILED,
    NOTHING_LEFT,
    UNSUBMITTED,
    Delivered,
    Line,
    LogGone,
    Remark,
    Status,
    Trouble,
)
from aideator_cli.domain.attempts import Attempt
from aideator_cli.errors import reason, unavailable
from aideator_cli.system.clock import now
from aideator_cli.system.locks import locked
from aideator_cli.system.processes import ProcessId, alive, identify, kill_session, terminate
from aideator_cli.system.settings import DATABASE

POLL = 0.05  # seconds between two checks of a file or a process
PIECE = 1 << 16  # bytes read at once
# The agent begins once it is on record. If this process is killed before that, it never does, so no other one starts it a second time.
_GATE = ("/bin/sh", "-c", 'read -r go && exec "$@" </dev/null', "sh")
_WAITS = "waits"  # a file in the folder of a variation that is not started yet, because others are at work


def _at_the_gate(
    environment: Mapping[str, str], folder: Path, log: IO[bytes], errors: IO[bytes], handed: Sequence[int]
) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [*_GATE, sys.executable, "-m", "aideator_agent"],
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=errors,
        cwd=folder,
        env=environment,
        start_new_session=True,
        pass_fds=handed,
    )


def _put_on_record(child: "subprocess.Popen[bytes]", file: Path, known: Mapping[str, str]) -> None:
    process = identify(child.pid)
    part = file.with_suffix(".part")
    part.write_text(json.dumps({**known, "pid": child.pid, "started": process.started if process else ""}), "utf-8")
    part.rename(file)


def _opened(child: "subprocess.Popen[bytes]") -> None:
    assert child.stdin is not None
    child.stdin.write(b"go\n")
    child.stdin.close()


class LocalBackend:
    def __init__(
        self,
        home: Path,
        environment: Mapping[str, str],
        provider_keys: Collection[str] = (),
        key: Callable[[str], str | None] | None = None,
    ) -> None:
        """`key` finds a key that the environment does not have."""
        self._folder = home / "runs"
        self._environment = environment
        self._key = key or environment.get
        self._provider_keys = frozenset(provider_keys)  # removed from every agent's environment except its own
        self._children: dict[int, subprocess.Popen[bytes]] = {}
        self._records: dict[Path, tuple[Attempt, ProcessId]] = {}  # by file

    @property
    def name(self) -> Literal["local"]:
        return "local"

    @property
    def where(self) -> str:
        return "this machine"

    # Submitting

    def prepare(self) -> None:
        """Does nothing: all is loaded."""

    def submit(self, spec: RunSpec, hidden: bytes | None = None) -> None:
        folder, numbers = self._folder / spec.id, [v.number for v in spec.variations]
        try:
            folder.mkdir(parents=True, mode=0o700, exist_ok=True)
            at_once = len(spec.variations) if spec.parallel is None else spec.parallel
            for variation in spec.variations[at_once:]:
                self._hold_back(spec.id, variation.number)
            (folder / "spec.json").write_text(spec.to_json(), encoding="utf-8")  # with which the run counts as begun
            with handing.handed(hidden, numbers) as handed:
                for variation in spec.variations[:at_once]:
                    self._start(spec, variation, handed=handed.get(variation.number, ()))
        except BaseException as error:  # Ctrl-C must leave nothing behind either
            self.remove(spec.id, numbers)
            (folder / "spec.json").unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # what is sent with the run is the caller's
                folder.rmdir()
            if isinstance(error, OSError):
                raise unavailable(f"run {spec.id} can't be started on this machine: {reason(error)}") from error
            raise

    def _start(
        self, spec: RunSpec, variation: VariationSpec, cost: float | None = None, handed: Sequence[int] = (), failed: str = "",
        left: bytes | None = None,
    ) -> Path:  # fmt: skip
        """Starts an attempt and returns the path of its log."""
        folder = self._folder / spec.id / str(variation.number)
        folder.mkdir(exist_ok=True, mode=0o700)
        attempt = str(uuid.uuid4())
        room = Path(tempfile.mkdtemp(prefix=f"aideator-{spec.id}-{variation.number}-"))
        record = {"created": now(), "room": str(room)}
        _messages(folder / f"{attempt}.log").touch(0o600)
        if left is not None:
            _left(folder / f"{attempt}.log").touch(0o600)
            _left(folder / f"{attempt}.log").write_bytes(left)
        with (folder / f"{attempt}.log").open("wb") as log, (folder / f"{attempt}.err").open("wb") as errors:
            variables = self._agent_environment(spec, variation, attempt, room, cost) | handing.variable(handed)
            variables |= {FAILED: failed} if failed else {}
            child = _at_the_gate(variables, folder, log, errors, handed)
        self._children[child.pid] = child
        try:
            _put_on_record(child, folder / f"{attempt}.json", record)
        except BaseException:  # else it waits at its gate for as long as this process lives
            child.kill()
            shutil.rmtree(room, ignore_errors=True)
            raise
        with contextlib.suppress(OSError):  # it is dead already
            _opened(child)
        return folder / f"{attempt}.log"

    def _agent_environment(
        self, spec: RunSpec, variation: VariationSpec, attempt: str, room: Path, cost: float | None
    ) -> dict[str, str]:
        for name in ("workspace", "private"):
            (room / name).mkdir(mode=0o700)
        withheld = {MAX_COST, FAILED, DATABASE} | self._provider_keys - {*variation.keys, *spec.mcp_variables}
        kept = {name: value for name, value in self._environment.items() if name not in withheld}
        return {
            **kept,
            **self._keys(spec, variation),
            **({} if cost is None else {MAX_COST: str(cost)}),
            "AIDEATOR_SPEC": str(self._folder / spec.id / "spec.json"),
            "AIDEATOR_SENT": str(parcel.place(self._folder, spec.id)),
            "AIDEATOR_VARIATION": str(variation.number),
            "AIDEATOR_ATTEMPT": attempt,
            "AIDEATOR_TOLD": str(_messages(self._folder / spec.id / str(variation.number) / f"{attempt}.log")),
            "AIDEATOR_RESUME": str(_left(self._folder / spec.id / str(variation.number) / f"{attempt}.log")),
            "AIDEATOR_WORKSPACE": str(room / "workspace"),
            "AIDEATOR_PRIVATE": str(room / "private"),
        }

    def _keys(self, spec: RunSpec, variation: VariationSpec) -> dict[str, str]:
        over_http = spec.repository.url.startswith(("http://", "https://"))
        names = (*variation.keys, *spec.mcp_variables, *((GIT_TOKEN,) if over_http else ()))
        return {name: found for name in names if (found := self._key(name))}

    def resubmit(
        self, spec: RunSpec, submissions: Mapping[int, int], costs: Mapping[int, float] = NO_COSTS,
        failed: Mapping[int, str] = NOTHING_FAILED, left: Mapping[int, bytes] = NOTHING_LEFT,
    ) -> None:  # fmt: skip
        if spec.hidden is not None:
            raise unavailable(
                f"the hidden checks of run {spec.id} are not stored on this machine, where its agents could read them",
                hint="start a new run",
            )
        folder = self._folder / spec.id
        started: list[Path] = []
        try:
            folder.mkdir(parents=True, mode=0o700, exist_ok=True)
            if not (folder / "spec.json").exists():
                (folder / "spec.json").write_text(spec.to_json(), encoding="utf-8")
            held = self.submissions(spec.id)
            wanted = [number for number, submission in submissions.items() if held.get(number, 0) < submission]
            started.extend(
                self._start(spec, spec.variation(n), costs.get(n), failed=failed.get(n, ""), left=left.get(n))
                for n in wanted
            )
        except BaseException as error:
            for log in started:
                self._withdraw(log)
            if isinstance(error, OSError):
                raise unavailable(f"run {spec.id} can't be retried on this machine: {reason(error)}") from error
            raise

    def hand_on(self, attempt: Attempt, left: bytes) -> None:
        """Does nothing: no attempt is made here that nobody asked for."""

    def submit_more(self, run: str, failed: str = "") -> bool:
        spec = self.load_spec(run)
        if spec is None:
            return False
        try:
            with locked(self._folder / run / "lock"):
                waiting = [v for v in spec.variations if self._waits(run, v.number)]
                free = (spec.parallel or len(spec.variations)) - self._at_work(spec)
                for variation in waiting[: max(0, free)]:
                    self._start(spec, variation, failed=failed)
                    self._let_go(run, variation.number)
        except OSError as error:
            raise unavailable(f"run {run} can't go on on this machine: {reason(error)}") from error
        return any(self._waits(run, v.number) for v in spec.variations)

    def _hold_back(self, run: str, variation: int) -> None:
        folder = self._folder / run / str(variation)
        folder.mkdir(mode=0o700, exist_ok=True)
        (folder / _WAITS).touch()

    def _waits(self, run: str, variation: int) -> bool:
        return (self._folder / run / str(variation) / _WAITS).exists() and not self._attempts(run, variation)

    def _let_go(self, run: str, variation: int) -> None:
        (self._folder / run / str(variation) / _WAITS).unlink(missing_ok=True)

    def _at_work(self, spec: RunSpec) -> int:
        return sum(
            self._is_alive(process) for _, process in self._processes(spec.id, [v.number for v in spec.variations])
        )

    def submissions(self, run: str) -> Mapping[int, int]:
        """Returns the numbers of attempts: each attempt is one submission here.

        Who was killed while it started a variation has left a folder, and nothing in it that waits or is on record.
        """
        numbers = [int(path.name) for path in (self._folder / run).glob("*") if path.name.isdecimal()]
        counts = {number: len(self._attempts(run, number)) for number in numbers}
        return {number: count for number, count in counts.items() if count or self._waits(run, number)}

    def mend(self, spec: RunSpec) -> None:
        """Does nothing: a variation that was not started is reported as gone."""

    # Looking

    def load_spec(self, run: str) -> RunSpec | None:
        try:
            return RunSpec.from_json((self._folder / run / "spec.json").read_bytes())
        except (OSError, SpecError):
            return None

    def runs(self) -> dict[str, None]:
        if not self._folder.is_dir():
            return {}
        found = [path for path in self._folder.iterdir() if (path / "spec.json").is_file()]
        return dict.fromkeys(path.name for path in sorted(found, key=lambda path: path.stat().st_mtime, reverse=True))

    def watch(self, spec: RunSpec, stop: Flag) -> Iterator[Status | Trouble]:
        told: dict[int, list[Status]] = {}
        while not stop.is_set():
            for variation in spec.variations:
                statuses = self._statuses(spec.id, variation.number)
                yield from (status for status in statuses if status not in told.get(variation.number, []))
                told[variation.number] = statuses
            stop.wait(POLL)

    def _statuses(self, run: str, variation: int) -> list[Status]:
        """Returns the status of each attempt, the newest last."""
        attempts = self._attempts(run, variation)
        if not attempts and self._waits(run, variation):
            return [Status(variation, "waiting", *UNSUBMITTED, held=True)]
        if not attempts:
            began = (self._folder / run / str(variation)).is_dir()
            text = "it was cancelled before it started" if began else "its files are gone"
            return [Status(variation, "ended", "deleted", text, final=True)]
        *earlier, newest = [self._status(attempt, process) for attempt, process in attempts]
        return [*(replace(status, final=False, earlier=True) for status in earlier), newest]

    def _status(self, attempt: Attempt, process: ProcessId) -> Status:
        number = attempt.variation
        if self._is_alive(process):
            return Status(number, "running", "running", f"process {process.pid}", attempt, readable=True)
        text = _last_words(Path(attempt.name)) or "the agent's process is gone"
        return Status(number, "ended", "ended", text, attempt, readable=True, final=True)

    def _attempts(self, run: str, variation: int) -> list[tuple[Attempt, ProcessId]]:
        """Returns the attempts in order of creation. Each is its own submission."""
        try:
            records = [path for path in (self._folder / run / str(variation)).iterdir() if path.suffix == ".json"]
        except OSError:  # its files are gone
            records = []
        found = [known for path in records if (known := self._known(path, run, variation)) is not None]
        in_order = sorted(found, key=lambda pair: pair[0].created)
        return [(replace(attempt, submission=number), process) for number, (attempt, process) in enumerate(in_order, 1)]

    def _known(self, path: Path, run: str, variation: int) -> tuple[Attempt, ProcessId] | None:
        """Returns the content of an attempt's record, which never changes."""
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
        """Yields the log. A line's mark is its offset in the file."""
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
                    return  # the agent died while writing the last line: it is not a record
                Flag().wait(POLL)

    def delivering(self, run: str) -> Iterator[Delivered]:  # noqa: ARG002
        """Yields nothing: the agents read files of this machine."""
        yield from ()

    def tell(self, attempt: Attempt, line: bytes) -> None:
        try:
            fd = os.open(_messages(Path(attempt.name)), os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC)
            with os.fdopen(fd, "ab", buffering=0) as file:
                file.write(b"\n" + line)
        except OSError as error:
            raise unavailable(f"{attempt.run}/{attempt.variation} can't be told anything: {reason(error)}") from error

    # Ending

    def cancel(self, run: str, variations: Collection[int]) -> None:
        if any(self._waits(run, variation) for variation in variations):
            with locked(self._folder / run / "lock"):
                for variation in variations:
                    self._let_go(run, variation)
        for _, process in self._processes(run, variations):
            terminate(process)

    def release(self, attempt: Attempt) -> None:
        """Does nothing: an agent's process is all there is."""

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
        """Removes an attempt that started although the submission failed."""
        run, variation = log.parent.parent.name, int(log.parent.name)
        for attempt, process in self._attempts(run, variation):
            if attempt.name == str(log):
                _end(attempt, process)
        for path in log.parent.glob(f"{log.stem}.*"):
            path.unlink(missing_ok=True)

    def _processes(self, run: str, variations: Collection[int]) -> Iterator[tuple[Attempt, ProcessId]]:
        for variation in variations:
            yield from self._attempts(run, variation)


def _messages(log: Path) -> Path:
    """Returns the file with the messages for the agent that writes this log."""
    return log.with_suffix(".told")


def _left(log: Path) -> Path:
    """Returns the file with what the agent that writes this log goes on from, if it does."""
    return log.with_suffix(".left")


def _end(attempt: Attempt, process: ProcessId) -> None:
    """Sends SIGKILL and cleans up what the agent then could not."""
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
    """Returns the last line that the agent wrote to stderr before it could write events."""
    try:
        text = log.with_suffix(".err").read_text(errors="replace")
    except OSError:
        return ""
    return text.strip().rpartition("\n")[2]
