"""`stats`: what came of all the runs that are known here, by model, role, prompt, temperature or repository."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any, Final

from aideator_cli.errors import ExitCode, usage
from aideator_cli.settings import Settings
from aideator_cli.store import Store
from aideator_cli.store.tallies import Tried

AXES: Final = ("model", "role", "prompt", "temperature", "repo")
FAULTS: Final = ("agent", "model", "repository", "infrastructure", "verifier")
NO_TRIAL: Final = ("repository", "infrastructure", "verifier")  # faults that say nothing of who was tried
Z: Final = 1.959964  # of the normal distribution: 95 % lie within so many standard deviations


@dataclass(frozen=True)
class Share:
    """`count` of `total`; its interval is Wilson's, which holds for few trials too."""

    count: int
    total: int

    @property
    def rate(self) -> float | None:
        return self.count / self.total if self.total else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Where the true rate lies, with 95 % confidence."""
        if not self.total:
            return None
        n, p = self.total, self.count / self.total
        middle = (p + Z * Z / (2 * n)) / (1 + Z * Z / n)
        half = Z / (1 + Z * Z / n) * ((p * (1 - p) + Z * Z / (4 * n)) / n) ** 0.5
        return max(0.0, middle - half), min(1.0, middle + half)

    def as_json(self) -> dict[str, Any]:
        return {"count": self.count, "total": self.total, "rate": self.rate, "interval": self.interval}


@dataclass(frozen=True)
class Stats:
    """Of one group of variations. Money in USD; None: nothing to tell it from, or a price is unknown."""

    group: str
    runs: int
    variations: int
    running: int
    success: Share  # of the trials: what has ended, and not by a cancel, infrastructure, the repository or the verifier
    wins: Share  # runs in which one of the group's variations is selected, of those that have a selection
    median_cost: float | None  # of the trials
    median_seconds: float | None
    total_cost: float | None  # of all variations, whatever became of them
    cost_per_accepted: float | None  # the total, for each patch that was selected
    checks_failed: int
    no_changes: int
    limits: int
    cancelled: int
    failed: Mapping[str, int]  # by the part at fault

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "success": self.success.as_json(), "wins": self.wins.as_json()}


def stats(by: str, *, since: str | None, repository: str | None, json: bool) -> int:
    """Shows a line a group, the most tried first."""
    if by not in AXES:
        raise usage(f"--by {by} is no axis", hint=f"it takes {', '.join(AXES)}")
    store = Store.open(Settings().home)
    tried = store.tried(since=since or "", repository=repository or "", with_prompt=by == "prompt")
    groups = grouped(tried, by)
    if json:
        from aideator_cli.views.json_lines import write

        for group in groups:
            write({"kind": "stats", "by": by, **group.as_json()})
    elif groups:
        from aideator_cli.views.stats import show_stats

        show_stats(by, groups)
    else:
        _say_none(filtered=bool(since or repository))
    return ExitCode.OK


def grouped(tried: Iterable[Tried], by: str) -> list[Stats]:
    """The most tried first."""
    groups: dict[str, list[Tried]] = {}
    for each in tried:
        groups.setdefault(_VALUES[by](each), []).append(each)
    found = [_stats(name, members) for name, members in groups.items()]
    return sorted(found, key=lambda group: (-group.variations, group.group))


def _stats(name: str, members: Sequence[Tried]) -> Stats:
    trials = [each for each in members if is_trial(each)]
    costs = [each.cost for each in trials if each.cost is not None]
    total = _total(members)
    accepted = sum(bool(each.selected) for each in members)
    outcomes = Counter(each.outcome for each in members)
    faults = Counter(each.fault for each in members)
    return Stats(
        group=name,
        runs=len({each.run for each in members}),
        variations=len(members),
        running=outcomes["running"],
        success=Share(sum(each.succeeded for each in trials), len(trials)),
        wins=Share(accepted, len({each.run for each in members if each.selected is not None})),
        median_cost=median(costs) if costs else None,
        median_seconds=median(each.seconds for each in trials) if trials else None,
        total_cost=total,
        cost_per_accepted=total / accepted if total is not None and accepted else None,
        checks_failed=sum(each.outcome == "succeeded" and not each.succeeded for each in members),
        no_changes=outcomes["no_changes"],
        limits=outcomes["limit"],
        cancelled=outcomes["cancelled"],
        failed={fault: faults[fault] for fault in FAULTS},
    )


def is_trial(each: Tried) -> bool:
    """Whether its end says something of the model: what infrastructure or a cancel has ended does not."""
    return each.outcome not in ("running", "cancelled") and each.fault not in NO_TRIAL


def _total(members: Sequence[Tried]) -> float | None:
    costs = [each.cost for each in members]
    return None if any(cost is None for cost in costs) else sum(cost for cost in costs if cost is not None)


def _temperature(each: Tried) -> str:
    return "default" if each.temperature is None else f"{each.temperature:g}"


def _model(each: Tried) -> str:
    """A script by its file's name, as everywhere: its folder says nothing of it."""
    prefix, slash, name = each.model.partition("/")
    return f"{prefix}/{name.rpartition('/')[2]}" if slash and prefix == "scripted" else each.model


_VALUES: Final[Mapping[str, Callable[[Tried], str]]] = {
    "model": _model,
    "role": lambda each: each.role,
    "prompt": lambda each: each.prompt.strip(),
    "temperature": _temperature,
    "repo": lambda each: each.repository,
}


def _say_none(*, filtered: bool) -> None:
    from aideator_cli import terminal
    from aideator_cli.invocation import command

    terminal.say("no run matches" if filtered else f"no runs yet: {command('run')} REPO PROMPT, or {command('demo')}")
