"""What the trials of one variation's tests say: which of them mean something, and which patches fail them.

A test means something if it fails on the base and passes on its author's patch. It is known by its name where the check's report names
the tests that pass. Elsewhere the whole check stands for all of its tests.
"""

from collections.abc import Sequence
from typing import Final

from aideator_agent.referee.trial import Ran, Trial
from aideator_agent.values import frozen

NONE_FAILS: Final = "none_fails"  # on the base
OWN_FAILS: Final = "own_fails"  # they don't pass on the patch of who wrote them


@frozen
class Tests:
    """The tests of one variation that mean something, in one check."""

    check: str
    own: Ran
    names: tuple[str, ...]  # the check's name if they are not named
    known: frozenset[str] = frozenset()  # of these, what ran on the base, too, and failed there
    why: str = ""  # there are none

    @property
    def named(self) -> bool:
        return bool(self.own.cases)


@frozen
class Outcome:
    """What another patch does with them. What is in neither passes."""

    failed: tuple[str, ...] = ()
    unfit: tuple[str, ...] = ()  # they did not run at all, perhaps because they call what only their author's patch has


def tests_of(base: Trial, on_base: Trial, own: Trial) -> list[Tests]:
    """`base`: the checks on the base alone; `on_base`: with the tests laid over it; `own`: with them on their author's patch."""
    found = [_tests(check, base[check], on_base[check], own[check]) for check in own]
    counted = [each for each in found if each.own.tests is not None]
    return counted or found  # a check that counts no tests, such as a linter, says little of tests


def outcome(tests: Tests, tries: Sequence[Ran]) -> Outcome:
    """A test passes if it passes once: what a flaky test says must not be held against a patch."""
    left = [name for name in tests.names if not any(_passes(tests, name, each) for each in tries)]
    failed = tuple(name for name in left if any(_fails(tests, name, each) for each in tries))
    return Outcome(failed, tuple(name for name in left if name not in failed))


def _tests(check: str, base: Ran, on_base: Ran, own: Ran) -> Tests:
    if own.cases:
        passing = [name for name, passed in own.cases.items() if passed]
        names = [name for name in passing if not on_base.passes(name) and not base.passes(name)]
        known = frozenset(name for name in names if name in base.cases)
        return Tests(check, own, tuple(names), known, "" if names else NONE_FAILS if own.ok else OWN_FAILS)
    if not own.ok:
        return Tests(check, own, (), why=OWN_FAILS)
    if on_base.ok or _as_before(base, on_base, own):
        return Tests(check, own, (), why=NONE_FAILS)
    return Tests(check, own, (check,))


def _as_before(base: Ran, on_base: Ran, own: Ran) -> bool:
    """Whether the base fails just as it does without these tests, although all of them ran there."""
    same = own.tests is not None and on_base.tests == own.tests and on_base.failures == base.failures
    return same and on_base.failing == base.failing  # `go test` counts packages, and names tests


def _passes(tests: Tests, name: str, ran: Ran) -> bool:
    return ran.passes(name) if tests.named else ran.ok


def _fails(tests: Tests, name: str, ran: Ran) -> bool:
    if ran.report is None:  # it was ended, or died on the way; that says nothing of tests that the base has, too
        return name not in tests.known
    if tests.named:
        return name in ran.cases
    return bool(ran.report.failing) and ran.tests == tests.own.tests
