"""What an attempt leaves, folded from its events by one function; and what that makes of a run."""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from aideator_cli.clock import seconds_between
from aideator_cli.errors import ExitCode
from aideator_cli.events import Event

ENDED = ("succeeded", "no_changes", "limit", "cancelled", "failed")
MOST = 2**53  # of any number that an agent tells
REFUSALS = ("policy", "quota", "forbidden")  # reasons of the backend that mean: not allowed


@dataclass(frozen=True)
class CheckResult:
    """One run of one check's command on one tree."""

    name: str
    command: str
    exit_code: int | None
    seconds: float
    tail: str
    on: str = "patch"  # the tree: base, patch, or restored (the patch, with tests and checks' settings as on the base)
    repeat: int = 1  # which one of --verify-repeat
    reason: str = ""  # what ended the command, if it was not itself: timeout, ...
    tests: int | None = None  # how many the report tells of that ran; None: no report was asked for, or there is none
    failing: tuple[str, ...] = ()  # of these the first ones that failed, by the report
    failed: int | None = None  # how many of them failed; None: no report, or an agent that does not count them
    reports: bool = True  # whether the report, where one is asked for, is this check's to write

    @property
    def passed(self) -> bool:
        return self.exit_code == 0


@dataclass(frozen=True)
class Result:
    """One attempt so far; `outcome` is `running` until it has ended."""

    variation: int
    model: str
    attempt: str | None = None
    outcome: str = "running"
    fault: str | None = None
    reason: str = ""  # a stable word, or the agent's sentence
    summary: str = ""
    base: str | None = None
    patch: bytes | None = None
    patch_sha256: str | None = None
    files: int = 0
    additions: int = 0
    deletions: int = 0
    tests: tuple[str, ...] = ()  # test files that the patch touches
    config: tuple[str, ...] = ()  # files that it touches by which checks are configured
    checks: tuple[CheckResult, ...] = ()  # on the patch, and on it with tests and configuration restored
    baseline: tuple[CheckResult, ...] = ()  # on the base: the run's, whichever of its attempts has run them
    report: bool = False  # whether a check has to show a report
    steps: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = 0.0  # USD; None: unknown
    seconds: float = 0.0

    @property
    def ended(self) -> bool:
        return self.outcome in ENDED

    @property
    def succeeded(self) -> bool:
        """It ended with a patch, and every run of every check passed, with no fewer tests than on the base."""
        return self.outcome == "succeeded" and all(self.holds(check) for check in self.checks)

    def holds(self, check: CheckResult) -> bool:
        """Whether this run of a check speaks for the patch: it passed, and where a report is asked for it tells of enough tests."""
        if not check.passed or not (self.report and check.reports):
            return check.passed
        before = next((base.tests for base in self.baseline if base.name == check.name), None)
        return bool(check.tests) and (check.tests or 0) >= (before or 0)

    def as_json(self) -> dict[str, Any]:
        data = asdict(self)
        del data["patch"]
        return data


class Folding:
    """Takes an attempt's events one by one; `result` is what they make so far."""

    def __init__(self, start: Result) -> None:
        self._result = start
        self._parts: dict[int, str] = {}
        self._first = self._last = ""

    @property
    def result(self) -> Result:
        if self._result.ended or not self._first:
            return self._result
        return replace(self._result, seconds=_span(self._first, self._last))

    def pass_by(self, time: str) -> None:
        """Something was told at that time, whatever it was."""
        self._first = self._first or time
        self._last = time

    def add(self, event: Event) -> None:
        self.pass_by(event.time)
        if event.type == "patch":
            self._parts[_whole(event.data.get("part"), 1)] = str(event.data.get("text", ""))
            self._result = _patch(self._result, event.data, self._parts)
        elif step := _STEPS.get(event.type):
            self._result = step(self._result, event.data)


def fold(events: Iterable[Event], start: Result) -> Result:
    """The result after these events, beginning with `start` (variation, model and attempt known)."""
    folding = Folding(start)
    for event in events:
        folding.add(event)
    return folding.result


def infrastructure(result: Result, reason: str, text: str) -> Result:
    """The attempt ended without its own `end`: what the backend knew of it."""
    outcome = "cancelled" if reason == "cancelled" else "failed"
    return replace(
        result, outcome=outcome, fault=None if outcome == "cancelled" else "infrastructure", reason=reason, summary=text
    )


def _phase(result: Result, data: Mapping[str, Any]) -> Result:
    base = data.get("base")
    return replace(result, base=base) if isinstance(base, str) else result


def _usage(result: Result, data: Mapping[str, Any]) -> Result:
    return replace(
        result,
        steps=max(result.steps, _whole(data.get("step"))),
        input_tokens=result.input_tokens + _whole(data.get("input")),
        output_tokens=result.output_tokens + _whole(data.get("output")),
        cost=_sum(result.cost, _dollars(data.get("cost"))),
    )


def _check(result: Result, data: Mapping[str, Any]) -> Result:
    code, tests, failed = (data.get(name) for name in ("exit_code", "tests", "failed"))
    check = CheckResult(
        str(data.get("name", "")), str(data.get("command", "")), code if type(code) is int else None,
        _number(data.get("seconds")), str(data.get("tail", "")), str(data.get("on") or "patch"), _whole(data.get("repeat"), 1),
        str(data.get("reason") or ""), tests if type(tests) is int else None, _names(data.get("failing")),
        failed if type(failed) is int else None, data.get("reports") is not False,
    )  # fmt: skip
    if check.on == "base":
        return replace(result, baseline=(*result.baseline, check))
    return replace(result, checks=(*result.checks, check))


def _patch(result: Result, data: Mapping[str, Any], parts: dict[int, str]) -> Result:
    count = _whole(data.get("parts"), 1)
    if "sha256" not in data or len(parts) != count or sorted(parts) != list(range(1, count + 1)):
        return result
    text = "".join(parts[number] for number in sorted(parts))
    try:
        patch = base64.b64decode(text) if data.get("encoding") == "base64" else text.encode()
    except (ValueError, UnicodeEncodeError):
        return result
    if hashlib.sha256(patch).hexdigest() != data["sha256"]:
        return result
    return replace(
        result,
        patch=patch,
        patch_sha256=data["sha256"],
        files=_whole(data.get("files")),
        additions=_whole(data.get("additions")),
        deletions=_whole(data.get("deletions")),
        tests=_names(data.get("tests")),
        config=_names(data.get("config")),
    )


def _end(result: Result, data: Mapping[str, Any]) -> Result:
    outcome = data.get("outcome")
    totals = data.get("totals") if isinstance(data.get("totals"), dict) else {}
    assert isinstance(totals, dict)
    return replace(
        result,
        outcome=outcome if outcome in ENDED else "failed",
        fault=str(data["fault"]) if data.get("fault") else None,
        reason=str(data.get("reason") or ""),
        summary=str(data.get("summary") or ""),
        steps=_whole(totals.get("steps"), result.steps),
        cost=_dollars(totals.get("cost", result.cost)),
        seconds=_number(totals.get("seconds")),
    )


_STEPS = {"phase": _phase, "usage": _usage, "check": _check, "end": _end}


def _whole(value: object, default: int = 0) -> int:
    return value if type(value) is int and abs(value) <= MOST else default


def _names(value: object) -> tuple[str, ...]:
    return tuple(str(name) for name in value) if isinstance(value, list) else ()


def _number(value: object) -> float:
    """0 for what is none, and for what no agent can have measured: JSON as Python reads it has numbers without end."""
    return float(value) if isinstance(value, int | float) and abs(value) <= MOST else 0.0


def _dollars(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and abs(value) <= MOST else None


def _sum(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one + other


def _span(first: str, last: str) -> float:
    try:
        return max(0.0, seconds_between(first, last))
    except ValueError:
        return 0.0


def with_baseline(results: Iterable[Result]) -> list[Result]:
    """Each with the run's baseline, which one of them has brought."""
    each = list(results)
    baseline = next((result.baseline for result in each if result.baseline), ())
    return [replace(result, baseline=baseline) for result in each]


def exit_code(results: Iterable[Result]) -> ExitCode:
    """A run's exit status, from its variations' last results (decided in docs/exit-codes.md)."""
    each = list(results)
    if any(r.succeeded for r in each):
        return ExitCode.OK
    if any(r.outcome == "succeeded" for r in each):
        return ExitCode.CHECKS_FAILED
    if each and all(r.outcome == "limit" for r in each):
        return ExitCode.LIMIT
    if each and all(r.fault == "infrastructure" and r.reason in REFUSALS for r in each):
        return ExitCode.REFUSED
    if each and all(r.fault == "infrastructure" for r in each):
        return ExitCode.UNAVAILABLE
    return ExitCode.FAILED
