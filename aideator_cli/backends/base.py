"""Where variations run: the interface through which the core uses a cluster or this machine."""

from collections.abc import Collection, Iterator, Mapping
from threading import Event as Flag
from types import MappingProxyType
from typing import Final, Literal, NamedTuple, Protocol

from aideator_agent.spec import RunSpec
from aideator_agent.values import frozen
from aideator_cli.domain.attempts import Attempt

NO_COSTS: Final[Mapping[int, float]] = MappingProxyType({})
NOTHING_FAILED: Final[Mapping[int, str]] = MappingProxyType({})
NOTHING_LEFT: Final[Mapping[int, bytes]] = MappingProxyType({})
State = Literal["waiting", "running", "ended"]
UNSUBMITTED: Final = ("unsubmitted", "waits until another one has ended (--max-parallel)")  # a status' reason and text


@frozen
class Status:
    """What the backend knows about one variation from one of its attempts; complete after each change.

    `reason` is a stable word (scheduling, unschedulable, pulling, image, secret, config, quota, policy, queued, starting, running,
    completed, error, oom_killed, evicted, preempted, deadline, deleted, node_lost, start_error, ...). `text` says the same for people and
    includes the cluster's own words (foreign text: views clean it).
    """

    variation: int
    state: State
    reason: str
    text: str
    attempt: Attempt | None = None  # None: nothing has started
    readable: bool = False  # the attempt's log can be opened
    hopeless_after: float | None = (
        None  # seconds in this reason after which waiting is pointless; None: only the start timeout applies
    )
    exit_code: int | None = None  # the agent's, once it has ended
    final: bool = False  # ended, and nothing will follow without a new request
    strangers: tuple[
        str, ...
    ] = ()  # containers that others put beside the agent's, and that would keep the attempt alive after it
    earlier: bool = False  # another attempt has followed this one, or will: never final, and not the variation's state
    held: bool = False  # waits for its turn: this is not counted as the time to start
    began: str | None = (
        None  # RFC 3339, UTC, by this machine's clock: when the attempt, or the variation without one, was created
    )


@frozen
class Trouble:
    """The backend lost its source and will continue by itself (`back` is false), or has recovered it (`back` is true)."""

    text: str
    back: bool


class Line(NamedTuple):  # a tuple: one is made for every line, in half the time of a frozen dataclass
    """One line of an attempt's log as the agent wrote it, without its newline."""

    raw: bytes
    mark: str | None = (
        None  # set by the log keeper: sorts as text in the log's order; a time stamp (RFC 3339, nanoseconds), or an offset
    )


@frozen
class Remark:
    """Something that the transport wrote into the log stream. It is never data."""

    text: str


@frozen
class Delivered:
    """How much of what is sent through a connection has arrived, all variations together."""

    bytes: int
    total: int
    trouble: str | None = None  # why a connection broke, or why none can be opened yet


class LogNotReady(Exception):
    """The log can't be opened yet."""


class LogGone(Exception):
    """The log is no longer available."""


class LogBroken(Exception):
    """The stream broke. Trying again may help."""


class Backend(Protocol):
    """A backend. Every method raises `AideatorError`, ready to be shown."""

    @property
    def name(self) -> Literal["kubernetes", "local", "server"]: ...

    @property
    def where(self) -> str:
        """Returns the place for people: `k3d-dev/default`, or `this machine`."""

    def prepare(self) -> None:
        """Says that a run is likely to be submitted soon, and returns at once. Nothing is changed, and what fails is told by `submit`."""

    def submit(self, spec: RunSpec, hidden: bytes | None = None) -> None:
        """Starts all variations, or the first `spec.parallel`, and returns as soon as they are accepted.

        `hidden`: the archive of hidden checks, if it is not stored among what is sent.
        On an error, leaves nothing of the run behind.
        """

    def submit_more(self, run: str, failed: str = "") -> bool:
        """Starts variations that `submit` left out, as far as fewer than `spec.parallel` are at work. Returns whether any waits still.

        `failed` is told to their agents: what those before them have failed at.
        Several processes may call it at once. Raises `AideatorError`; what was not started then waits on.
        """

    def mend(self, spec: RunSpec) -> None:
        """Finishes what an interrupted submission left undone."""

    def resubmit(
        self, spec: RunSpec, submissions: Mapping[int, int], costs: Mapping[int, float] = NO_COSTS,
        failed: Mapping[int, str] = NOTHING_FAILED, left: Mapping[int, bytes] = NOTHING_LEFT,
    ) -> None:  # fmt: skip
        """Starts these variations again, each with the given submission number. Earlier attempts stay.

        `costs` gives the USD that a variation may still spend, if that differs from the run's limit, `failed` what its agent is told of
        those before it, and `left` where the attempt before stood (`aideator_agent.checkpoint`). On an error, leaves nothing of the new
        submissions behind.
        """

    def hand_on(self, attempt: Attempt, left: bytes) -> None:
        """Gives what an attempt left to the one that the backend makes by itself, if it is in time."""

    def submissions(self, run: str) -> Mapping[int, int]:
        """Returns the highest submission number that the backend still holds for each variation."""

    def load_spec(self, run: str) -> RunSpec | None:
        """Returns the spec that the backend holds. None means that it does not know the run."""

    def runs(self) -> Mapping[str, str | None]:
        """Returns the owners of the runs that the backend still holds by the runs' ids, newest first.

        None means this user. Another owner is a stable word that is no name.
        """

    def watch(self, spec: RunSpec, stop: Flag) -> Iterator[Status | Trouble]:
        """Yields every variation's status at once, then each change, until `stop` is set. Survives connection failures.

        Each attempt of a variation has its own status. They come in order of creation, and all but the newest are `earlier`.
        """

    def read_log(self, attempt: Attempt, *, follow: bool, since: str | None = None) -> Iterator[list[Line | Remark]]:
        """Yields the log in the pieces in which it arrives, without delay, until the stream ends.

        `since` is the mark of the newest known line; lines shortly before it may come again. With `follow`, the end of the stream does not
        prove that the log has ended. Raises `LogNotReady`, `LogGone`, `LogBroken`.
        """

    def tell(self, attempt: Attempt, line: bytes) -> None:
        """Sends a line of `aideator_agent.told` to the attempt's agent. It has arrived when the agent's log says so, which may never be."""

    def cancel(self, run: str, variations: Collection[int]) -> None:
        """Asks the agents to stop; they keep their patch and log. Removes what has not started."""

    def release(self, attempt: Attempt) -> None:
        """Ends what still runs beside an agent that has ended. Its log stays."""

    def remove(self, run: str, variations: Collection[int]) -> None:
        """Removes the objects of these variations, including their logs."""

    def delivering(self, run: str) -> Iterator[Delivered]:
        """Yields how far the delivery of what goes through a connection has come, about every second, until it has ended.

        Yields nothing if this object delivers nothing for the run.
        """

    def delete(self, run: str) -> None:
        """Removes everything that the backend holds for the run."""
