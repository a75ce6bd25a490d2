"""Filters a run's items by variation, type and time."""

import re
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta

from aideator_agent.protocol import EVENT_TYPES
from aideator_agent.values import frozen
from aideator_cli.domain.events import Closed, Ended, Event, Item, Joined, Observation
from aideator_cli.errors import usage
from aideator_cli.system import clock
from aideator_cli.text.durations import seconds


@frozen
class Sieve:
    """A filter. None means no restriction."""

    numbers: frozenset[int] | None = None
    types: frozenset[str] | None = None  # event types; if set, observations are left out
    since: str | None = None  # RFC 3339, UTC, microseconds

    def passes(self, item: Item) -> bool:
        if self.numbers is not None and variation_of(item) not in (None, *self.numbers):
            return False
        if isinstance(item, Event):
            return (self.types is None or item.type in self.types) and (self.since is None or item.time >= self.since)
        if isinstance(item, Observation):
            return self.types is None and (self.since is None or item.time >= self.since)
        return True

    def through(self, batches: Iterator[list[Item]]) -> Iterator[list[Item]]:
        for batch in batches:
            if kept := [item for item in batch if self.passes(item)]:
                yield kept


def variation_of(item: Item) -> int | None:
    """Returns None if the item is about the whole run."""
    if isinstance(item, Event | Observation | Ended):
        return item.variation
    if isinstance(item, Joined):
        return None
    return item.attempt.variation


def is_over(item: Item) -> bool:
    """Whether the item is the variation's last one."""
    return isinstance(item, Ended) or (isinstance(item, Closed) and item.last)


def since(text: str | None) -> str | None:
    """Returns the instant for `--since`: a time stamp (RFC 3339), or an age (90s, 5m, 2h)."""
    if text is None:
        return None
    if re.match(r"\d{4}-\d\d-\d\d", text):
        try:
            stamp = clock.parse(text)
        except ValueError as error:
            raise usage(
                f"--since takes a duration such as 5m, or a time such as 2026-01-31T12:00:00Z, not {text!r}"
            ) from error
    else:
        stamp = datetime.now(UTC) - timedelta(seconds=seconds("--since", text))
    return stamp.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def types(names: Collection[str] | None) -> frozenset[str] | None:
    """Returns the types given with `--type`, repeated or separated by commas."""
    if not names:
        return None
    wanted = frozenset(name.strip() for text in names for name in text.split(","))
    if unknown := wanted - {*EVENT_TYPES, "stray"}:
        raise usage(
            f"--type: unknown event type {', '.join(sorted(unknown))}",
            hint=f"types are {', '.join(EVENT_TYPES)}, stray",
        )
    return wanted
