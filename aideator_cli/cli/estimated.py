"""Shows what a run would cost and take."""

from typing import Any

from aideator_cli.actions.estimating import FEW, Estimate, Part
from aideator_cli.cli import terminal
from aideator_cli.domain.result import OWN
from aideator_cli.text.figures import plural


def tell_estimate(made: Estimate, *, json: bool) -> int:
    if json:
        terminal.write_json(_record(made))
        return 0
    from aideator_cli.views.text.estimate import dollars, row, show_estimate, times

    rows = [
        row(
            part.model,
            None if part.agent == OWN else part.agent,
            part.variations,
            _sample(part),
            part.cost,
            part.seconds,
        )
        for part in made.parts
    ]
    show_estimate(terminal.screen(), rows)
    terminal.say(
        f"the run: {dollars(made.cost)}, {times(made.seconds)}; in brackets: between what 80 % of the attempts lie"
    )
    for part in made.parts:
        if part.sample == 0:
            terminal.say(f"no earlier attempt of {part.model} is stored here, so nothing is known")
        elif part.sample < FEW:
            terminal.say(f"{plural(part.sample, 'attempt')} of {part.model} say little")
    return 0


def _sample(part: Part) -> str:
    if not part.sample:
        return "nothing"
    where = "of this repository" if part.here else "of other repositories"
    unpriced = f", {part.sample - part.priced} without a cost" if part.priced < part.sample else ""
    return f"{plural(part.sample, 'attempt')} {where}{unpriced}"


def _record(made: Estimate) -> dict[str, Any]:
    parts = [
        {
            "model": part.model, "agent": None if part.agent == OWN else part.agent, "variations": part.variations,
            "sample": part.sample, "same_repository": part.here, "priced": part.priced, "cost": _quantiles(part.cost),
            "seconds": _quantiles(part.seconds),
        }
        for part in made.parts
    ]  # fmt: skip
    return {"kind": "estimate", "parts": parts, "cost": _quantiles(made.cost), "seconds": _quantiles(made.seconds)}


def _quantiles(found: tuple[float, float, float] | None) -> dict[str, float] | None:
    return None if found is None else dict(zip(("p10", "p50", "p90"), (round(each, 6) for each in found), strict=True))
