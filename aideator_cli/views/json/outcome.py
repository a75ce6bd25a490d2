"""What an attempt leaves."""

from collections.abc import Sequence
from typing import Literal, NotRequired, TypedDict

Outcome = Literal["running", "succeeded", "no_changes", "limit", "cancelled", "failed"]


class Check(TypedDict):
    """One run of one check's command in one tree."""

    name: str
    command: str
    exit_code: int | None
    seconds: float
    tail: str
    on: str
    repeat: int
    reason: str
    tests: int | None
    failing: Sequence[str]
    failed: int | None
    reports: bool
    skipped: Sequence[str]
    hidden: bool


class Signal(TypedDict):
    """What a reviewer wants to know about a patch."""

    name: str
    severity: Literal["cheat", "look", "note"]
    path: str
    line: int | None
    text: str
    base: bool


class Citation(TypedDict):
    """A place that an answer names."""

    text: str
    path: str
    first: int | None
    last: int | None
    problem: Literal["", "no_file", "no_line"]
    lines: int | None


class Resumed(TypedDict):
    """The lost attempts that one goes on from: the step after which, and what they have used, which is in the result's figures."""

    step: int
    cost: float | None
    input_tokens: int | None
    output_tokens: int | None


class Outcomes(TypedDict):
    """The result of an attempt, without the run that it belongs to."""

    variation: int
    model: str
    attempt: str | None
    outcome: Outcome
    fault: str | None
    reason: str
    summary: str
    base: str | None
    patch_sha256: str | None
    files: int
    additions: int
    deletions: int
    tests: Sequence[str]
    config: Sequence[str]
    allowed: Sequence[str]
    signals: Sequence[Signal]
    signals_left_out: int
    checks: Sequence[Check]
    baseline: Sequence[Check]
    report: bool
    answer: NotRequired[str]
    answer_sha256: str | None
    citations: Sequence[Citation]
    citations_left_out: int
    changed: Sequence[str]
    changed_left_out: int
    steps: int
    input_tokens: int | None
    output_tokens: int | None
    cost: float | None
    seconds: float
    agent: str | None
    resumed: Resumed | None
    status: str


class Result(Outcomes):
    """The result of a variation's last attempt."""

    kind: Literal["result"]
    run: str


class Answer(Outcomes):
    """A result with its answer, of `show --answer`."""

    kind: Literal["answer"]
    run: str


class Patch(Outcomes):
    """A result with its patch, of `diff RUN/N`."""

    kind: Literal["patch"]
    run: str
    encoding: Literal["utf-8", "base64"]
    patch: str
