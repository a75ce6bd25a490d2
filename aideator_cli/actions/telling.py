"""Tells agents at work something. Each gets the message before its next turn."""

import threading
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from time import monotonic
from typing import TYPE_CHECKING, Final

from aideator_agent import told
from aideator_agent.spec import RunSpec
from aideator_agent.values import frozen
from aideator_cli.actions.finding import Named, find
from aideator_cli.actions.here import Here
from aideator_cli.actions.places import backend_at, server_of
from aideator_cli.backends.base import Backend
from aideator_cli.domain.attempts import Attempt
from aideator_cli.domain.events import Event, Item
from aideator_cli.errors import AideatorError, ExitCode, command, refused, usage
from aideator_cli.intake.request import Where
from aideator_cli.stream.following import following
from aideator_cli.stream.resubmitting import newest_statuses
from aideator_cli.stream.sieve import is_over, variation_of

if TYPE_CHECKING:
    from aideator_cli.backends.server import ServerBackend

SECONDS: Final = 30.0  # for a message to arrive
AGAIN: Final = 6.0  # seconds after which it is sent once more
ENDED: Final = "it has ended"


@frozen
class Told:
    """What became of a message: who got it, and why others did not."""

    run: str
    message: str  # its id, as in the events
    arrived: tuple[int, ...]
    missed: Mapping[int, str] = field(default_factory=dict)  # variation -> why


def tell(here: Here, word: str, text: str, where: Where) -> Told:
    """Tells the agent of RUN/N, or all of RUN that are at work, and waits until the message has arrived.

    Raises `AideatorError` if no agent gets it.
    """
    checked(text)
    named = find(here, word, where)
    spec, message = named.run.spec, uuid.uuid4().hex[:12]
    if named.run.state == "ended":
        raise _nobody(spec, dict.fromkeys(named.numbers, ENDED))
    backend = backend_at(named.run.place, here.settings)
    if server := server_of(named.run, here.settings):
        return _through(server, spec, named.variation, text)
    ended = {result.variation for result in here.store.results(spec.id) if result.ended}
    addressees, missed = at_work(spec, backend, [number for number in named.numbers if number not in ended])
    missed |= dict.fromkeys(ended.intersection(named.numbers), ENDED)
    if not addressees:
        raise _nobody(spec, missed)
    follower = _Follower(here, named, message, addressees)
    _send_until_heard(backend, addressees, told.line(message, text), follower)
    missed |= {n: follower.missed.get(n) or _silent(spec) for n in addressees if n not in follower.arrived}
    if not follower.arrived:
        raise _nobody(spec, missed)
    return Told(spec.id, message, tuple(sorted(follower.arrived)), missed)


def send(spec: RunSpec, backend: Backend, number: int, text: str) -> None:
    """Sends a message to one agent, whose events show when it has arrived. Raises `AideatorError`."""
    checked(text)
    if backend.name == "server":
        from aideator_cli.backends.server import ServerBackend

        assert isinstance(backend, ServerBackend)
        _through(backend, spec, number, text)
        return
    addressees, missed = at_work(spec, backend, [number])
    if not addressees:
        raise _nobody(spec, missed)
    backend.tell(addressees[number], told.line(uuid.uuid4().hex[:12], text))


def _through(server: "ServerBackend", spec: RunSpec, variation: int | None, text: str) -> Told:
    told = server.message(spec.id, variation, text)
    with server.client.understanding():
        arrived = tuple(int(each["variation"]) for each in told if each["arrived"])
        missed = {int(each["variation"]): str(each["why"]) for each in told if not each["arrived"]}
        return Told(spec.id, str(told[0]["message"]) if told else "", arrived, missed)


def checked(text: str) -> str:
    """Raises `AideatorError` (usage) for a message that is empty or too long."""
    if not text.strip():
        raise usage("the message is empty", hint='aideator tell RUN/N "What the agent should know"')
    if len(text) > told.CHARACTERS:
        raise usage(
            f"a message takes at most {told.CHARACTERS:,} characters, not {len(text):,}",
            hint="say where the agent finds the rest",
        )
    return text


def at_work(spec: RunSpec, backend: Backend, numbers: Sequence[int]) -> tuple[dict[int, Attempt], dict[int, str]]:
    """Returns the attempts that can be told something, by variation, and why the others can't.

    Raises `AideatorError` if the backend can't be reached.
    """
    found: dict[int, Attempt] = {}
    missed: dict[int, str] = {}
    for number, status in newest_statuses(spec, backend).items():
        if number not in numbers:
            continue
        agent = spec.variation(number).agent
        if agent is not None and agent.protocol == "text":
            missed[number] = f"{agent.name} takes no messages"
        elif status.state == "running" and status.attempt is not None:
            found[number] = status.attempt
        else:
            missed[number] = ENDED if status.state == "ended" else f"it has not started: {status.text}"
    return found, missed


def _send_until_heard(backend: Backend, addressees: Mapping[int, Attempt], line: bytes, follower: "_Follower") -> None:
    """Sends again what does not arrive: other input may have got into it. The agent takes it once."""
    deadline = monotonic() + SECONDS
    while follower.left and monotonic() < deadline:
        for number in sorted(follower.left):
            try:
                backend.tell(addressees[number], line)
            except AideatorError as error:
                if len(addressees) == 1:
                    raise
                follower.miss(number, error.message)
        follower.wait(min(AGAIN, deadline - monotonic()))


class _Follower:
    """Reads events in its own thread until every addressee has the message, or never will."""

    def __init__(self, here: Here, named: Named, message: str, addressees: Iterable[int]) -> None:
        self.left = set(addressees)
        self.arrived: set[int] = set()
        self.missed: dict[int, str] = {}
        self._here = here
        self._named = named
        self._message = message
        self._changed = threading.Condition()
        self._error: Exception | None = None
        threading.Thread(target=self._follow, name="tell", daemon=True).start()

    def wait(self, seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: not self.left or self._error, max(0.0, seconds))
        if self._error is not None:
            raise self._error

    def miss(self, number: int, why: str) -> None:
        with self._changed:
            if number in self.left:
                self.left.discard(number)
                self.missed[number] = why
                self._changed.notify_all()

    def _follow(self) -> None:
        try:
            self._read()
        except Exception as error:  # for the caller, who waits for this thread
            with self._changed:
                self._error = error
                self._changed.notify_all()

    def _read(self) -> None:
        here, run = self._here.again(), self._named.run
        with following(run.spec, backend_at(run.place, here.settings), here.store) as batches:
            for batch in batches:
                for item in batch:
                    self._see(item)
                if not self.left:
                    return
        for number in [*self.left]:  # nothing more will come
            self.miss(number, ENDED)

    def _see(self, item: Item) -> None:
        number = variation_of(item)
        if number is None:
            return
        if is_over(item):
            self.miss(number, ENDED)
        elif isinstance(item, Event) and item.type == "told" and item.data.get("id") == self._message:
            with self._changed:
                self.left.discard(number)
                self.arrived.add(number)
                self._changed.notify_all()
        elif isinstance(item, Event) and item.data.get(told.REFUSED) == self._message:
            self.miss(number, str(item.data.get("text", "")))


def _silent(spec: RunSpec) -> str:
    return f"it did not answer within {SECONDS:.0f} s; perhaps its image is of an older version: {spec.agent_image or 'the default'}"


def _nobody(spec: RunSpec, missed: Mapping[int, str]) -> AideatorError:
    if len(missed) == 1:
        number, why = next(iter(missed.items()))
        text = f"{spec.id}/{number} does not get the message: {why}"
    else:
        whys = "; ".join(f"{number}: {why}" for number, why in sorted(missed.items()))
        text = f"nobody of {spec.id} gets the message: {whys}"
    if all(why == ENDED for why in missed.values()):
        return refused(text, hint=("a new attempt begins afresh: ", command("retry", spec.id, "--force")))
    return AideatorError(text, hint=command("watch", spec.id), code=ExitCode.REFUSED)
