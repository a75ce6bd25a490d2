"""What the signals of one patch weigh beside those of the others: what most variations do is rather the task's doing than the agent's."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from aideator_agent.signals.finding import Signal
from aideator_cli.domain.result import Result

FEWEST: Final = 3  # patches that tell what is usual


def contrasted(results: Sequence[Result]) -> Mapping[int, tuple[Signal, ...]]:
    """Returns the signals by variation. One to look at that most of the patches share is only a note. A cheat stays one: agents of one
    model cheat alike."""
    patched = [result for result in results if result.files]
    shared = Counter(place for result in patched for place in {(each.name, each.path) for each in result.signals})
    usual = {place for place, count in shared.items() if len(patched) >= FEWEST and 2 * count > len(patched)}
    return {
        result.variation: tuple(
            replace(each, severity="note") if each.severity == "look" and (each.name, each.path) in usual else each
            for each in result.signals
        )
        for result in results
    }
