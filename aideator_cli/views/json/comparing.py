"""How the variations of a run compare, and how all runs do."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NotRequired, TypedDict

from aideator_cli.views.json.judging import Accusation
from aideator_cli.views.json.outcome import Citation, Outcome, Signal


class Verdict(TypedDict):
    """What a check says of a variation."""

    name: str
    word: Literal["passed", "flaky", "failed_before", "failed", "regression", "too_few_tests", "cheat", "not_run"]
    tests: int | None
    passing: int | None
    base_tests: int | None
    base_passing: int | None
    base_passed: bool | None
    runs: int
    held: int
    repaired: Sequence[str]
    broken: Sequence[str]
    lost: Sequence[str]
    hidden: bool
    ended_by: str


class Foreign(TypedDict):
    """A test that another variation wrote."""

    author: int
    check: str
    name: str
    passed_by: Sequence[int]
    of: int


class Crossed(TypedDict):
    """What a patch does with the tests of others."""

    passed: int
    failed: Sequence[Foreign]
    unfit: int
    alone: Sequence[Foreign]
    authors: Sequence[int]


class Compared(TypedDict):
    """A variation in a comparison."""

    variation: int
    agent: str | None
    model: str
    temperature: float | None
    role: str | None
    prompt_name: str | None
    outcome: Outcome
    status: str
    fault: str | None
    succeeded: bool
    obstacle: str | None
    verdicts: Sequence[Verdict]
    files: int
    additions: int
    deletions: int
    touched: Sequence[str]
    allowed: Sequence[str]
    signals: Sequence[Signal]
    crossed: Crossed | None
    agreeing: int
    judge_place: int | None
    judge_suspects: Sequence[Accusation]
    answer: str | None
    citations: Sequence[Citation]
    shared_places: int
    changed: Sequence[str]
    steps: int
    input_tokens: int | None
    output_tokens: int | None
    cost: float | None
    seconds: float


class Group(TypedDict):
    """Variations that did the same."""

    variations: Sequence[int]
    identical: bool


class Changed(TypedDict):
    """A file, and which variations changed it in the same way."""

    path: str
    parts: Sequence[Sequence[int]]


class Cited(TypedDict):
    """A place that answers cite."""

    path: str
    first: int | None
    last: int | None
    variations: Sequence[int]


class Reviewed(TypedDict):
    """What the reviewers of a pull request agree on."""

    kind: Literal["review"]
    run: str
    url: str
    commit: str
    places: Sequence[Cited]
    text: str | None
    posted: str | None


class Lines(TypedDict):
    """Lines that all patches have in common."""

    additions: int
    deletions: int


class Brought(TypedDict):
    """The tests that a variation brought to the referee, in one check."""

    author: int
    check: str
    tests: Sequence[str]
    known: Sequence[str]
    named: bool
    left_out: int
    why: Literal["", "none_fails", "own_fails"]


class Tried(TypedDict):
    """Another variation's patch with these tests."""

    author: int
    patch: int
    check: str
    failed: Sequence[str]
    unfit: Sequence[str]
    tail: str


class Crossing(TypedDict):
    """The outcome of a referee. Variations are the keys of `patches`."""

    patches: Mapping[str, str]
    brought: Sequence[Brought]
    tried: Sequence[Tried]
    seconds: float
    problem: str
    left_out: Sequence[int]


class Share(TypedDict):
    """The variations that share one value of `by`."""

    value: str | float | None
    variations: Sequence[int]
    succeeded: int
    cost: float | None
    seconds: float | None
    steps: float | None


class Comparison(TypedDict):
    """How the variations of a run compare. `by` and `shares` come with `--by`."""

    kind: Literal["comparison"]
    run: str
    running: Sequence[int]
    checks: Sequence[str]
    choice: int | None
    reason: str
    selected: int | None
    variations: Sequence[Compared]
    groups: Sequence[Group]
    files: Sequence[Changed]
    cited: Sequence[Cited]
    shared: Lines
    crossing: Crossing | None
    by: NotRequired[Literal["agent", "model", "role", "prompt", "temperature"]]
    shares: NotRequired[Sequence[Share]]


class Rate(TypedDict):
    """`count` of `total`, with Wilson's 95 % interval of the true rate."""

    count: int
    total: int
    rate: float | None
    interval: Sequence[float] | None


class Stats(TypedDict):
    """The figures of one group of variations."""

    kind: Literal["stats"]
    by: Literal["model", "agent", "role", "prompt", "temperature", "repo"]
    group: str
    runs: int
    variations: int
    running: int
    success: Rate
    wins: Rate
    median_cost: float | None
    median_seconds: float | None
    total_cost: float | None
    total_input_tokens: int | None
    total_output_tokens: int | None
    cost_per_accepted: float | None
    checks_failed: int
    no_changes: int
    limits: int
    cancelled: int
    failed: Mapping[str, int]


class Quantiles(TypedDict):
    """What a tenth, a half and nine tenths of the attempts stay below."""

    p10: float
    p50: float
    p90: float


class Part(TypedDict):
    """The variations of one model and agent in an estimate."""

    model: str
    agent: str | None
    variations: int
    sample: int
    same_repository: bool
    priced: int
    cost: Quantiles | None
    seconds: Quantiles | None


class Estimate(TypedDict):
    """What a run would cost and take, of `run --estimate`."""

    kind: Literal["estimate"]
    parts: Sequence[Part]
    cost: Quantiles | None
    seconds: Quantiles | None


class DryRun(TypedDict):
    """A run as a server would start it. `spec` is of the same `version` of AIdeator; `manifests` is null if it creates none."""

    kind: Literal["dry_run"]
    version: str
    spec: Mapping[str, Any]
    estimate: Estimate
    manifests: Sequence[Mapping[str, Any]] | None
    remarks: Sequence[str]
