"""`result.json`, which `export` writes."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

from aideator_cli.views.json.judging import Judging
from aideator_cli.views.json.outcome import Outcomes
from aideator_cli.views.json.run import State


class Selected(TypedDict):
    """The variation that was selected."""

    variation: int
    attempt: str
    time: str
    note: str | None


class Seen(TypedDict):
    """What AIdeator saw of the backend about the run. `kind` is the stable word."""

    run: str
    time: str
    kind: str
    text: str
    variation: int | None
    attempt: str | None


class ExportedAttempt(TypedDict):
    """An attempt, and the file that has its records."""

    variation: int
    number: int
    attempt: str
    created: str
    verdict: str | None
    events: str


class Exported(Outcomes):
    """A result. `patch` and `answer` are names of files."""

    succeeded: bool
    patch: str | None


class Export(TypedDict):
    """A run and everything that is known of it. `files` has the SHA-256 of every other file."""

    kind: Literal["export"]
    version: str
    run: str
    state: State
    ended: str | None
    backend: str
    spec: Mapping[str, Any]
    results: Sequence[Exported]
    selection: Selected | None
    places: Mapping[str, int]
    judgements: Sequence[Judging]
    observations: Sequence[Seen]
    attempts: Sequence[ExportedAttempt]
    files: Mapping[str, str]
