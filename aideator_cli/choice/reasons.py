"""Explains in words why one variation is best and what kept the others back. Foreign names are cleaned."""

import re
from collections.abc import Sequence
from typing import Final

from aideator_cli.choice import others
from aideator_cli.choice.ranking import RULE, Candidate, key
from aideator_cli.choice.signals import told as told_signal
from aideator_cli.choice.verdicts import Verdict, Word
from aideator_cli.domain.result import Result
from aideator_cli.text.clean import one_line
from aideator_cli.text.figures import changes, cost, joined, plural

NAMES_TOLD: Final = 2
UNITTEST: Final = re.compile(r"(\w+) \([\w.]+\)")
REASON_CELLS: Final = 80


def reason(order: Sequence[Candidate]) -> str:
    """Returns why the first candidate, which passes, is ranked first."""
    first = order[0]
    rivals = [other for other in order[1:] if other.passes]
    if not rivals:
        return _only(first, len(order))
    others = [rival for rival in rivals if rival.number not in first.twins]  # comparing with a twin says least
    next_ = (others or rivals)[0]
    step = next(name for name, own, other in zip(RULE, key(first), key(next_), strict=True) if own != other)
    level = [rival for rival in rivals if _by_others(rival) == _by_others(first)]
    beyond = _as_well(first) if level and len(level) < len(rivals) else ""
    return _preferred(step, first, next_, len(level or rivals) + 1, beyond) + _repairs(first)


def summary(order: Sequence[Candidate]) -> str:
    """Returns a sentence about who passes the checks and who is suspected. Empty if nothing was checked."""
    if not any(each.result.checks for each in order):
        return ""
    passed = [each for each in order if each.passes]
    if len(passed) == 1:
        told = f"{passed[0].number} is {_only(passed[0], len(order))}"
    elif passed:
        told = f"{_numbers(passed)} {_plural_passing(passed[0])}{_same(passed)}"
    else:
        told = f"None {_passes(order[0])}"
    return "; ".join([told, *obstacles([each for each in order if each.suspected])]) + "."


def obstacles(order: Sequence[Candidate]) -> list[str]:
    """Returns what kept each candidate from success. Candidates with the same suspicion share a line."""
    together: dict[str, list[Candidate]] = {}
    for each in order:
        words = obstacle(each)
        together.setdefault(words if _only_suspected(each) else f"{each.number} {words}", []).append(each)
    return [
        f"{_numbers(each)} {_of_several(words)}" if len(each) > 1 else f"{each[0].number} {obstacle(each[0])}"
        for words, each in together.items()
    ]


def _only_suspected(candidate: Candidate) -> bool:
    words = [verdict.word for verdict in candidate.verdicts if not verdict.passed]
    return candidate.result.outcome == "succeeded" and words == [Word.CHEAT] and not candidate.cheats


def _of_several(suspicion: str) -> str:
    return suspicion.replace("is suspected", "are suspected", 1).replace("with its own", "with their own", 1)


def _same(passed: Sequence[Candidate]) -> str:
    """Returns `; 1 and 3 are the same patch` for identical patches. Empty if there are none."""
    together: dict[str, list[Candidate]] = {}
    for each in passed:
        if each.result.patch_sha256:
            together.setdefault(each.result.patch_sha256, []).append(each)
    alike = [each for each in together.values() if len(each) > 1]
    if len(alike) == 1 and len(alike[0]) == len(passed):
        return " with the same patch"
    return "".join(f"; {_numbers(each)} are the same patch" for each in alike)


def _numbers(candidates: Sequence[Candidate]) -> str:
    return joined(sorted(each.number for each in candidates))


def _only(first: Candidate, count: int) -> str:
    whole = "the only variation, and it" if count == 1 else "the only one that"
    return f"{whole} {_passes(first)}{_on_base(first)}{_repairs(first)}"


def _passes(candidate: Candidate) -> str:
    names = " and ".join(_names([verdict.name for verdict in candidate.verdicts]))
    return f"passes {names}" if names else "succeeded"


def _plural_passing(candidate: Candidate) -> str:
    return _passes(candidate).replace("passes", "pass", 1)


def _repairs(candidate: Candidate) -> str:
    """Returns ` (base 40/41, 1 repaired test_comment, broke none)`. Empty without reports."""
    for verdict in candidate.verdicts:
        if verdict.base_passed is False and verdict.base_count:
            done = f"repaired {_list(verdict.repaired)}" if verdict.repaired else "repaired it"
            broke = f"broke {_list(verdict.broken)}" if verdict.broken else "broke none"
            return f" (base {verdict.base_count}, {candidate.number} {done}, {broke})"
    return ""


def _on_base(candidate: Candidate) -> str:
    """Returns ` (on the base it fails)` to follow the checks' names. Empty if reports say more."""
    if _repairs(candidate):
        return ""
    if failed := [verdict.name for verdict in candidate.verdicts if verdict.base_passed is False]:
        return f" (on the base {'it fails' if len(candidate.verdicts) == 1 else f'{_list(failed)} failed'})"
    return ""


def _by_others(candidate: Candidate) -> tuple[int, int]:
    crossed = candidate.crossed
    return (len(crossed.authors), len(crossed.failed)) if crossed else (0, 0)


def _as_well(first: Candidate) -> str:
    """Returns ` and the others' tests`, by which the best are told from others that pass their checks."""
    crossed = first.crossed
    return f" and {'as many of ' if crossed and crossed.failed else ''}the others' tests"


def _others_tests(first: Candidate, rival: Candidate) -> str:
    """Returns what sets the first one apart by the tests that others wrote, as a predicate."""
    theirs = f"{rival.number} {others.fails(rival.crossed)}" if rival.crossed else ""
    crossed = first.crossed
    if crossed is None or not crossed.count:
        return f"fails no test by others ({theirs})"
    if crossed.failed:
        return f"fails only {len(crossed.failed)} of {plural(crossed.count, 'test')} by others ({theirs})"
    return f"passes {plural(crossed.count, 'test')} by others ({theirs})"


def _preferred(step: str, first: Candidate, rival: Candidate, count: int, beyond: str) -> str:
    result, next_ = first.result, rival.result
    those = f"of the {count} that {_plural_passing(first)}{beyond}{_on_base(first)}"
    alone = f"the only one {those} that" if not first.twins else f"the first {those}, because it"
    by_others = f"{alone} {_others_tests(first, rival)}"
    words = {
        "authors": by_others,
        "others' tests": by_others,
        "accused": f"the first {those}, because the judge suspects {rival.number} of cheating: {suspicion(rival)}",
        "touches": f"the first {those}, because it leaves tests and their settings alone",
        "signals": f"the first {those}, because {_fewer_signals(first, rival)}",
        "citations": f"the first {those}, because {_cites(result, next_)}",
        "judge": f"the judge's choice {those}",
        "agreement": f"{those} the one that {first.agreeing} variations agree on",
        "shared": f"{those} the one whose places other answers cite most ({first.shared}, next {rival.shared})",
        "change": f"the smallest change ({_size(result)}, next {_size(next_)}) {those}",
        "cost": f"the cheapest ({cost(result.cost)}, next {'unknown' if next_.cost is None else cost(next_.cost)}) {those}",
    }
    alike = ", which do the same" if len(first.twins) + 1 >= count else ", as nothing else tells them apart"
    return words.get(step, f"the first {those}{alike}")


def _fewer_signals(first: Candidate, rival: Candidate) -> str:
    if not first.to_look_at:
        theirs = "; ".join(map(told_signal, rival.to_look_at[:1]))
        return f"nothing in it needs a second look ({rival.number}: {theirs})"
    return f"less in it needs a second look ({len(first.to_look_at)} places, next {len(rival.to_look_at)})"


def suspicion(candidate: Candidate) -> str:
    """Returns what a judge says of cheating: `src/calc.py:12 special-cases 17`. Empty if it says nothing."""
    if not candidate.accused:
        return ""
    first, more = candidate.accused[0], len(candidate.accused) - 1
    why = one_line(first.why)[:REASON_CELLS]
    return f"{one_line(first.path)}:{first.line}{f' {why}' if why else ''}{f' and {more} more' if more else ''}"


def _cites(result: Result, next_: Result) -> str:
    wrong, others = len(result.wrong_citations), len(next_.wrong_citations)
    every = (
        f"it cites {plural(wrong, 'place')} that {'does' if wrong == 1 else 'do'} not exist"
        if wrong
        else "all that it cites exists"
    )
    return f"{every} (next {others} {'does' if others == 1 else 'do'} not)"


def _size(result: Result) -> str:
    return changes(result.additions, result.deletions)


def _names(names: Sequence[str]) -> list[str]:
    return [one_line(name) for name in names]


def _list(names: Sequence[str]) -> str:
    """Returns the last parts of the tests' names. Counts those that do not fit."""
    short = [short_name(name) for name in names]
    more = f" and {len(short) - NAMES_TOLD} more" if len(short) > NAMES_TOLD else ""
    return ", ".join(short[:NAMES_TOLD]) + more


def short_name(name: str) -> str:
    """Returns `test_a` of `tests.test_x::test_a`, and of unittest's `test_a (tests.test_x.Case.test_a)`."""
    name = one_line(name)
    if found := UNITTEST.fullmatch(name):
        return found[1]
    return name.rpartition("::")[2].rpartition(".")[2] or name


def obstacle(candidate: Candidate) -> str:
    """Returns what kept the candidate from success, as a predicate."""
    result = candidate.result
    if result.outcome == "running":
        return "is still at work"
    if result.outcome == "no_changes":
        return "changed nothing"
    failing = [verdict for verdict in candidate.verdicts if not verdict.passed]
    if result.outcome == "succeeded":
        told = [*_cheats(candidate), *(against(verdict, result) for verdict in failing)]
    else:
        ran = (verdict for verdict in failing if verdict.word is not Word.NOT_RUN)
        told = [_ended(result), *(against(verdict, result) for verdict in ran)]
    return ", ".join(told)


def _cheats(candidate: Candidate) -> list[str]:
    """Returns what the signals suspect, as a predicate. Empty if they suspect nothing."""
    if not candidate.cheats:
        return []
    more = len(candidate.cheats) - 1
    return [f"is suspected of cheating: {told_signal(candidate.cheats[0])}{f' and {more} more' if more else ''}"]


def _ended(result: Result) -> str:
    why = one_line(": ".join(filter(None, (result.fault, result.reason))))[:REASON_CELLS]
    how = {"limit": "reached its limit", "cancelled": "was cancelled"}.get(result.outcome, "failed")
    return f"{how} ({why})" if why and result.outcome != "cancelled" else how


def against(verdict: Verdict, result: Result) -> str:
    """Returns what a check that did not pass says about it, as a predicate."""
    name = f"{'hidden ' if verdict.hidden else ''}{one_line(verdict.name)}"
    count = f" {verdict.count}" if verdict.count else ""
    if verdict.word is Word.CHEAT:
        touched = _list_whole((*result.tests, *result.config))
        return f"is suspected of cheating: {name} passes only with its own {touched or 'tests and settings'}"
    if verdict.word is Word.NOT_RUN:
        return f"was not checked by {name}"
    if verdict.word is Word.FLAKY:
        return f"is flaky: {name} passed {verdict.held} of {verdict.runs} times"
    if verdict.word is Word.TOO_FEW_TESTS:
        shown = "no tests" if not verdict.tests else f"{plural(verdict.tests, 'test')} of {verdict.base_tests}"
        lost = f", without {_list_whole(verdict.lost)}" if verdict.lost else ""
        return f"ran too few tests: {name} exits 0 and reports {shown}{lost}"
    how = {Word.REGRESSION: ", which passes on the base", Word.FAILED_BEFORE: ", as the base does"}.get(
        verdict.word, ""
    )
    ended = f" ({one_line(verdict.ended_by).replace('_', ' ')})" if verdict.ended_by else ""
    return f"fails {name}{count}{ended}{how}"


def _list_whole(names: Sequence[str]) -> str:
    unique = _names(list(dict.fromkeys(names)))
    more = f" and {len(unique) - NAMES_TOLD} more" if len(unique) > NAMES_TOLD else ""
    return ", ".join(unique[:NAMES_TOLD]) + more
