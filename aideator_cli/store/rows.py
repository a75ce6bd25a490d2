"""What the store gives."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aideator_agent.spec import RunSpec
from aideator_cli.backend import Attempt


@dataclass(frozen=True)
class Place:
    """Where a run lives: enough to find its backend again."""

    backend: str
    where: str
    context: str | None = None
    namespace: str | None = None


@dataclass(frozen=True)
class StoredRun:
    spec: RunSpec
    place: Place
    state: str  # submitting, running, ended
    ended: str | None
    repository_path: Path | None  # the working tree that REPO named, if it named one


@dataclass(frozen=True)
class StoredAttempt:
    attempt: Attempt
    number: int  # 1.. in order of creation, within the variation
    closed: bool
    verdict: str | None = None
    verdict_text: str | None = None


@dataclass(frozen=True)
class Cursor:
    """From where an attempt's log is to be read on."""

    next_seq: int = 0
    missing: frozenset[int] = frozenset()
    mark: str | None = None  # the newest line's
    end: int | None = None  # seq of `end`, when it is stored


@dataclass(frozen=True)
class Selection:
    variation: int
    attempt: str
    time: str
    note: str | None


def stored_run(row: dict[str, Any]) -> StoredRun:
    place = Place(row["backend"], row["where_text"], row["context"], row["namespace"])
    path = row["repository_path"]
    return StoredRun(RunSpec.from_json(row["spec"]), place, row["state"], row["ended"], Path(path) if path else None)


def stored_attempt(row: dict[str, Any]) -> StoredAttempt:
    attempt = Attempt(row["id"], row["run"], row["variation"], row["created"], row["name"])
    return StoredAttempt(attempt, row["number"], row["closed"] is not None, row["verdict"], row["verdict_text"])
