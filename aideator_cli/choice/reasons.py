"""Why one variation is the best, and what stood in the others' way: in words, with foreign names cleaned."""

from collections.abc import Sequence
from typing import Final

from aideator_cli.choice.ranking import RULE, Candidate, key
from aideator_cli.choice.verdicts import Verdict, Word
from aideator_cli.clean import one_line
from aideator_cli.figures import changes, cost, joined, plural
from aideator_cli.result import Result

NAMES_TOLD: Final = 2
REASON_CELLS: Final = 80


def reason(order: Sequence[Candidate]) -> str:
    """Why the first of these, which passes, is the first."""
    first = order[0]
    rivals = [other for other in order[1:] if other.passes]
    if not rivals:
        return _only(first, len(order))
    others = [rival for rival in rivals if rival.number not in first.twins]  # what a twin lacks matters least
    next_ = (others or rivals)[0]
    step = next(name for name, own, other in zip(RULE, key(first), key(next_), strict=True) if own != other)
    return _preferred(step, first, next_, len(rivals) + 1) + _repairs(first)


def summary(order: Sequence[Candidate]) -> str:
    """Who passes the checks, and who is suspected, in a sentence; empty where nothing was checked."""
    if not any(each.result.checks for each in order):
        return ""
    passed = [each for each in order if each.passes]
    if len(passed) == 1:
        told = f"{passed[0].number} is {_only(passed[0], len(order))}"
    elif passed:
        told = f"{joined(sorted(each.number for each in passed))} {_plural_passing(passed[0])}"
    else:
        told = f"None {_passes(order[0])}"
    return "; ".join([told, *(f"{each.number} {obstacle(each)}" for each in order if each.suspected)]) + "."


def _only(first: Candidate, count: int) -> str:
    whole = "the only variation, and it" if count == 1 else "the only one that"
    return f"{whole} {_passes(first)}{_repairs(first)}"


def _passes(candidate: Candidate) -> str:
    names = " and ".join(_names([verdict.name for verdict in candidate.verdicts]))
    return f"passes {names}" if names else "succeeded"


def _plural_passing(candidate: Candidate) -> str:
    return _passes(candidate).replace("passes", "pass", 1)


def _repairs(candidate: Candidate) -> str:
    """` (baseline 40/41, 1 repaired test_comment, broke none)`; empty without reports."""
    for verdict in candidate.verdicts:
        if verdict.base_passed is False and verdict.base_count:
            done = f"repaired {_list(verdict.repaired)}" if verdict.repaired else "repaired it"
            broke = f"broke {_list(verdict.broken)}" if verdict.broken else "broke none"
            return f" (baseline {verdict.base_count}, {candidate.number} {done}, {broke})"
    if failed := [verdict.name for verdict in candidate.verdicts if verdict.base_passed is False]:
        return f" (on the base {'it fails' if len(candidate.verdicts) == 1 else f'{_list(failed)} failed'})"
    return ""


def _preferred(step: str, first: Candidate, rival: Candidate, count: int) -> str:
    result, next_ = first.result, rival.result
    those = f"of the {count} that {_plural_passing(first)}"
    words = {
        "touches": f"the first {those}, as it leaves tests and their settings alone",
        "judge": f"the judge's choice {those}",
        "agreement": f"{those} the one that {first.agreeing} variations agree on",
        "change": f"the smallest change {those} ({_size(result)}, next {_size(next_)})",
        "cost": f"the cheapest {those} ({cost(result.cost)}, next {'unknown' if next_.cost is None else cost(next_.cost)})",
    }
    alike = ", which do the same" if len(first.twins) + 1 >= count else ", by its number alone"
    return words.get(step, f"the first {those}{alike}")


def _size(result: Result) -> str:
    return changes(result.additions, result.deletions)


def _names(names: Sequence[str]) -> list[str]:
    return [one_line(name) for name in names]


def _list(names: Sequence[str]) -> str:
    """The last parts of tests' names; what is too long is counted."""
    short = [name.rpartition("::")[2].rpartition(".")[2] or name for name in _names(names)]
    more = f" and {len(short) - NAMES_TOLD} more" if len(short) > NAMES_TOLD else ""
    return ", ".join(short[:NAMES_TOLD]) + more


def obstacle(candidate: Candidate) -> str:
    """What kept it from success, as a predicate."""
    result = candidate.result
    if result.outcome == "running":
        return "is still at work"
    if result.outcome == "no_changes":
        return "changed nothing"
    failing = [verdict for verdict in candidate.verdicts if not verdict.passed]
    if result.outcome == "succeeded":
        told = [against(verdict, result) for verdict in failing]
    else:
        ran = (verdict for verdict in failing if verdict.word is not Word.NOT_RUN)
        told = [_ended(result), *(against(verdict, result) for verdict in ran)]
    return ", ".join(told)


def _ended(result: Result) -> str:
    why = one_line(": ".join(filter(None, (result.fault, result.reason))))[:REASON_CELLS]
    how = {"limit": "reached its limit", "cancelled": "was cancelled"}.get(result.outcome, "failed")
    return f"{how} ({why})" if why and result.outcome != "cancelled" else how


def against(verdict: Verdict, result: Result) -> str:
    """What a check that did not pass says of it, as a predicate."""
    name, count = one_line(verdict.name), f" {verdict.count}" if verdict.count else ""
    if verdict.word is Word.CHEAT:
        touched = _list_whole((*result.tests, *result.config))
        return f"is suspected of cheating: {name} passes only with its own {touched or 'tests and settings'}"
    if verdict.word is Word.NOT_RUN:
        return f"was not checked by {name}"
    if verdict.word is Word.FLAKY:
        return f"is flaky: {name} passed {verdict.held} of {verdict.runs} times"
    if verdict.word is Word.TOO_FEW_TESTS:
        shown = "no tests" if not verdict.tests else f"{plural(verdict.tests, 'test')} of {verdict.base_tests}"
        return f"shows too few tests: {name} exits 0 and reports {shown}"
    how = {Word.REGRESSION: ", which passes on the base", Word.FAILED_BEFORE: ", as the base does"}.get(
        verdict.word, ""
    )
    ended = f" ({one_line(verdict.ended_by).replace('_', ' ')})" if verdict.ended_by else ""
    return f"fails {name}{count}{ended}{how}"


def _list_whole(names: Sequence[str]) -> str:
    unique = _names(list(dict.fromkeys(names)))
    more = f" and {len(unique) - NAMES_TOLD} more" if len(unique) > NAMES_TOLD else ""
    return ", ".join(unique[:NAMES_TOLD]) + more
