"""Which pairs of variations are compared, and in what order."""

from collections.abc import Sequence
from random import Random


def pairs(numbers: Sequence[int], most: int, random: Random) -> list[tuple[int, int]]:
    """Returns at most `most` pairs, in random order and each in random order. Every number occurs equally often, give or take one."""
    ring: list[int | None] = list(random.sample(list(numbers), len(numbers)))
    if len(ring) % 2:
        ring.append(None)
    half = len(ring) // 2
    met: list[tuple[int, int]] = []
    for _ in range(len(ring) - 1):
        for one, other in zip(ring[:half], reversed(ring[half:]), strict=True):
            if one is not None and other is not None:
                met.append((one, other) if random.random() < 0.5 else (other, one))
        ring = [ring[0], ring[-1], *ring[1:-1]]
    return met[:most]
