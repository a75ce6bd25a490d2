"""Statistics of all stored runs, grouped by model, agent, role, prompt, temperature or repository."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from statistics import median
from typing import Any, Final, Self

from aideator_agent.values import frozen
from aideator_cli.actions.here import Here
from aideator_cli.domain.result import OWN
from aideator_cli.errors import usage
from aideator_cli.store.tallies import Tried, is_trial, total

AXES: Final = ("model", "agent", "role", "prompt", "temperature", "repo")
FAULTS: Final = ("agent", "model", "repository", "infrastructure", "verifier")
Z: Final = 1.959964  # 95 % of a normal distribution lie within this many standard deviations


@frozen
class Share:
    """`count` of `total`. The interval is Wilson's, which also holds for few trials."""

    count: int
    total: int

    @property
    def rate(self) -> float | None:
        return self.count / self.total if self.total else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Returns the 95 % confidence interval of the true rate."""
        if not self.total:
            return None
        n, p = self.total, self.count / self.total
        middle = (p + Z * Z / (2 * n)) / (1 + Z * Z / n)
        half = Z / (1 + Z * Z / n) * ((p * (1 - p) + Z * Z / (4 * n)) / n) ** 0.5
        return max(0.0, middle - half), min(1.0, middle + half)

    def as_json(self) -> dict[str, Any]:
        return {"count": self.count, "total": self.total, "rate": self.rate, "interval": self.interval}


@frozen
class Stats:
    """Figures of one group of variations. Costs are in USD; None means that there is no data, or that a price is unknown."""

    group: str
    runs: int
    variations: int
    running: int
    success: Share  # of the trials: variations that ended other than by a cancel, infrastructure, the repository or the verifier
    wins: Share  # runs whose selected variation is in the group, of the runs that have a selection
    median_cost: float | None  # of the trials
    median_seconds: float | None
    total_cost: float | None  # of all attempts of all variations, however they ended
    total_input_tokens: int | None  # None: some attempt has no token count
    total_output_tokens: int | None
    cost_per_accepted: float | None  # `total_cost` per selected patch
    checks_failed: int
    no_changes: int
    limits: int
    cancelled: int
    failed: Mapping[str, int]  # counts by the part at fault

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "success": self.success.as_json(), "wins": self.wins.as_json()}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        shares = {name: Share(told[name]["count"], told[name]["total"]) for name in ("success", "wins")}
        return cls(**{**{field.name: told[field.name] for field in fields(cls)}, **shares})


@frozen
class Counting:
    """Which runs are counted, and how they are grouped."""

    by: str = "model"
    since: str | None = None  # RFC 3339, UTC; None: all runs
    repository: str | None = None  # a part of its URL or path; None: any
    answers: bool = False  # the runs that ask for an answer, not those for patches
    owner: str | None = None  # only the runs of this user of the server


EVERYTHING = Counting()


def stats(here: Here, counting: Counting = EVERYTHING) -> list[Stats]:
    """Returns one `Stats` per group; the group with the most trials comes first. Raises `AideatorError` (usage) for an unknown axis."""
    by = counting.by
    if by not in AXES:
        raise usage(f"--by takes {', '.join(AXES)}, not {by}")
    tried = here.store.tried(
        since=counting.since or "",
        repository=counting.repository or "",
        with_prompt=by == "prompt",
        answers=counting.answers,
        owner=counting.owner,
    )
    return grouped(tried, by)


def grouped(tried: Iterable[Tried], by: str) -> list[Stats]:
    """The group with the most trials comes first."""
    groups: dict[str, list[Tried]] = {}
    for each in tried:
        groups.setdefault(_VALUES[by](each), []).append(each)
    found = [_stats(name, members) for name, members in groups.items()]
    return sorted(found, key=lambda group: (-group.variations, group.group))


def _stats(name: str, members: Sequence[Tried]) -> Stats:
    trials = [each for each in members if is_trial(each)]
    costs = [each.cost for each in trials if each.cost is not None]
    spent = total(each.spent for each in members)
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
        total_cost=spent,
        total_input_tokens=total(each.input_tokens for each in members),
        total_output_tokens=total(each.output_tokens for each in members),
        cost_per_accepted=spent / accepted if spent is not None and accepted else None,
        checks_failed=sum(each.outcome == "succeeded" and not each.succeeded for each in members),
        no_changes=outcomes["no_changes"],
        limits=outcomes["limit"],
        cancelled=outcomes["cancelled"],
        failed={fault: faults[fault] for fault in FAULTS},
    )


def _temperature(each: Tried) -> str:
    return "default" if each.temperature is None else f"{each.temperature:g}"


def _model(each: Tried) -> str:
    """A script is named by its file alone, as everywhere, because its folder says nothing about it."""
    prefix, slash, name = each.model.partition("/")
    return f"{prefix}/{name.rpartition('/')[2]}" if slash and prefix == "scripted" else each.model


_VALUES: Final[Mapping[str, Callable[[Tried], str]]] = {
    "model": _model,
    "agent": lambda each: each.agent or OWN,
    "role": lambda each: each.role,
    "prompt": lambda each: each.prompt.strip(),
    "temperature": _temperature,
    "repo": lambda each: each.repository,
}
