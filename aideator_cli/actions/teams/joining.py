"""Puts the works of several steps together, and takes tests apart from other changes. Patches on one base are enough for that."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from aideator_cli.domain.handing import Work
from aideator_cli.domain.result import CheckResult, Result
from aideator_cli.errors import AideatorError
from aideator_cli.workspace import merging
from aideator_cli.workspace.diffing import Side
from aideator_cli.workspace.patches_alone import by_path, raw_of

SHOWN = 8  # conflicts, each named


class Clashing(Exception):
    """Two works change the same in different ways. The text names the files."""


@dataclass
class Joiner:
    """Merges works. What was merged once is remembered, because a team's course is gone through often."""

    _known: dict[str, bytes | str] = field(default_factory=dict)

    def join(self, one: Work, other: Work, both: Work) -> Work:
        """Returns both works as one. `both`: the work that both began with. Raises `Clashing`."""
        if other.patch in (both.patch, one.patch):
            return one
        if one.patch == both.patch:
            return other
        key = hashlib.sha256(b"\0".join((one.patch, other.patch, both.patch))).hexdigest()
        if key not in self._known:
            self._known[key] = _merged(one, other, both)
        found = self._known[key]
        if isinstance(found, str):
            raise Clashing(found)
        if found == other.patch:
            return other
        if found == one.patch:
            return one
        names = tuple(dict.fromkeys((*one.names, *other.names)))
        return Work(names, found, one.base or other.base, tuple(dict.fromkeys((*one.prompts, *other.prompts))))


def _merged(one: Work, other: Work, both: Work) -> bytes | str:
    """Returns the patch, or which files conflict.

    A file that only one of the two has changed since `both` is taken as it is. One that both have changed is merged line by line if it
    is not a part of `both`, of whose version nothing but a patch is known.
    """
    sides, base = (by_path(one.patch), by_path(other.patch)), by_path(both.patch)
    parts: dict[str, bytes] = {}
    rest: list[str] = []
    for path in sorted({*sides[0], *sides[1]}):
        ours, theirs, before = raw_of(sides[0], path), raw_of(sides[1], path), raw_of(base, path)
        if theirs in (before, ours):
            parts[path] = ours
        elif ours == before:
            parts[path] = theirs
        elif before:
            return _some([path])
        else:
            rest.append(path)
    names = ("one", "other")
    alone = [
        Side(name, b"".join(raw_of(side, path) for path in rest), one.base)
        for name, side in zip(names, sides, strict=True)
    ]
    try:
        done = merging.merge(alone, {})
    except AideatorError as error:
        return error.message
    if done.conflicts:
        return _some([conflict.path for conflict in done.conflicts])
    merged = by_path(done.patch)
    parts |= {path: raw_of(merged, path) for path in merged}
    return b"".join(parts[path] for path in sorted(parts))


def _some(paths: list[str]) -> str:
    left = len(paths) - SHOWN
    return f"{', '.join(paths[:SHOWN])}{f' and {left} more' if left > 0 else ''}"


def tests_alone(result: Result, before: Work) -> bytes:
    """Returns the part of the result's patch that adds or changes tests, as they were not in `before`. It is a patch on the base."""
    made, known = by_path(result.patch or b""), by_path(before.patch)
    paths = [
        path
        for path in sorted(made)
        if path in result.tests and (path not in known or raw_of(made, path) != raw_of(known, path))
    ]
    return b"".join(raw_of(made, path) for path in paths)


def with_tests(before: Work, tests: bytes) -> bytes:
    """Returns the patch of `before` with these tests in place of its own versions of them."""
    made, known = by_path(tests), by_path(before.patch)
    parts = {path: raw_of(known, path) for path in known} | {path: raw_of(made, path) for path in made}
    return b"".join(parts[path] for path in sorted(parts))


def is_same(one: bytes, other: bytes) -> bool:
    """Whether two patches change the same files in the same way."""
    first, second = by_path(one), by_path(other)
    return first.keys() == second.keys() and all(raw_of(first, path) == raw_of(second, path) for path in first)


def shows_fault(result: Result) -> bool | None:
    """Whether a check fails on the result's tree for another reason than on the base. None: that can't be told."""
    unknown = False
    base = {check.name: check for check in result.baseline}
    for check in (each for each in result.checks if each.on == "patch"):
        before = base.get(check.name)
        if result.passes(check):
            continue
        if before is None or (before.exit_code == 0 and not before.failures):
            return True
        if _is_worse(check, before):
            return True
        unknown = unknown or not (check.failing and before.failing)
    return None if unknown else False


def _is_worse(check: CheckResult, before: CheckResult) -> bool:
    if check.failed is not None and before.failed is not None:
        return check.failed > before.failed or not set(check.failing) <= set(before.failing)
    return bool(set(check.failing) - set(before.failing))


def needs_no_change(results: Sequence[Result]) -> bool:
    """Whether agents have ended without a change, none has made one, and the checks pass without it: on the base."""
    idle = any(result.outcome == "no_changes" for result in results) and not any(result.files for result in results)
    return idle and all(check.exit_code == 0 and not check.failures for each in results for check in each.baseline)


def failures(result: Result, most: int = 4000) -> str:
    """Returns what the checks that failed said, for the agent who is to mend it."""
    told = []
    for check in result.checks:
        if check.on == "patch" and not result.holds(check):
            names = f" ({', '.join(check.failing)})" if check.failing else ""
            told.append(f"{check.name} failed{names}:\n{check.tail.strip()[-most:]}")
    return "\n\n".join(told)
