"""What can be kept of a run for the next one: facts about its checks and signals, and the words of the variation that was selected.

Hidden checks are left out: agents must not learn of them.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from aideator_agent.spec import RunSpec
from aideator_cli.choice.noting import proposal
from aideator_cli.choice.signals import told
from aideator_cli.domain.memory import Proposal
from aideator_cli.domain.result import CheckResult, Result, with_baseline
from aideator_cli.text.clean import one_line

TESTS: Final = 8  # that a note names
NAME: Final = 120  # characters
SIGNALS: Final = 3


def lessons(spec: RunSpec, results: Sequence[Result], selected: int | None) -> list[Proposal]:
    """Returns the proposals of a run that has ended. Names and words in them are foreign."""
    ended = [each for each in with_baseline(results) if each.ended]
    found = [
        *_of_base(spec, ended),
        *_of_checks(spec, ended),
        *_of_signals(spec, ended),
        *_of_summary(spec, ended, selected),
    ]
    return [each for each in found if each is not None]


def _of_base(spec: RunSpec, ended: Sequence[Result]) -> Iterator[Proposal | None]:
    """What fails already, before anybody has changed anything."""
    if not ended:
        return
    for check in ended[0].baseline:
        if not check.hidden and not ended[0].passes(check):
            yield proposal(
                f"The check {_name(check.name)} ({_name(check.command)}) fails on the unchanged base{_tests(check.failing)}.",
                "check",
                spec.id,
            )


def _of_checks(spec: RunSpec, ended: Sequence[Result]) -> Iterator[Proposal | None]:
    """What patches failed at although the base passes."""
    worked = [each for each in ended if each.outcome == "succeeded"]
    failed: dict[str, list[tuple[Result, CheckResult]]] = {}
    for result in worked:
        names = {check.name: check for check in result.checks if not check.hidden and not result.holds(check)}
        for name, check in names.items():
            failed.setdefault(name, []).append((result, check))
    for name, pairs in failed.items():
        base = next((check for check in pairs[0][0].baseline if check.name == name), None)
        if base is None or not pairs[0][0].passes(base):
            continue
        tests = Counter(test for _, check in pairs for test in check.failing)
        broken = tuple(test for test, _ in tests.most_common(TESTS))
        text = (
            f"The check {_name(name)} ({_name(pairs[0][1].command)}) passes on the base, and {len(pairs)} of "
            f"{len(worked)} {'patch' if len(worked) == 1 else 'patches'} broke it{_tests(broken)}."
        )
        yield proposal(text, "check", spec.id)


def _of_signals(spec: RunSpec, ended: Sequence[Result]) -> Iterator[Proposal | None]:
    """Why patches were not taken although they passed."""
    seen = Counter(f"{told(signal)}" for result in ended for signal in result.cheats)
    for text, _ in seen.most_common(SIGNALS):
        yield proposal(f"A patch was suspected of cheating: {one_line(text)[:300]}", "signal", spec.id)


def _of_summary(spec: RunSpec, ended: Sequence[Result], selected: int | None) -> Iterator[Proposal | None]:
    """The words of the agent whose work a person has taken."""
    for result in ended:
        if result.variation == selected and result.summary.strip():
            yield proposal(
                f"{one_line(spec.prompt)[:200].rstrip('.')}: {result.summary}",
                "summary",
                f"{spec.id}/{result.variation}",
            )


def _tests(names: Sequence[str]) -> str:
    if not names:
        return ""
    more = f" and {len(names) - TESTS} more" if len(names) > TESTS else ""
    return f": {', '.join(_name(name) for name in names[:TESTS])}{more}"


def _name(text: str) -> str:
    return one_line(text)[:NAME]
