"""Notes on repositories for a user of the server, by the page and by the API.

Nothing is kept that a person has not read and accepted: what has warnings is kept only if that person says to have read them.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from aideator_agent.values import frozen
from aideator_cli.actions import memory
from aideator_cli.actions.here import Here
from aideator_cli.choice import noting
from aideator_cli.domain.memory import Memory, Proposal
from aideator_cli.domain.repositories import plain
from aideator_cli.errors import command, not_found, refused, usage
from aideator_cli.intake.identity import names
from aideator_cli.intake.repository import is_url
from aideator_cli.server.access import Caller


@frozen
class Decided:
    """What a person has decided on. `text`: as that person has read it, or changed it."""

    repository: str
    key: str
    text: str = ""
    sure: bool = False  # whether the warnings were read


def repositories(here: Here, caller: Caller) -> list[str]:
    with _own(here, caller):
        return memory.repositories(here, caller.name)


def listed(here: Here, caller: Caller, repository: str | None) -> list[Memory]:
    """Returns the caller's notes on a repository. None: on all."""
    with _own(here, caller):
        return here.store.memories(None if repository is None else called(caller, repository))


def proposed(here: Here, caller: Caller, repository: str) -> memory.Proposed:
    """Returns what the caller's runs on a repository suggest."""
    with _own(here, caller):
        return memory.proposed_on(here, called(caller, repository), caller.name)


def add(here: Here, caller: Caller, repository: str, text: str) -> Memory:
    _expect_person(caller)
    with _own(here, caller):
        return memory.add_to(here, called(caller, repository)[0], text)


def keep(here: Here, caller: Caller, decided: Decided) -> Memory:
    """Raises `AideatorError` for what is not proposed any more, and for a text with warnings whose reader is not sure."""
    _expect_person(caller)
    found = proposed(here, caller, decided.repository)
    proposal = _one_of(found.proposals, decided.key)
    if noting.warnings(decided.text) and not decided.sure:
        raise usage(
            "this note has warnings, so it was not kept", "say that you have read them, or put it in your words"
        )
    changed = decided.text != proposal.text.strip()
    with _own(here, caller):
        return memory.accept(here, found.repository, proposal, decided.text if changed else None)


def reject(here: Here, caller: Caller, decided: Decided) -> None:
    found = proposed(here, caller, decided.repository)
    with _own(here, caller):
        memory.reject(here, found.repository, _one_of(found.proposals, decided.key))


def forget(here: Here, caller: Caller, number: int) -> None:
    with _own(here, caller):
        memory.forget(here, [number])


def called(caller: Caller, repository: str) -> Sequence[str]:
    """Returns the names of a repository, of which a user tells its URL or its name.

    A folder of the server's machine, whose remotes are names of it, too, is looked at for who owns the machine alone.
    """
    if is_url(repository):
        return (plain(repository),)
    return names(repository) if caller.owns_machine and Path(repository).is_absolute() else (repository,)


def _expect_person(caller: Caller) -> None:
    """Raises `AideatorError` (refused) for a token with which a model's program has called tools: its words are no person's."""
    if caller.shown is not None and caller.shown.model:
        raise refused(
            "only a person writes or accepts a note, and a model's program uses this token at /mcp",
            hint=("use another token, which no model has: ", command("token", "create", "NAME", "--user", "USER")),
        )


@contextmanager
def _own(here: Here, caller: Caller) -> Iterator[None]:
    """Within it, notes are those of the caller."""
    with here.store.owned_by(caller.name):
        yield


def _one_of(proposals: Sequence[Proposal], key: str) -> Proposal:
    found = next((each for each in proposals if each.key == key), None)
    if found is None:
        raise not_found("this is not proposed any more", hint="look at the list again")
    return found
