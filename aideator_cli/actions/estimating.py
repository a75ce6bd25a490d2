"""What a run would cost and take, from what earlier attempts of the same models have."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final, Self

from aideator_agent.spec import RunSpec
from aideator_agent.values import frozen
from aideator_cli.actions.here import Here
from aideator_cli.domain.result import OWN
from aideator_cli.store.tallies import Tried, is_trial

FEW: Final = 5  # attempts; fewer say little
QUANTILES: Final = (0.1, 0.5, 0.9)
NAMES: Final = ("p10", "p50", "p90")

Range = tuple[float, float, float]  # at `QUANTILES`


@frozen
class Part:
    """The variations of one model and agent. None: nothing is known."""

    model: str
    agent: str
    variations: int
    sample: int  # earlier variations
    here: bool  # whether they worked on this repository; else on others, because there are none
    cost: Range | None  # USD for each variation
    seconds: Range | None
    priced: int  # of the sample, whose cost is known

    def as_json(self) -> dict[str, Any]:
        return {
            "model": self.model, "agent": None if self.agent == OWN else self.agent, "variations": self.variations,
            "sample": self.sample, "same_repository": self.here, "priced": self.priced, "cost": _quantiles(self.cost),
            "seconds": _quantiles(self.seconds),
        }  # fmt: skip

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        return cls(
            str(told["model"]), OWN if told["agent"] is None else str(told["agent"]), int(told["variations"]),
            int(told["sample"]), bool(told["same_repository"]), _read(told["cost"]), _read(told["seconds"]), int(told["priced"]),
        )  # fmt: skip


@frozen
class Estimate:
    """`cost` is that of the whole run in USD, `seconds` until its last agent ends. None: a part is unknown."""

    parts: Sequence[Part]
    cost: Range | None
    seconds: Range | None

    def as_json(self) -> dict[str, Any]:
        parts = [part.as_json() for part in self.parts]
        return {"kind": "estimate", "parts": parts, "cost": _quantiles(self.cost), "seconds": _quantiles(self.seconds)}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        return cls([Part.from_json(each) for each in told["parts"]], _read(told["cost"]), _read(told["seconds"]))


def estimate(here: Here, spec: RunSpec, owner: str | None = None) -> Estimate:
    """`owner`: by the attempts of this user of the server alone."""
    tried = here.store.tried(answers=spec.answer, owner=owner) if here.has_store else ()  # to look makes no database
    known = [each for each in tried if is_trial(each)]
    counts = Counter((v.model, OWN if v.agent is None else v.agent.name) for v in spec.variations)
    parts = [_part(known, model, agent, count, spec.repository.url) for (model, agent), count in counts.items()]
    return Estimate(parts, _cost(parts), _seconds(parts, spec))


def _part(known: Sequence[Tried], model: str, agent: str, count: int, url: str) -> Part:
    same = [each for each in known if each.model == model and (each.agent or OWN) == agent]
    there = [each for each in same if each.repository == url]
    sample = there or same
    costs = [each.cost for each in sample if each.cost is not None]
    return Part(
        model, agent, count, len(sample), bool(there), _range(costs), _range([each.seconds for each in sample]), len(costs)
    )  # fmt: skip


def _quantiles(found: Range | None) -> dict[str, float] | None:
    return None if found is None else dict(zip(NAMES, (round(each, 6) for each in found), strict=True))


def _read(told: Mapping[str, float] | None) -> Range | None:
    if told is None:
        return None
    low, middle, high = (float(told[name]) for name in NAMES)
    return low, middle, high


def _range(values: Sequence[float]) -> Range | None:
    if not values:
        return None
    ordered = sorted(values)
    low, middle, high = (_quantile(ordered, share) for share in QUANTILES)
    return low, middle, high


def _quantile(ordered: Sequence[float], share: float) -> float:
    """Interpolates between the two nearest values."""
    at = share * (len(ordered) - 1)
    below = math.floor(at)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (at - below)


def _cost(parts: Sequence[Part]) -> Range | None:
    known = [part.cost for part in parts]
    if None in known:
        return None
    low, middle, high = (
        sum(part.variations * part.cost[n] for part in parts if part.cost is not None) for n in range(3)
    )
    return low, middle, high


def _seconds(parts: Sequence[Part], spec: RunSpec) -> Range | None:
    """Agents work at once, or in rounds where only some may."""
    if any(part.seconds is None for part in parts):
        return None
    rounds = 1 if spec.parallel is None else math.ceil(len(spec.variations) / spec.parallel)
    low, middle, high = (rounds * max(part.seconds[n] for part in parts if part.seconds is not None) for n in range(3))
    return low, middle, high
