"""Says what happens while each variation's tests run on the others' patches."""

from typing import TYPE_CHECKING

from aideator_cli.cli import terminal
from aideator_cli.text.figures import duration, joined

if TYPE_CHECKING:
    from aideator_cli.actions.crossing.told import Announced
    from aideator_cli.actions.here import Here
    from aideator_cli.domain.runs import StoredRun


def cross(here: "Here", run: "StoredRun") -> None:
    """Runs them, unless it is known what they say. If they can't be run, says so: the choice is then made without them."""
    from aideator_cli.actions.crossing.refereeing import cross_test
    from aideator_cli.actions.crossing.told import Announced, Doing, Failed

    for told in cross_test(here, run):
        if isinstance(told, Announced):
            terminal.say(_announcement(told))
        elif isinstance(told, Doing):
            terminal.say(f"  {told.text}")
        elif isinstance(told, Failed):
            terminal.warn(f"the tests of the others could not be run, so they don't count: {told.why}")


def _announcement(told: "Announced") -> str:
    verb = "still running" if told.resumed else "running"
    bound = f"about {duration(told.about)}, at most {duration(told.most)}"
    return f"{verb} the tests that {joined(sorted(told.authors))} wrote on the patches of {joined(sorted(told.patches))}: {bound}"
