"""The words for what the others' tests say of patches. Foreign names are cleaned."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from aideator_cli.choice.crossed import Crossed, Foreign
from aideator_cli.domain.crossing import Crossing
from aideator_cli.text.clean import one_line
from aideator_cli.text.figures import duration, joined, plural

if TYPE_CHECKING:
    from aideator_cli.choice.ranking import Candidate

NAMES: Final = 3


def fails(crossed: Crossed) -> str:
    """Returns which of the others' tests a patch fails, as a predicate."""
    most = [test for test in crossed.failed if test.by_most]
    which = ", which most patches pass" if len(most) == len(crossed.failed) else ""
    return f"fails {len(crossed.failed)} of {plural(crossed.count, 'test')} by others{which}: {_named(crossed.failed)}"


def about(order: Sequence["Candidate"], crossing: Crossing | None) -> list[str]:
    """Returns how many tests count, which don't and why, or why none of them does."""
    if crossing is None:
        return []
    if crossing.problem:
        why = "the time was up" if crossing.problem == "time" else one_line(crossing.problem)
        return [f"the others' tests did not finish ({why}), so none of them counts"]
    tests = {(test.author, test.check, test.name) for each in order if each.crossed for test in _counting(each.crossed)}
    lines = [f"the others' tests: {_counted(tests)}, run on {len(crossing.patches)} patches{_time(crossing)}"]
    alone = {(test.author, test.name): test for each in order if each.crossed for test in each.crossed.alone}
    if alone:
        verb = "does" if len(alone) == 1 else "do"
        lines.append(
            f"{_named(list(alone.values()))} {verb} not count: no other patch passes {'it' if len(alone) == 1 else 'them'}"
        )
    if crossing.left_out:
        lines.append(f"the others' tests did not run on {joined(crossing.left_out)}: there are too many patches")
    return lines


def _counted(tests: set[tuple[int, str, str]]) -> str:
    if not tests:
        return "none counts"
    authors = sorted({author for author, *_ in tests})
    return f"{plural(len(tests), 'test')} by {joined(authors)} {'counts' if len(tests) == 1 else 'count'}"


def _time(crossing: Crossing) -> str:
    return f" in {duration(crossing.seconds)}" if crossing.seconds else ""


def _counting(crossed: Crossed) -> Iterator[Foreign]:
    yield from crossed.passed
    yield from crossed.failed


def _named(tests: Sequence[Foreign]) -> str:
    more = f" and {len(tests) - NAMES} more" if len(tests) > NAMES else ""
    return ", ".join(f"{_short(test)} (of {test.author})" for test in tests[:NAMES]) + more


def _short(test: Foreign) -> str:
    """Returns `test_a` of `tests.test_x::test_a`; a check's name says that it stands for its tests."""
    name = one_line(test.name)
    return f"check {name}" if test.name == test.check else name.rpartition("::")[2].rpartition(".")[2] or name
