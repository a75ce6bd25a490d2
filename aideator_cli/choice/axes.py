"""Compares a run's variations along one axis: agent, model, role, prompt or temperature."""

from collections.abc import Sequence
from dataclasses import asdict
from statistics import median
from typing import Any, Final, Literal

from aideator_agent.spec import RunSpec, VariationSpec
from aideator_agent.values import frozen
from aideator_cli.domain.result import OWN, Result
from aideator_cli.errors import usage

Axis = Literal["agent", "model", "role", "prompt", "temperature"]
AXES: Final[tuple[Axis, ...]] = ("agent", "model", "role", "prompt", "temperature")


@frozen
class Share:
    """The variations that share one value of an axis."""

    value: str | float | None  # None: the model's own temperature; the run's own prompt
    variations: tuple[int, ...]  # best first
    succeeded: int
    cost: float | None  # USD, median of the variations that ended; None: unknown
    seconds: float | None  # median of the variations that ended
    steps: float | None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def axis_named(word: str | None) -> Axis | None:
    """Returns the axis with this name. Raises `AideatorError` for an unknown name."""
    if word is None:
        return None
    found = next((axis for axis in AXES if axis == word), None)
    if found is None:
        raise usage(f"--by takes {', '.join(AXES)}, not {word}")
    return found


def varying(spec: RunSpec) -> tuple[Axis, ...]:
    """Returns the axes on which the run's variations differ."""
    return tuple(axis for axis in AXES if len({_value(variation, axis) for variation in spec.variations}) > 1)


def by_axis(spec: RunSpec, order: Sequence[Result], axis: Axis) -> list[Share]:
    """Returns the shares, best first: by success, then by the place of their best variation. `order` has the results, best first."""
    found: dict[str | float | None, list[Result]] = {}
    for result in order:
        found.setdefault(_value(spec.variation(result.variation), axis), []).append(result)
    shares = [_share(value, results) for value, results in found.items()]
    return sorted(shares, key=lambda share: -share.succeeded / len(share.variations))


def _value(variation: VariationSpec, axis: Axis) -> str | float | None:
    if axis == "prompt":
        return variation.prompt_name
    if axis == "agent":
        return variation.agent_name or OWN
    if axis == "role":
        return variation.role
    return variation.temperature if axis == "temperature" else variation.model


def _share(value: str | float | None, results: Sequence[Result]) -> Share:
    ended = [result for result in results if result.ended]
    costs = [result.cost for result in ended if result.cost is not None]
    return Share(
        value,
        tuple(result.variation for result in results),
        sum(result.succeeded for result in results),
        median(costs) if costs and len(costs) == len(ended) else None,
        median(result.seconds for result in ended) if ended else None,
        median(result.steps for result in ended) if ended else None,
    )
