"""The agent's own records, which `logs --json` prints and `event` lines hold. docs/json.md says when each is written."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NotRequired, TypedDict

from aideator_cli.views.json.outcome import Citation


class Record(TypedDict):
    """What every record has. `seq` counts from 0 without holes; `time` is RFC 3339, UTC."""

    v: Literal[1]
    seq: int
    time: str


class FoundSignal(TypedDict):
    """What a reviewer wants to know about the patch. `line` is absent for the file as a whole."""

    name: str
    severity: Literal["cheat", "look", "note"]
    path: str
    text: str
    line: NotRequired[int]
    base: NotRequired[Literal[True]]


class Start(Record):
    """The first record."""

    type: Literal["start"]
    run: str | None
    variation: int | None
    attempt: str | None
    model: str | None
    versions: NotRequired[Mapping[str, str]]
    limits: NotRequired[Mapping[str, int | float | None]]


class Phase(Record):
    """A phase begins or ends."""

    type: Literal["phase"]
    name: Literal["clone", "work", "patch", "answer", "verify", "cross"]
    state: Literal["begin", "end"]
    seconds: NotRequired[float]
    base: NotRequired[str]


class Words(Record):
    """The model's words, or its reasoning."""

    type: Literal["say", "think"]
    text: str


class Call(Record):
    """The model asks for a tool. Long arguments come as pieces of their JSON."""

    type: Literal["call"]
    step: int
    id: str
    tool: str
    arguments: NotRequired[Mapping[str, Any]]
    part: NotRequired[int]
    parts: NotRequired[int]
    text: NotRequired[str]


class Output(Record):
    """What the tool prints."""

    type: Literal["output"]
    step: int
    id: str
    text: str


class Done(Record):
    """The tool has ended."""

    type: Literal["done"]
    step: int
    id: str
    exit_code: int | None
    seconds: float
    truncated: int
    reason: NotRequired[str]
    by: NotRequired[str]


class Usage(Record):
    """What a call of the model took."""

    type: Literal["usage"]
    step: int
    input: int | None
    output: int | None
    cached: int | None
    reasoning: int | None
    cost: float | None
    window: NotRequired[int]


class SentText(Record):
    """What a request to the model adds."""

    type: Literal["sent"]
    step: int
    host: str | None
    sha256: str
    text: NotRequired[str]
    part: NotRequired[int]
    parts: NotRequired[int]


class Heard(Record):
    """A message of the user has arrived."""

    type: Literal["told"]
    id: str
    text: str
    part: NotRequired[int]
    parts: NotRequired[int]


class Changes(Record):
    """The tree against the base."""

    type: Literal["changes"]
    step: int
    files: int
    additions: int
    deletions: int


class Checkpoint(Record):
    """A part of what another attempt needs to go on from here. The last one has its hash."""

    type: Literal["checkpoint"]
    step: int
    part: int
    parts: int
    text: str
    sha256: NotRequired[str]


class Resumed(Record):
    """This attempt goes on from the last checkpoint of one that was lost. `messages` are null for a program, which keeps its own."""

    type: Literal["resumed"]
    attempt: str
    step: int
    messages: int | None
    why: str
    cost: float | None
    input: int | None
    output: int | None


class PatchPart(Record):
    """A part of the patch. The last one has the figures."""

    type: Literal["patch"]
    part: int
    parts: int
    encoding: str
    text: str
    sha256: NotRequired[str]
    files: NotRequired[int]
    additions: NotRequired[int]
    deletions: NotRequired[int]
    tests: NotRequired[Sequence[str]]
    tests_left_out: NotRequired[int]
    config: NotRequired[Sequence[str]]
    config_left_out: NotRequired[int]
    allowed: NotRequired[Sequence[str]]
    allowed_left_out: NotRequired[int]
    signals: NotRequired[Sequence[FoundSignal]]
    signals_left_out: NotRequired[int]


class AnswerPart(Record):
    """A part of the answer. The last one has what it cites."""

    type: Literal["answer"]
    part: int
    parts: int
    text: str
    sha256: NotRequired[str]
    citations: NotRequired[Sequence[Citation]]
    citations_left_out: NotRequired[int]
    changed: NotRequired[Sequence[str]]
    changed_left_out: NotRequired[int]


class CheckRun(Record):
    """A run of a check."""

    type: Literal["check"]
    name: str
    command: str
    on: Literal["base", "patch", "restored", "answer"]
    repeat: int
    exit_code: int | None
    seconds: float
    tail: str
    reason: NotRequired[str]
    tests: NotRequired[int | None]
    failed: NotRequired[int | None]
    failing: NotRequired[Sequence[str]]
    skipped: NotRequired[Sequence[str]]
    hidden: NotRequired[bool]
    reports: NotRequired[bool]


class Cross(Record):
    """What a referee saw of one variation's tests on one patch."""

    type: Literal["cross"]
    author: int
    patch: int
    check: NotRequired[str]
    exit_code: NotRequired[int | None]
    seconds: NotRequired[float]
    reason: NotRequired[str]
    tail: NotRequired[str]
    tests: NotRequired[Sequence[str]]
    known: NotRequired[Sequence[str]]
    left_out: NotRequired[int]
    named: NotRequired[bool]
    why: NotRequired[str]
    failed: NotRequired[Sequence[str]]
    unfit: NotRequired[Sequence[str]]


class Notice(Record):
    """What the agent says of itself."""

    type: Literal["notice"]
    level: Literal["debug", "info", "warning", "error"]
    text: str
    part: NotRequired[int]
    parts: NotRequired[int]
    received: NotRequired[int]
    refused: NotRequired[str]


class Beat(Record):
    """Nothing else happened for 15 seconds."""

    type: Literal["beat"]


class End(Record):
    """The last record."""

    type: Literal["end"]
    outcome: Literal["succeeded", "no_changes", "limit", "cancelled", "failed"]
    fault: str | None
    reason: str
    summary: str
    totals: Mapping[str, int | float | None]
    base: str | None
    last: int


RECORDS = (
    Start, Phase, Words, Call, Output, Done, Usage, SentText, Heard, Changes, Checkpoint, Resumed, PatchPart, AnswerPart,
    CheckRun, Cross, Notice, Beat, End,
)  # fmt: skip
