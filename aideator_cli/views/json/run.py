"""Runs, what happens to them, and what is kept about them."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NotRequired, TypedDict

from aideator_cli.views.json.judging import Judged
from aideator_cli.views.json.outcome import Outcomes

State = Literal["submitting", "running", "ended"]


class Repository(TypedDict):
    """What the agents cloned."""

    url: str
    ref: str | None
    base: str | None


class Issue(TypedDict):
    """The issue or pull request that a run is about; all of it is foreign. `text` comes from `show` alone."""

    url: str
    number: int
    repository: str
    title: str
    author: str
    text: NotRequired[str]
    comments: int
    left_out: int
    cut: bool
    pull: bool


class Review(TypedDict):
    """The difference that `--diff` shows to the agents."""

    range: str
    first: str
    last: str
    whole: bool


class Origin(TypedDict):
    """The variations with whose work a run's agents begin."""

    kind: Literal["continued", "merged"]
    variations: Sequence[str]


class Choice(TypedDict):
    """Why a variation has its model, where AIdeator chose it."""

    variation: int
    model: str
    policy: str | None
    why: str
    excluded: Sequence[str]


class Route(Choice):
    """Why a variation has its model, of `models --why`. `policy` is null where the user named the model."""

    kind: Literal["route"]
    run: str


class Observation(TypedDict):
    """What AIdeator saw of the backend about a run."""

    kind: Literal["observation"]
    observed: str
    run: str
    variation: int | None
    attempt: str | None
    time: str
    text: str


class Run(TypedDict):
    """A run, of `list` and `show`. `judged` and `observations` come from `show` alone."""

    kind: Literal["run"]
    run: str
    created: str
    state: State
    ended: str | None
    backend: str
    where: str
    repository: Repository
    prompt: str
    answer: bool
    issue: Issue | None
    review: Review | None
    origin: Origin | None
    routes: Sequence[Choice]
    private: bool
    selected: int | None
    name: str | None
    cluster_user: str | None
    note: str | None
    tags: Sequence[str]
    variations: Sequence[Outcomes]
    judged: NotRequired[Judged | None]
    observations: NotRequired[Sequence[Observation]]


class Started(TypedDict):
    """A run that was started and is not followed, of `--detach`."""

    kind: Literal["run"]
    run: str
    variations: Sequence[int]


class Event(TypedDict):
    """What an agent wrote: a record (see record.json), or another line of its log."""

    kind: Literal["event"]
    run: str
    variation: int
    attempt: str
    event: NotRequired[Mapping[str, Any]]
    line: NotRequired[str]


class Told(TypedDict):
    """What became of a message to one agent."""

    kind: Literal["told"]
    run: str
    variation: int
    message: str
    arrived: bool
    why: str | None


class Sent(TypedDict):
    """One request to the model, of `show --prompts`."""

    kind: Literal["sent"]
    run: str
    variation: int
    attempt: str
    step: int
    time: str
    host: str | None
    sha256: str
    messages: Sequence[Mapping[str, Any]] | None


class Cancelled(TypedDict):
    """The agents that were asked to stop, by their variations; none if all had ended."""

    kind: Literal["cancelled"]
    run: str
    variations: Sequence[int]


class Deleted(TypedDict):
    """A run that is deleted."""

    kind: Literal["deleted"]
    run: str


class ExportedTo(TypedDict):
    """A run that was written to a folder, as so many files."""

    kind: Literal["exported"]
    run: str
    folder: str
    files: int


class Reported(TypedDict):
    """A run that was written as a page."""

    kind: Literal["reported"]
    run: str
    file: str
    bytes: int


class Name(TypedDict):
    """The user's name for a run."""

    kind: Literal["name"]
    run: str
    name: str | None


class Note(TypedDict):
    """The user's note on a run."""

    kind: Literal["note"]
    run: str
    note: str | None


class Tags(TypedDict):
    """The user's tags of a run."""

    kind: Literal["tags"]
    run: str
    tags: Sequence[str]


class Holding(TypedDict):
    """What a run takes on this machine."""

    run: str
    created: str
    ended: str | None
    state: State
    backend: str
    events: int
    event_bytes: int
    file_bytes: int


class Held(Holding):
    """What a run takes on this machine, of `du`."""

    kind: Literal["held"]


class Stray(TypedDict):
    """A folder of no run that the database knows, of `du`."""

    kind: Literal["stray"]
    run: str
    file_bytes: int


class Du(TypedDict):
    """What all runs take on this machine."""

    kind: Literal["du"]
    database_bytes: int
    file_bytes: int


class Pruned(Holding):
    """A run that the options of `prune` cover. `deleted` comes with `--yes`, and `would_delete` without it."""

    kind: Literal["pruned"]
    deleted: NotRequired[bool]
    would_delete: NotRequired[bool]
    why: str | None
