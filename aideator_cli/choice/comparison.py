"""Compares a run's variations: which is best, which files each changed or which places each cites, which are equivalent.

Uses only results, patches and answers.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final

from aideator_agent.values import frozen
from aideator_cli.choice.cited import CitedPlace, cited_places, shared
from aideator_cli.choice.contrast import contrasted
from aideator_cli.choice.crossed import Crossed, crossed, current
from aideator_cli.choice.equivalence import Content, Group, exact, groups, same_answers
from aideator_cli.choice.ranking import Candidate, ranked
from aideator_cli.choice.reasons import reason
from aideator_cli.choice.verdicts import check_names, verdicts
from aideator_cli.domain.crossing import Crossing
from aideator_cli.domain.judgements import Accusation
from aideator_cli.domain.result import Result
from aideator_cli.workspace.patches import FilePatch, parse

NONE: Final[Mapping[int, Any]] = MappingProxyType({})


@frozen
class Changed:
    """A changed file. `parts` groups the variations that changed it alike; each part is ascending."""

    path: str
    parts: tuple[tuple[int, ...], ...]

    @property
    def numbers(self) -> tuple[int, ...]:
        return tuple(sorted(number for part in self.parts for number in part))


@frozen
class Comparison:
    checks: tuple[str, ...]  # names
    order: tuple[Candidate, ...]  # best first
    groups: tuple[Group, ...]
    files: tuple[Changed, ...]  # by path
    shared: tuple[int, int]  # lines added and removed by all patches alike; needs two or more patches
    cited: tuple[CitedPlace, ...] = ()  # that answers cite
    crossing: Crossing | None = None  # what the others' tests said; None: they did not run on these patches

    @property
    def running(self) -> list[int]:
        return sorted(each.number for each in self.order if each.result.outcome == "running")

    @cached_property
    def patched(self) -> list[int]:
        """Returns the variations that left a patch, ascending."""
        return sorted({number for file in self.files for number in file.numbers})

    @cached_property
    def answers(self) -> list[Result]:
        """Returns the results that have an answer, best first."""
        return [each.result for each in self.order if each.result.answer is not None]

    @property
    def best(self) -> Candidate | None:
        """Returns the first variation by the rule, if it passes."""
        return self.order[0] if self.order and self.order[0].passes else None

    @property
    def reason(self) -> str | None:
        """Returns why `best` is the best."""
        return reason(self.order) if self.best else None

    @property
    def common(self) -> list[Changed]:
        """Returns the files that all patches change alike."""
        return [file for file in self.files if len(self.patched) > 1 and file.parts == (tuple(self.patched),)]

    def only(self, number: int) -> list[str]:
        """Returns the files that only this variation changes."""
        return [file.path for file in self.files if len(self.patched) > 1 and file.parts == ((number,),)]

    @property
    def differing(self) -> list[Changed]:
        """Returns the files that several variations change, but not all of them or not alike."""
        common = self.common
        return [file for file in self.files if len(file.numbers) > 1 and file not in common]


def compare(
    results: Sequence[Result],
    asked: Iterable[str] = (),
    judged: Mapping[int, int] = NONE,
    crossing: Crossing | None = None,
    accused: Mapping[int, tuple[Accusation, ...]] = NONE,
) -> Comparison:
    """Compares `results`, which have their patches or answers.

    `asked` has the names of the checks. `judged` has a judge's places by variation, from 1. `crossing`: the outcome of the newest referee.
    `accused`: what that judge says of cheating.
    """
    patches = {result.variation: parse(result.patch or b"") for result in results}
    same = (*groups(patches), *same_answers({result.variation: result.answer_sha256 for result in results}))
    names = check_names(asked, results)
    order = ranked(candidates(results, names, patches, same, judged, crossed(crossing, results, same), accused))
    lines = _shared(list(filter(None, patches.values())))
    return Comparison(
        tuple(names), tuple(order), same, _changed(patches), lines, _cited(results), current(crossing, results)
    )


def candidates(
    results: Sequence[Result],
    names: Sequence[str],
    patches: Mapping[int, Sequence[FilePatch]] = NONE,
    same: Sequence[Group] = (),
    judged: Mapping[int, int] = NONE,
    tests_of_others: Mapping[int, Crossed] = NONE,
    accused: Mapping[int, tuple[Accusation, ...]] = NONE,
) -> list[Candidate]:
    cited = _cited(results)
    signals = contrasted(results)
    alike = {number: group.numbers for group in same for number in group.numbers}
    return [
        Candidate(
            result,
            verdicts(result, names),
            _touched(result, patches.get(result.variation, ())),
            tuple(number for number in alike.get(result.variation, ()) if number != result.variation),
            judged.get(result.variation),
            shared(cited, result.variation),
            signals[result.variation],
            accused.get(result.variation, ()),
            tests_of_others.get(result.variation),
        )
        for result in results
    ]


def _cited(results: Sequence[Result]) -> tuple[CitedPlace, ...]:
    return cited_places({result.variation: result.citations for result in results})


def _touched(result: Result, files: Sequence[FilePatch]) -> tuple[str, ...]:
    """Returns the tests and check settings of the base that the patch changes. New tests do not count."""
    new = {file.path for file in files if file.change == "added" and not file.path.endswith("conftest.py")}
    tests = [path for path in result.tests if path not in new]
    return tuple(dict.fromkeys([*tests, *result.config]))


def _changed(patches: Mapping[int, Sequence[FilePatch]]) -> tuple[Changed, ...]:
    found: dict[str, dict[Content, list[int]]] = {}
    for number, files in sorted(patches.items()):
        for file in files:
            found.setdefault(file.path, {}).setdefault(exact(file), []).append(number)
    return tuple(Changed(path, tuple(map(tuple, parts.values()))) for path, parts in sorted(found.items()))


def _shared(patches: Sequence[Sequence[FilePatch]]) -> tuple[int, int]:
    """Counts the lines that all patches change alike. Only files that all of them change can have some."""
    if len(patches) < 2:
        return 0, 0
    paths = set.intersection(*({file.path for file in files} for files in patches))
    lines = _lines(patches[0], paths)
    for files in patches[1:]:
        lines &= _lines(files, paths)
    added = sum(count for (_, line), count in lines.items() if line.startswith(b"+"))
    return added, lines.total() - added


def _lines(files: Sequence[FilePatch], paths: set[str]) -> Counter[tuple[str, bytes]]:
    return Counter((file.path, line) for file in files if file.path in paths for line in file.changed)
