"""Notes on a repository, and how many there can be."""

from typing import Final

from aideator_agent.values import frozen

MOST: Final = 200  # notes of one repository
REJECTED: Final = 1000  # rejected proposals of one repository that are known again
SOURCES: Final = ("person", "check", "signal", "summary")


@frozen
class Memory:
    """A note that a person has written or accepted."""

    id: int
    repository: str  # as `repositories.plain` writes it
    text: str
    source: str  # a word of `SOURCES`
    run: str | None  # from which it was proposed, as RUN/N or RUN
    created: str  # RFC 3339, UTC


@frozen
class Proposal:
    """A note that nobody has accepted yet. Its text may hold a model's words, which are foreign."""

    key: str  # of its text, so that a rejected one is known again
    text: str
    source: str
    run: str
    warnings: tuple[str, ...]
