"""The result of an attempt, folded from its events by one function, and what the results mean for a run."""

from collections.abc import Iterable, Mapping
from dataclasses import is_dataclass, replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from aideator_agent.citation import Citation
from aideator_agent.signals.finding import Signal
from aideator_agent.values import frozen
from aideator_cli.domain import holding
from aideator_cli.errors import ExitCode
from aideator_cli.system.clock import seconds_between

if TYPE_CHECKING:
    from aideator_cli.domain.events import Event

ENDED = ("succeeded", "no_changes", "limit", "cancelled", "failed")
Number = TypeVar("Number", int, float)

SCRIPTED = "scripted/"  # how the name of a model begins that plays a script
OWN = "own"  # what AIdeator's own loop is called among agents
MERGE = "merge"  # what stands for the model of a merge, on which nobody works
MOST = 2**53  # upper bound for any number that an agent reports
REFUSALS = ("policy", "quota", "forbidden")  # backend reasons that mean: not allowed


@frozen
class CheckResult:
    """One run of one check's command in one tree."""

    name: str
    command: str
    exit_code: int | None
    seconds: float
    tail: str
    on: str = "patch"  # the tree: base, patch, restored (the patch, with tests and check settings from the base), or answer: the base
    repeat: int = 1  # number of this run under --verify-repeat
    reason: str = ""  # what stopped the command, if it did not exit by itself: timeout, ...
    tests: int | None = None  # how many tests ran, according to the report; None: no report requested or found
    failing: tuple[str, ...] = ()  # the first of these tests that failed, according to the report
    failed: int | None = None  # how many of them failed; None: nobody counted them
    reports: bool = True  # whether this check is the one that writes the report, if one is requested
    skipped: tuple[str, ...] = ()  # the first tests that were skipped, according to the report
    hidden: bool = False  # whether the agents could not see its command, or files of its tree

    @property
    def failures(self) -> int:
        """Returns how many tests failed, as far as that is known."""
        return len(self.failing) if self.failed is None else self.failed

    @property
    def ran(self) -> holding.Ran:
        return holding.Ran(self.exit_code, self.tests, self.failures)


@frozen
class Resumed:
    """The lost attempts that one goes on from. What they have used is a part of its own figures."""

    step: int  # after which it went on
    cost: float | None = 0.0  # USD; None: unknown
    input_tokens: int | None = 0
    output_tokens: int | None = 0


@frozen
class Result:
    """The result of one attempt so far. `outcome` is `running` until the attempt ends."""

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
    config: tuple[str, ...] = ()  # files in the patch that configure checks
    allowed: tuple[str, ...] = ()  # files of both kinds that the user allows a patch to change: they are not restored
    signals: tuple[Signal, ...] = ()  # what a reviewer wants to know about the patch, worst first
    signals_left_out: int = 0
    checks: tuple[CheckResult, ...] = ()  # on the patch, and on the patch with tests and configuration restored
    baseline: tuple[CheckResult, ...] = ()  # on the base: shared by the run, whichever attempt ran them
    report: bool = False  # whether a check must write a report
    answer: str | None = None  # Markdown
    answer_sha256: str | None = None
    citations: tuple[Citation, ...] = ()  # places that the answer names; those that the base doesn't have come first
    citations_left_out: int = 0
    changed: tuple[str, ...] = ()  # files that an agent changed on its way to an answer; they are in no patch
    changed_left_out: int = 0
    steps: int = 0
    input_tokens: int | None = 0  # None: not counted in some turn
    output_tokens: int | None = 0
    cost: float | None = 0.0  # USD; None: unknown
    seconds: float = 0.0
    agent: str | None = None  # None: AIdeator's own loop
    resumed: "Resumed | None" = None  # None: it began afresh

    @property
    def worker(self) -> str:
        """Returns the agent and the last part of its model's name; the model alone for AIdeator's own loop."""
        return f"{self.agent}/{self.model.rpartition('/')[2]}" if self.agent else self.model

    @property
    def tokens(self) -> int | None:
        return _sum(self.input_tokens, self.output_tokens)

    @property
    def work_sha256(self) -> str | None:
        """Returns the SHA-256 of what the attempt left: its patch or its answer."""
        return self.patch_sha256 or self.answer_sha256

    @property
    def wrong_citations(self) -> tuple[Citation, ...]:
        """Returns the places that the answer names and the base doesn't have."""
        return tuple(place for place in self.citations if place.problem)

    @property
    def ended(self) -> bool:
        return self.outcome in ENDED

    @property
    def succeeded(self) -> bool:
        """Whether the attempt left a patch or an answer, and every run of every check passed with at least as many tests as on the base."""
        return self.outcome == "succeeded" and all(self.holds(check) for check in self.checks)

    @property
    def cheats(self) -> tuple[Signal, ...]:
        """Returns the signals that speak of cheating."""
        return tuple(signal for signal in self.signals if signal.severity == "cheat")

    def passes(self, check: CheckResult) -> bool:
        """Whether this check run exited with 0 and no test failed in it. See `holding.passes`."""
        return holding.passes(check.ran, self._base_of(check), reports=self.report and check.reports)

    def holds(self, check: CheckResult) -> bool:
        """Whether this check run supports the patch: it passes, with at least as many tests as on the base."""
        return holding.holds(check.ran, self._base_of(check), reports=self.report and check.reports)

    def _base_of(self, check: CheckResult) -> holding.Ran | None:
        return next((base.ran for base in self.baseline if base.name == check.name), None)

    def as_json(self) -> dict[str, Any]:
        data = {name: _plain(value) for name, value in vars(self).items()}
        del data["patch"], data["answer"]
        return data


_PLAIN: Final = (str, int, float, bool)


def _plain(value: Any) -> Any:
    """Does what `asdict` does with values that are never changed, in a fraction of its time."""
    if value is None or type(value) in _PLAIN:
        return value
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    return {name: _plain(each) for name, each in vars(value).items()} if is_dataclass(value) else value


class Folding:
    """Takes an attempt's events one by one. `result` is the result so far."""

    def __init__(self, start: Result) -> None:
        self._result = start
        self._parts: dict[int, str] = {}
        self._first = self._last = ""
        self._asked: set[int] = set()  # steps that were sent to the model
        self._counted: set[int] = set()  # those of which the usage is told
        self._works = False  # whether the agent has begun its work

    @property
    def result(self) -> Result:
        if self._result.ended or not self._first:
            return self._result
        return replace(self._result, seconds=_span(self._first, self._last))

    def pass_by(self, time: str) -> None:
        """Notes that something, whatever it was, happened at this time."""
        self._first = self._first or time
        self._last = time

    def add(self, event: "Event") -> None:
        self.pass_by(event.time)
        self._note(event)
        if event.type == "patch":
            self._parts[_whole(event.data.get("part"), 1)] = str(event.data.get("text", ""))
            self._result = _patch(self._result, event.data, self._parts)
        elif event.type == "answer":
            self._parts[_whole(event.data.get("part"), 1)] = str(event.data.get("text", ""))
            self._result = _answer(self._result, event.data, self._parts)
        elif step := _STEPS.get(event.type):
            self._result = step(self._result, event.data)

    def lost(self, reason: str, text: str) -> Result:
        """Returns the result of an attempt that left no `end` of its own, as `infrastructure` does. Give it the `sent` events before.

        What was used is unknown if a request was on its way, or if an agent that is a program of its own asked no model that anybody saw.
        """
        result = infrastructure(self.result, reason, text)
        unseen = result.agent is not None and self._works and not self._asked
        if result.model.startswith(SCRIPTED) or not (unseen or self._asked - self._counted):
            return result
        return replace(result, cost=None, input_tokens=None, output_tokens=None)

    def _note(self, event: "Event") -> None:
        step = _whole(event.data.get("step"))
        if event.type == "sent":
            self._asked.add(step)
        elif event.type == "usage":
            self._counted.add(step)
        elif event.type == "phase":
            self._works = self._works or event.data.get("name") == "work"


def fold(events: Iterable["Event"], start: Result) -> Result:
    """Returns the result after these events. `start` has the variation, the model and the attempt."""
    folding = Folding(start)
    for event in events:
        folding.add(event)
    return folding.result


def infrastructure(result: Result, reason: str, text: str) -> Result:
    """Returns the result of an attempt that left no `end` of its own, with what the backend knows about it."""
    outcome = "cancelled" if reason == "cancelled" else "failed"
    return replace(
        result, outcome=outcome, fault=None if outcome == "cancelled" else "infrastructure", reason=reason, summary=text
    )


def _phase(result: Result, data: Mapping[str, Any]) -> Result:
    base = data.get("base")
    return replace(result, base=base) if isinstance(base, str) else result


def _usage(result: Result, data: Mapping[str, Any]) -> Result:
    read, written, cost = _count(data.get("input")), _count(data.get("output")), _dollars(data.get("cost"))
    if cost is None and not read and not written:  # every turn reads something: the provider did not count
        read = written = None
    return replace(
        result,
        steps=max(result.steps, _whole(data.get("step"))),
        input_tokens=_sum(result.input_tokens, read),
        output_tokens=_sum(result.output_tokens, written),
        cost=_sum(result.cost, cost),
    )


def _check(result: Result, data: Mapping[str, Any]) -> Result:
    code, tests, failed = (data.get(name) for name in ("exit_code", "tests", "failed"))
    check = CheckResult(
        str(data.get("name", "")), str(data.get("command", "")), code if type(code) is int else None,
        _number(data.get("seconds")), str(data.get("tail", "")), str(data.get("on") or "patch"), _whole(data.get("repeat"), 1),
        str(data.get("reason") or ""), tests if type(tests) is int else None, _names(data.get("failing")),
        failed if type(failed) is int else None, data.get("reports") is not False, _names(data.get("skipped")),
        data.get("hidden") is True,
    )  # fmt: skip
    if check.on == "base":
        return replace(result, baseline=(*result.baseline, check))
    return replace(result, checks=(*result.checks, check))


def _patch(result: Result, data: Mapping[str, Any], parts: dict[int, str]) -> Result:
    text = _joined(data, parts)
    if text is None:
        return result
    import base64
    import hashlib  # imported here because it loads OpenSSL, which listing runs does not need

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
        allowed=_names(data.get("allowed")),
        signals=signals(data.get("signals")),
        signals_left_out=_whole(data.get("signals_left_out")),
    )


def _answer(result: Result, data: Mapping[str, Any], parts: dict[int, str]) -> Result:
    text = _joined(data, parts)
    if text is None:
        return result
    import hashlib

    if hashlib.sha256(text.encode(errors="replace")).hexdigest() != data["sha256"]:
        return result
    return replace(
        result,
        answer=text,
        answer_sha256=data["sha256"],
        citations=citations(data.get("citations")),
        citations_left_out=_whole(data.get("citations_left_out")),
        changed=_names(data.get("changed")),
        changed_left_out=_whole(data.get("changed_left_out")),
    )


def _joined(data: Mapping[str, Any], parts: dict[int, str]) -> str | None:
    """Returns the text of a patch or an answer once `data` is its last part and none is missing."""
    count = _whole(data.get("parts"), 1)
    if "sha256" not in data or len(parts) != count or sorted(parts) != list(range(1, count + 1)):
        return None
    return "".join(parts[number] for number in sorted(parts))


def signals(told: object) -> tuple[Signal, ...]:
    """Returns the signals in a list of an event or of the store. Leaves out what is none."""
    return tuple(_signal(each) for each in told if isinstance(each, dict)) if isinstance(told, list) else ()


def _signal(told: Mapping[str, Any]) -> Signal:
    severity = told.get("severity")
    return Signal(
        str(told.get("name", "")), severity if severity in ("cheat", "look") else "note", str(told.get("path", "")),
        _count(told.get("line")), str(told.get("text", "")), told.get("base") is True,
    )  # fmt: skip


def citations(told: object) -> tuple[Citation, ...]:
    """Returns the places in a list of an event or of the store. Leaves out what is none."""
    return tuple(_citation(place) for place in told if isinstance(place, dict)) if isinstance(told, list) else ()


def _citation(place: Mapping[str, Any]) -> Citation:
    first, last, lines = (_count(place.get(name)) for name in ("first", "last", "lines"))
    problem = place.get("problem")
    return Citation(
        str(place.get("text", "")), str(place.get("path", "")), first, last if first is not None else None,
        problem if problem in ("no_file", "no_line") else "", lines,
    )  # fmt: skip


def _end(result: Result, data: Mapping[str, Any]) -> Result:
    outcome = data.get("outcome")
    totals = data.get("totals") if isinstance(data.get("totals"), dict) else {}
    assert isinstance(totals, dict)
    before = result.resumed or Resumed(0)
    return replace(
        result,
        outcome=outcome if outcome in ENDED else "failed",
        fault=str(data["fault"]) if data.get("fault") else None,
        reason=str(data.get("reason") or ""),
        summary=str(data.get("summary") or ""),
        steps=_whole(totals.get("steps"), result.steps),
        input_tokens=_sum(_count(totals["input"]), before.input_tokens) if "input" in totals else result.input_tokens,
        output_tokens=_sum(_count(totals["output"]), before.output_tokens)
        if "output" in totals
        else result.output_tokens,
        cost=_sum(_dollars(totals["cost"]), before.cost) if "cost" in totals else result.cost,
        seconds=_number(totals.get("seconds")),
    )


def _resumed(result: Result, data: Mapping[str, Any]) -> Result:
    step, cost = _whole(data.get("step")), _dollars(data.get("cost"))
    read, written = _count(data.get("input")), _count(data.get("output"))
    return replace(
        result, resumed=Resumed(step, cost, read, written), steps=max(result.steps, step), cost=_sum(result.cost, cost),
        input_tokens=_sum(result.input_tokens, read), output_tokens=_sum(result.output_tokens, written),
    )  # fmt: skip


_STEPS = {"phase": _phase, "resumed": _resumed, "usage": _usage, "check": _check, "end": _end}


def _whole(value: object, default: int = 0) -> int:
    return value if type(value) is int and abs(value) <= MOST else default


def _names(value: object) -> tuple[str, ...]:
    return tuple(str(name) for name in value) if isinstance(value, list) else ()


def _number(value: object) -> float:
    """Returns 0 for a value that is not a number or that no agent can have measured. Python's JSON numbers are unbounded."""
    return float(value) if isinstance(value, int | float) and abs(value) <= MOST else 0.0


def _dollars(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and abs(value) <= MOST else None


def _count(value: object) -> int | None:
    return value if type(value) is int and 0 <= value <= MOST else None


def less(whole: Number | None, before: Number | None) -> Number | None:
    """Returns what an attempt has used itself, of figures that hold those of the attempts before it. None: unknown."""
    return None if whole is None or before is None else max(whole - before, type(whole)(0))


def _sum(one: Number | None, other: Number | None) -> Number | None:
    return None if one is None or other is None else one + other


def _span(first: str, last: str) -> float:
    try:
        return max(0.0, seconds_between(first, last))
    except ValueError:
        return 0.0


def with_baseline(results: Iterable[Result]) -> list[Result]:
    """Returns the results with the run's baseline added to each; one of them brought it."""
    each = list(results)
    baseline = next((result.baseline for result in each if result.baseline), ())
    return [result if result.baseline is baseline else replace(result, baseline=baseline) for result in each]


def exit_code(results: Iterable[Result]) -> ExitCode:
    """Returns a run's exit status from its variations' last results (see docs/exit-codes.md)."""
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
