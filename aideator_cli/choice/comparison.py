"""A run's variations side by side: the best first, who changed what, which patches do the same. Of results and patches alone."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final

from aideator_cli.choice.equivalence import Content, Group, exact, groups
from aideator_cli.choice.ranking import Candidate, ranked
from aideator_cli.choice.reasons import reason
from aideator_cli.choice.verdicts import check_names, verdicts
from aideator_cli.patches import FilePatch, parse
from aideator_cli.result import Result

NONE: Final[Mapping[int, Any]] = MappingProxyType({})


@dataclass(frozen=True)
class Changed:
    """A file, and who changed it: `parts` are the variations that left it alike, each part ascending."""

    path: str
    parts: tuple[tuple[int, ...], ...]

    @property
    def numbers(self) -> tuple[int, ...]:
        return tuple(sorted(number for part in self.parts for number in part))


@dataclass(frozen=True)
class Comparison:
    checks: tuple[str, ...]  # names
    order: tuple[Candidate, ...]  # best first
    groups: tuple[Group, ...]
    files: tuple[Changed, ...]  # by path
    shared: tuple[int, int]  # lines added and removed that all patches have in common; of two patches or more

    @property
    def running(self) -> list[int]:
        return sorted(each.number for each in self.order if each.result.outcome == "running")

    @cached_property
    def patched(self) -> list[int]:
        """Variations that left a patch, ascending."""
        return sorted({number for file in self.files for number in file.numbers})

    @property
    def best(self) -> Candidate | None:
        """The first by the rule, where it passes."""
        return self.order[0] if self.order and self.order[0].passes else None

    @property
    def reason(self) -> str | None:
        """Why `best` is the best."""
        return reason(self.order) if self.best else None

    @property
    def common(self) -> list[Changed]:
        """Files that all patches change alike."""
        return [file for file in self.files if len(self.patched) > 1 and file.parts == (tuple(self.patched),)]

    def only(self, number: int) -> list[str]:
        """Files that this variation alone changes."""
        return [file.path for file in self.files if len(self.patched) > 1 and file.parts == ((number,),)]

    @property
    def differing(self) -> list[Changed]:
        """Files that several change, and not all of them alike, or not all of them at all."""
        common = self.common
        return [file for file in self.files if len(file.numbers) > 1 and file not in common]


def compare(results: Sequence[Result], asked: Iterable[str] = (), places: Mapping[int, int] = NONE) -> Comparison:
    """`results` with their patches; `asked`: the checks' names; `places`: a judge's opinion, by variation from 1."""
    patches = {result.variation: parse(result.patch or b"") for result in results}
    same = groups(patches)
    names = check_names(asked, results)
    order = ranked(candidates(results, names, patches, same, places))
    return Comparison(
        tuple(names), tuple(order), same, _changed(patches), _shared(list(filter(None, patches.values())))
    )


def candidates(
    results: Sequence[Result],
    names: Sequence[str],
    patches: Mapping[int, Sequence[FilePatch]] = NONE,
    same: Sequence[Group] = (),
    places: Mapping[int, int] = NONE,
) -> list[Candidate]:
    alike = {number: group.numbers for group in same for number in group.numbers}
    return [
        Candidate(
            result,
            verdicts(result, names),
            _touched(result, patches.get(result.variation, ())),
            tuple(number for number in alike.get(result.variation, ()) if number != result.variation),
            places.get(result.variation),
        )
        for result in results
    ]


def _touched(result: Result, files: Sequence[FilePatch]) -> tuple[str, ...]:
    """New tests are welcome; those that were there, and checks' settings, are another matter."""
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
    """Only in files that all of them change there can be some."""
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
