"""What was found about each variation, layer by layer: its tests by name, the others' tests, and signals with file and line. For people."""

from collections.abc import Iterator, Sequence
from typing import Final, Literal

from aideator_agent.values import frozen
from aideator_cli.choice import others
from aideator_cli.choice.ranking import Candidate
from aideator_cli.choice.reasons import short_name
from aideator_cli.choice.signals import told
from aideator_cli.choice.verdicts import Verdict
from aideator_cli.text.clean import one_line
from aideator_cli.text.figures import joined, plural

Weight = Literal["good", "bad", "look", "note"]
WEIGHTS: Final[dict[str, Weight]] = {
    "cheat": "bad",
    "look": "look",
}  # of signals, by their severity; all others are notes


@frozen
class Finding:
    layer: str  # tests, hidden (tests of hidden checks), others (their tests), signals
    kind: str  # one word, such as repaired or cheat
    words: str  # clean
    weight: Weight


def findings(candidate: Candidate, names: int | None = None) -> list[Finding]:
    """Returns what was found, the layers in their order, and the worst signals first. `names`: of tests that a line holds; None: all."""
    return [*_tests(candidate, names), *_others(candidate), *_signals(candidate)]


def _tests(candidate: Candidate, most: int | None) -> Iterator[Finding]:
    several = len(candidate.verdicts) > 1
    for verdict in candidate.verdicts:
        layer = "hidden" if verdict.hidden else "tests"
        for kind, tests, weight in _changes(verdict):
            check = f"{one_line(verdict.name)}: " if several else ""
            yield Finding(layer, kind, check + _listed(tests, most), weight)


def _changes(verdict: Verdict) -> Iterator[tuple[str, Sequence[str], Weight]]:
    if verdict.repaired:
        yield "repaired", verdict.repaired, "good"
    if verdict.broken:
        yield "broke", verdict.broken, "bad"
    if verdict.lost:
        yield "lost", verdict.lost, "bad"


def _others(candidate: Candidate) -> Iterator[Finding]:
    """What the tests that other variations wrote say of it."""
    crossed = candidate.crossed
    if crossed and crossed.failed:
        yield Finding("others", "fails", others.fails(crossed).removeprefix("fails "), "look")
    elif crossed and crossed.passed:
        authors = joined(sorted({test.author for test in crossed.passed}))
        yield Finding("others", "passes", f"{plural(len(crossed.passed), 'test')} by {authors}", "good")


def _signals(candidate: Candidate) -> Iterator[Finding]:
    for signal in candidate.signals:
        yield Finding("signals", one_line(signal.severity), told(signal), WEIGHTS.get(signal.severity, "note"))
    if left := candidate.result.signals_left_out:
        yield Finding("signals", "note", f"{plural(left, 'more signal')} did not fit into the log", "note")


def _listed(names: Sequence[str], most: int | None) -> str:
    shown = [short_name(name) for name in names] if most else [one_line(name) for name in names]
    more = len(shown) - most if most else 0
    return ", ".join(shown[:most]) + (f" and {more} more" if more > 0 else "")
