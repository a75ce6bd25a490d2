"""The notes that a command works with: those of this machine's database, or the user's own at a server."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from aideator_agent.values import frozen
from aideator_cli.actions import memory
from aideator_cli.actions.here import Here
from aideator_cli.actions.memory import Proposed
from aideator_cli.domain.memory import SOURCES, Memory, Proposal
from aideator_cli.errors import usage
from aideator_cli.intake.identity import names

if TYPE_CHECKING:
    from aideator_cli.backends.server.client import Client

_PATH: Final = "/api/v1/memory"


class Notebook(Protocol):
    """`repo`: as users type it. Every method raises `AideatorError`."""

    def every(self, repo: str | None) -> list[Memory]:
        """Returns the notes on a repository, oldest first. None: on all."""

    def add(self, repo: str, text: str) -> Memory: ...

    def forget(self, numbers: Sequence[int]) -> list[int]:
        """Returns which were deleted."""

    def proposed(self, repo: str) -> Proposed: ...

    def accept(self, repository: str, proposal: Proposal, text: str | None = None) -> Memory:
        """`text`: as a person has changed it."""

    def reject(self, repository: str, proposal: Proposal) -> None: ...


@frozen
class OwnNotebook:
    here: Here

    def every(self, repo: str | None) -> list[Memory]:
        return memory.every(self.here, repo)

    def add(self, repo: str, text: str) -> Memory:
        return memory.add(self.here, repo, text)

    def forget(self, numbers: Sequence[int]) -> list[int]:
        return memory.forget(self.here, numbers)

    def proposed(self, repo: str) -> Proposed:
        return memory.proposed(self.here, repo)

    def accept(self, repository: str, proposal: Proposal, text: str | None = None) -> Memory:
        return memory.accept(self.here, repository, proposal, text)

    def reject(self, repository: str, proposal: Proposal) -> None:
        memory.reject(self.here, repository, proposal)


class ServersNotebook:
    def __init__(self, client: "Client") -> None:
        self._client = client
        self._names: dict[str, str] = {}  # by a proposal's key: the name of the repository under which it is proposed

    def every(self, repo: str | None) -> list[Memory]:
        found: dict[int, Memory] = {}
        for name in (None,) if repo is None else self._called(repo):
            told = self._client.ask("GET", _PATH, repository=name)
            with self._client.understanding():
                found.update({each["note"]: _note(each) for each in told["notes"]})
        return [found[number] for number in sorted(found)]

    def add(self, repo: str, text: str) -> Memory:
        told = self._client.ask("POST", _PATH, {"repository": self._called(repo)[0], "text": text})
        with self._client.understanding():
            return _note(told)

    def forget(self, numbers: Sequence[int]) -> list[int]:
        memory.expect_known(self.every(None), numbers)
        for number in (wanted := list(dict.fromkeys(numbers))):
            self._client.ask("DELETE", f"{_PATH}/{number}")
        return wanted

    def proposed(self, repo: str) -> Proposed:
        called, found = self._called(repo), list[Proposal]()
        for name in called:
            told = self._client.ask("GET", f"{_PATH}/proposals", repository=name)
            with self._client.understanding():
                for each in told["proposals"]:
                    if each["key"] not in self._names:
                        found.append(_proposal(each))
                    self._names.setdefault(each["key"], name)
        return Proposed(called[0], found)

    def accept(self, repository: str, proposal: Proposal, text: str | None = None) -> Memory:
        """A person has read it: what has warnings is accepted only with that person's own words for it."""
        body = {**self._named(repository, proposal), "text": proposal.text if text is None else text, "sure": True}
        told = self._client.ask("POST", f"{_PATH}/proposals/keep", body)
        with self._client.understanding():
            return _note(told)

    def reject(self, repository: str, proposal: Proposal) -> None:
        self._client.ask("POST", f"{_PATH}/proposals/reject", self._named(repository, proposal))

    def _named(self, repository: str, proposal: Proposal) -> dict[str, Any]:
        return {"repository": self._names.get(proposal.key, repository), "key": proposal.key}

    def _called(self, repo: str) -> Sequence[str]:
        """Returns the names by which the server can know the repository."""
        from aideator_cli.backends.server.address import is_this_machine

        found = names(repo)
        if is_this_machine(self._client.url):
            return found
        known = tuple(name for name in found if not Path(name).is_absolute())
        if not known:
            raise usage(f"{repo} is a folder of this machine, which no server knows", hint="name the repository's URL")
        return known


def notebook_of(here: Here) -> Notebook:
    if here.settings.server is None:
        return OwnNotebook(here)
    from aideator_cli.actions.places import server_at

    return ServersNotebook(server_at(here.settings.server, here.settings).client)


def _note(told: Mapping[str, Any]) -> Memory:
    run = None if told["run"] is None else str(told["run"])
    text, created = str(told["text"]), str(told["created"])
    return Memory(int(told["note"]), str(told["repository"]), text, _source(told), run, created)


def _proposal(told: Mapping[str, Any]) -> Proposal:
    warnings = tuple(map(str, told["warnings"]))
    return Proposal(str(told["key"]), str(told["text"]), _source(told), str(told["run"]), warnings)


def _source(told: Mapping[str, Any]) -> str:
    if told["source"] not in SOURCES:
        raise ValueError("a note is from nowhere")
    return str(told["source"])
