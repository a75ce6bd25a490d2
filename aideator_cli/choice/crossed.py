"""What the tests of the other variations say of a patch. A majority ranks patches; it never says that one of them cheats.

A test counts if another patch passes it that is not equivalent to its author's. So a test that only its author's patch can pass, by intent
or because it calls what no other patch has, holds nobody back.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from aideator_agent.values import frozen
from aideator_cli.choice.equivalence import Group
from aideator_cli.domain.crossing import Brought, Crossing, Tried
from aideator_cli.domain.result import Result


@frozen
class Foreign:
    """A test that another variation wrote, or the check with all of its tests where they have no names."""

    author: int
    check: str
    name: str
    passed_by: tuple[int, ...]  # variations whose patches pass it, its author's among them; ascending
    of: int  # patches that it ran on

    @property
    def by_most(self) -> bool:
        return 2 * len(self.passed_by) > self.of


@frozen
class Crossed:
    """What one patch does with the tests of others that count. `alone`: tests that it fails and that only their author's patch passes."""

    passed: tuple[Foreign, ...] = ()
    failed: tuple[Foreign, ...] = ()
    unfit: int = 0  # tests that count and did not run on it
    alone: tuple[Foreign, ...] = ()

    @property
    def authors(self) -> tuple[int, ...]:
        """Returns whose tests it fails, ascending."""
        return tuple(sorted({test.author for test in self.failed}))

    @property
    def count(self) -> int:
        return len(self.passed) + len(self.failed)

    def as_json(self) -> dict[str, Any]:
        return {
            "passed": len(self.passed), "failed": [asdict(test) for test in self.failed], "unfit": self.unfit,
            "alone": [asdict(test) for test in self.alone], "authors": list(self.authors),
        }  # fmt: skip


@frozen
class _Test:
    author: int
    check: str
    name: str
    passed: frozenset[int]
    failed: frozenset[int]
    unfit: frozenset[int]
    known: bool

    @property
    def told(self) -> Foreign:
        return Foreign(self.author, self.check, self.name, tuple(sorted(self.passed)), len(self.passed | self.failed))


def current(crossing: Crossing | None, results: Sequence[Result]) -> Crossing | None:
    """Returns the outcome if every patch is still the one that the referee tried."""
    if crossing is None:
        return None
    now = {result.variation: result.patch_sha256 for result in results}
    return crossing if all(now.get(number) == sha256 for number, sha256 in crossing.patches.items()) else None


def crossed(crossing: Crossing | None, results: Sequence[Result], same: Sequence[Group] = ()) -> Mapping[int, Crossed]:
    """Returns what counts by variation. Equivalent patches share it: only one of them was tried."""
    told = current(crossing, results)
    if told is None or told.problem:
        return {}
    alike = {number: frozenset(group.numbers) for group in same for number in group.numbers}
    tests = list(_tests(told))
    counting = [test for test in tests if test.passed - {test.author} - alike.get(test.author, frozenset())]
    alone = [test for test in tests if test not in counting]
    found = {number: _of(number, counting, alone) for number in told.patches}
    for group in same:
        if tried := [number for number in group.numbers if number in found]:
            found |= dict.fromkeys(group.numbers, found[tried[0]])
    return found


def _of(number: int, counting: Collection[_Test], alone: Collection[_Test]) -> Crossed:
    foreign = [test for test in counting if test.author != number]
    return Crossed(
        tuple(test.told for test in foreign if number in test.passed),
        tuple(test.told for test in foreign if number in test.failed),
        sum(number in test.unfit for test in foreign),
        tuple(test.told for test in alone if number in test.failed and test.author != number),
    )


def _tests(crossing: Crossing) -> Iterator[_Test]:
    """Yields each test that was told. One that the base has, too, tells something only if a patch fails it."""
    for brought in crossing.brought:
        tried = [each for each in crossing.tried if (each.author, each.check) == (brought.author, brought.check)]
        for name in brought.tests:
            test = _test(brought, name, tried)
            if test.failed or not test.known:
                yield test


def _test(brought: Brought, name: str, tried: Sequence[Tried]) -> _Test:
    failed = frozenset(each.patch for each in tried if name in each.failed)
    unfit = frozenset(each.patch for each in tried if name in each.unfit)
    passed = frozenset({brought.author, *(each.patch for each in tried)}) - failed - unfit
    return _Test(brought.author, brought.check, name, passed, failed, unfit, name in brought.known)
