"""Which variation gets which role: `--role qa:1,backend:2`, beside agents and models."""

from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final

from aideator_agent.values import frozen
from aideator_cli.errors import usage
from aideator_cli.intake import counts
from aideator_cli.intake.roles.finding import NEUTRAL, find
from aideator_cli.intake.roles.role import Role

OPTION: Final = "--role"


@frozen
class Asked:
    """The roles of a run, each with its count. None: it takes its turn."""

    named: tuple[tuple[Role, int | None], ...]

    @property
    def total(self) -> int | None:
        """Returns how many variations the counts ask for. None if there are no counts."""
        return _total(self.named)

    def number(self, n: int | None, workers: Sequence[tuple[Any, int | None]]) -> int | None:
        """Returns the number of variations, or None if those who work decide. Raises `AideatorError` (usage) for numbers that don't fit."""
        counts.check_number(n)
        own = _total(workers)
        if self.total is None:
            open_ = n is None and own is None and len(self.named) > 1
            return max(len(self.named), len(workers)) if open_ else n
        if n is not None and n != self.total:
            raise usage(f"-n {n} conflicts with the counts in {OPTION}, which add up to {self.total}", "leave out -n")
        if own is not None and own != self.total:
            raise usage(f"the counts in {OPTION} add up to {self.total}, and those of agents and models to {own}")
        return self.total

    def each(self) -> list[Role]:
        """Returns the roles as an axis of a matrix. Raises `AideatorError` (usage) if they have counts."""
        if self.total is not None:
            raise usage(
                f"{OPTION} can't count together with --matrix",
                "write n: into the matrix file, which holds for every cell",
            )
        return [role for role, _ in self.named]

    def dealt(self, number: int) -> list[Role]:
        """Returns the role of each of so many variations. Raises `AideatorError` (usage) if the roles are too many for them."""
        if self.total is not None:
            return [role for role, count in self.named for _ in range(1 if count is None else count)]
        if len(self.named) > number:
            raise usage(f"{len(self.named)} roles can't share {number} variations", "raise -n, or name fewer roles")
        return list(islice(cycle(role for role, _ in self.named), number))


def parse(values: Sequence[str], own: Path) -> Asked:
    """Raises `AideatorError` (usage). `own`: the folder of the user's roles. Without values every variation has the neutral role."""
    words = [word for value in values for word in counts.items(OPTION, value, "qa:1,backend:2")]
    counted = [counts.counted(OPTION, word, lambda _: False) for word in words or [NEUTRAL]]
    named = tuple((find(word, own), count) for word, count in counted)
    check_names([role for role, _ in named])
    if (total := _total(named)) is not None and total > counts.MOST:
        raise usage(f"-n takes 1 to {counts.MOST}; the counts in {OPTION} add up to {total}", counts.MORE)
    return Asked(named)


def check_names(roles: Sequence[Role]) -> None:
    """Raises `AideatorError` (usage) if two roles of a run would have one name."""
    places: dict[str, str] = {}
    for role in roles:
        if places.setdefault(role.name, role.place) != role.place:
            raise usage(
                f"two roles are called {role.name}: {places[role.name]} and {role.place}", "rename one of the files"
            )


def _total(named: Sequence[tuple[Any, int | None]]) -> int | None:
    if all(count is None for _, count in named):
        return None
    return sum(1 if count is None else count for _, count in named)
