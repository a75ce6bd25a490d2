"""Where variations run: the few verbs that the core knows of a cluster or of this machine."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from threading import Event as Flag
from typing import Literal, NamedTuple, Protocol

from aideator_agent.spec import RunSpec


@dataclass(frozen=True)
class Attempt:
    """One pod, or one local process, that tried a variation."""

    id: str  # the pod's UID; local: a UUID
    run: str
    variation: int
    created: str  # RFC 3339, UTC; attempts of a variation are numbered in this order
    name: str  # the pod's name; local: the log file's path
    submission: int = field(default=1, compare=False)  # of the variation, the one that made it; known of what is live


State = Literal["waiting", "running", "ended"]


@dataclass(frozen=True)
class Status:
    """What the backend knows of one variation by one of its attempts, whole at each change.

    `reason` is a stable word (scheduling, unschedulable, pulling, image, secret, config, quota, policy, starting, running, completed,
    error, oom_killed, evicted, deadline, deleted, node_lost, start_error, ...); `text` says the same to a person, cluster's words included
    (foreign text: views clean it).
    """

    variation: int
    state: State
    reason: str
    text: str
    attempt: Attempt | None = None  # None: nothing has started
    readable: bool = False  # the attempt's log can be opened
    hopeless_after: float | None = (
        None  # seconds in this reason after which waiting is no use; None: only the start timeout
    )
    exit_code: int | None = None  # the agent's, once ended
    final: bool = False  # ended, and nothing will follow by itself
    earlier: bool = (
        False  # of an attempt that another one has followed, or will: never final, and not the variation's state
    )
    began: str | None = (
        None  # RFC 3339, UTC, by this machine's clock: since when the attempt, or the variation without one, is there
    )


@dataclass(frozen=True)
class Trouble:
    """The backend lost its source and will go on by itself (`back` false), or has it again (`back` true)."""

    text: str
    back: bool


class Line(NamedTuple):  # made for every line: half of a frozen dataclass's time
    """One line of an attempt's log as the agent wrote it, without its newline."""

    raw: bytes
    mark: str | None = (
        None  # the log keeper's: sorts as text in the log's order; a time stamp (RFC 3339, nanoseconds), or an offset
    )


@dataclass(frozen=True)
class Remark:
    """Something the transport wrote into the log's stream; never data."""

    text: str


class LogNotReady(Exception):
    """The log can't be opened yet."""


class LogGone(Exception):
    """The log can't be had any more."""


class LogBroken(Exception):
    """The stream broke; asking again may help."""


class Backend(Protocol):
    """Errors of every verb: `AideatorError`, ready to be shown."""

    @property
    def name(self) -> Literal["kubernetes", "local"]: ...

    @property
    def where(self) -> str:
        """For people: `k3d-dev/default`, or `this machine`."""

    def submit(self, spec: RunSpec) -> None:
        """Starts all variations and returns as soon as they are accepted. On an error nothing of the run is left behind."""

    def mend(self, spec: RunSpec) -> None:
        """Finishes what an interrupted submission left undone."""

    def resubmit(self, spec: RunSpec, submissions: Mapping[int, int]) -> None:
        """Starts these variations once more, each as the submission of that number; what they have tried before stays.

        On an error nothing of it is left behind.
        """

    def submissions(self, run: str) -> Mapping[int, int]:
        """The highest number of a submission that the backend holds of each variation; none of what is gone."""

    def load_spec(self, run: str) -> RunSpec | None:
        """The spec that the backend holds; None: it does not know the run."""

    def runs(self) -> list[str]:
        """Ids of the runs that the backend still holds, newest first."""

    def watch(self, spec: RunSpec, stop: Flag) -> Iterator[Status | Trouble]:
        """Every variation's status at once, then each change, until `stop` is set. Survives its own connection's faults.

        Of several attempts of one variation each has its own, told in order of creation; all but the newest are `earlier`.
        """

    def read_log(self, attempt: Attempt, *, follow: bool, since: str | None = None) -> Iterator[list[Line | Remark]]:
        """The log in the pieces in which it arrives, none held back; ends at the stream's end.

        `since` is the mark of the newest line that is known: lines a little before it may come again. Raises `LogNotReady`, `LogGone`,
        `LogBroken`. With `follow` the end of the stream is no promise that the log has ended.
        """

    def cancel(self, run: str, variations: Collection[int]) -> None:
        """Asks the agents to stop; they keep their patch and their log. What has not started is removed."""

    def remove(self, run: str, variations: Collection[int]) -> None:
        """Removes these variations' objects, their logs with them."""

    def delete(self, run: str) -> None:
        """Removes all that the backend holds of the run."""
