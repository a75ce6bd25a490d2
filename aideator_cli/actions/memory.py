"""Notes on a repository: a person has written them, or accepted what a run suggests. Nothing accepts one by itself."""

from collections.abc import Sequence
from typing import Final

from aideator_agent.values import frozen
from aideator_cli.actions import listing
from aideator_cli.actions.here import Here
from aideator_cli.choice import noting
from aideator_cli.choice.lessons import lessons
from aideator_cli.domain.glance import Wanted
from aideator_cli.domain.memory import MOST, Memory, Proposal
from aideator_cli.domain.repositories import plain
from aideator_cli.errors import AideatorError, command, not_found, usage
from aideator_cli.intake.identity import names

RUNS: Final = 50  # of the repository, from which notes are proposed
LOOKED_AT: Final = 500  # runs, to find those


@frozen
class Proposed:
    repository: str
    proposals: Sequence[Proposal]  # those of the newest run first


def every(here: Here, repo: str | None) -> list[Memory]:
    """Returns the notes of a repository, oldest first. None: of all repositories."""
    return here.store.memories(None if repo is None else names(repo))


def add(here: Here, repo: str, text: str) -> Memory:
    """Raises `AideatorError` for a text that is no note, and if the repository has as many as it can have."""
    return add_to(here, names(repo)[0], text)


def add_to(here: Here, repository: str, text: str) -> Memory:
    """Does the same for a repository by its name."""
    kept = noting.checked(text)
    return _kept(here, repository, Proposal(noting.key_of(kept), kept, "person", "", ()))


def forget(here: Here, numbers: Sequence[int]) -> list[int]:
    """Deletes notes. Raises `AideatorError` (not found) if one does not exist; then none is deleted."""
    expect_known(here.store.memories(), numbers)
    return [number for number in dict.fromkeys(numbers) if here.store.forget(number)]


def expect_known(notes: Sequence[Memory], numbers: Sequence[int]) -> None:
    """Raises `AideatorError` (not found) for a number that none of the notes has."""
    known = {each.id for each in notes}
    if missing := [number for number in numbers if number not in known]:
        raise not_found(
            f"there is no note {missing[0]}", hint=(command("memory", "list", "--all"), " shows the numbers")
        )


def repositories(here: Here, owner: str | None = None) -> list[str]:
    """Returns the repositories of the newest runs, and those with notes. `owner`: only of runs of this user of the server."""
    used = (plain(run.spec.repository.url) for run in here.store.runs(LOOKED_AT, Wanted(owner=owner)))
    return list(dict.fromkeys([*used, *(note.repository for note in here.store.memories())]))


def proposed(here: Here, repo: str) -> Proposed:
    """Returns what the newest runs that have ended on this repository suggest to keep, and nobody has decided on yet."""
    return proposed_on(here, names(repo))


def proposed_on(here: Here, known: Sequence[str], owner: str | None = None) -> Proposed:
    """Returns the same of a repository with these names. `owner`: only what runs of this user of the server suggest."""
    decided = set(here.store.decided(known))
    proposals = []
    runs = [
        run
        for run in here.store.runs(LOOKED_AT, Wanted(owner=owner))
        if run.state == "ended" and plain(run.spec.repository.url) in known
    ]
    for run, results, selected in listing.rows(here, runs[:RUNS]):
        for each in lessons(run.spec, results, selected):
            if each.key not in decided:
                decided.add(each.key)
                proposals.append(each)
    return Proposed(known[0], proposals)


def accept(here: Here, repository: str, proposal: Proposal, text: str | None = None) -> Memory:
    """Keeps what a person has accepted. `text`: as the person has changed it. Raises `AideatorError`."""
    kept, source = (proposal.text, proposal.source) if text is None else (noting.checked(text), "person")
    note = _kept(here, repository, Proposal(noting.key_of(kept), kept, source, proposal.run, ()))
    if noting.key_of(kept) != proposal.key:
        here.store.reject(repository, proposal.key)
    return note


def reject(here: Here, repository: str, proposal: Proposal) -> None:
    """It is not proposed again."""
    here.store.reject(repository, proposal.key)


def _kept(here: Here, repository: str, wanted: Proposal) -> Memory:
    found = here.store.remember(repository, wanted.text, wanted.key, wanted.source, wanted.run or None)
    if found is None:
        raise AideatorError(
            f"{repository} has {MOST} notes, and can't have more", hint=command("memory", "forget", "NUMBER")
        )
    return found


def chosen(proposals: Sequence[Proposal], keys: Sequence[str]) -> list[Proposal]:
    """Returns the proposals with these keys, or beginnings of them. Raises `AideatorError` (usage) for one that is none, or several."""
    found = []
    for key in keys:
        matching = [each for each in proposals if key and each.key.startswith(key)]
        if len(matching) != 1:
            what = "several proposals begin" if matching else "no proposal begins"
            raise usage(f"{what} with {key!r}", hint=(command("memory", "review"), " shows them"))
        found += matching
    return found
