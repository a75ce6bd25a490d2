"""Shows what a run would cost and take."""

from aideator_cli.actions.estimating import FEW, Estimate, Part
from aideator_cli.cli import terminal
from aideator_cli.domain.result import OWN
from aideator_cli.text.figures import plural


def tell_estimate(made: Estimate, *, json: bool, place: str = "here") -> int:
    """`place`: where the earlier attempts are stored, for people."""
    if json:
        terminal.write_json(made.as_json())
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
    if any(part.sample for part in made.parts):
        terminal.say(
            f"the run: {dollars(made.cost)}, {times(made.seconds)}; in brackets: the range of 80 % of the attempts"
        )
    for part in made.parts:
        if part.sample == 0:
            terminal.say(f"no earlier attempt of {part.model} is stored {place}, so nothing is known")
        elif part.sample < FEW:
            terminal.say(f"{plural(part.sample, 'attempt')} of {part.model} say little")
    return 0


def _sample(part: Part) -> str:
    if not part.sample:
        return "nothing"
    where = "of this repository" if part.here else "of other repositories"
    unpriced = f", {part.sample - part.priced} without a cost" if part.priced < part.sample else ""
    return f"{plural(part.sample, 'attempt')} {where}{unpriced}"
