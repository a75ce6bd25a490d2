"""How many variations each of several names gets: `a:2,b:1`, repeated options, and `-n`."""

import re
from collections.abc import Callable, Sequence
from itertools import cycle, islice
from typing import Final, TypeVar

from aideator_cli.errors import usage

MOST: Final = 20
USUAL: Final = 3
MORE: Final = "run --matrix FILE starts up to 200"
Who = TypeVar("Who")


def check_number(n: int | None) -> None:
    """Raises `AideatorError` (usage) for a `-n` out of bounds."""
    if n is not None and not 1 <= n <= MOST:
        raise usage(f"-n takes 1 to {MOST}, not {n}", MORE if n > MOST else f"-n {USUAL} is usual")


def items(option: str, value: str, example: str) -> list[str]:
    """Returns the comma-separated parts of an option's value. Raises `AideatorError` (usage) for an empty one."""
    found = [item.strip() for item in value.split(",")]
    if "" in found:
        raise usage(f"{option} {value!r} contains an empty name", f"for example: {option} {example}")
    return found


def counted(option: str, item: str, known: Callable[[str], bool]) -> tuple[str, int | None]:
    """Splits `NAME:K`. `:K` is a count unless `known` accepts the whole text as a name."""
    name, colon, digits = item.rpartition(":")
    if not colon or not re.fullmatch(r"[0-9]+", digits) or known(item):
        return item, None
    if not name or len(digits) > 6 or int(digits) == 0:
        raise usage(f"{option} {item!r}: the count after the colon must be 1 to {MOST}")
    return name, int(digits)


def share_out(option: str, whose: str, named: Sequence[tuple[Who, int | None]], n: int | None) -> list[Who]:
    """Returns who gets each variation.

    Counts set the number of variations; a name without one counts once. Without counts the names take turns until there are `n`. By default
    each appears once, a single one three times. `whose`: the names in the plural. Raises `AideatorError` (usage).
    """
    if any(count is not None for _, count in named):
        return _by_counts(option, named, n)
    names = [name for name, _ in named]
    total = n if n is not None else USUAL if len(names) == 1 else len(names)
    if not len(names) <= total <= MOST:
        raise usage(
            f"{len(names)} {whose} can't share {min(total, MOST)} variations",
            f"raise -n (1 to {MOST}), or name fewer {whose}",
        )
    return list(islice(cycle(names), total))


def _by_counts(option: str, named: Sequence[tuple[Who, int | None]], n: int | None) -> list[Who]:
    total = sum(1 if count is None else count for _, count in named)
    if total > MOST:
        raise usage(f"-n takes 1 to {MOST}; the counts in {option} add up to {total}", MORE)
    if n is not None and n != total:
        raise usage(f"-n {n} conflicts with the counts in {option}, which add up to {total}", "leave out -n")
    return [name for name, count in named for _ in range(1 if count is None else count)]
