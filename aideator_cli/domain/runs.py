"""A run as stored on this machine, and where it runs."""

from pathlib import Path

from aideator_agent.spec import RunSpec
from aideator_agent.values import frozen
from aideator_cli.domain.attempts import Attempt


@frozen
class Place:
    """Where a run executes: enough to find its backend again."""

    backend: str
    where: str
    context: str | None = None
    namespace: str | None = None
    host: str | None = None  # the machine that it is on, if the backend is only there and others share the store


@frozen
class StoredRun:
    """A run as the store knows it."""

    spec: RunSpec
    place: Place
    state: str  # submitting, running, ended
    ended: str | None
    repository_path: Path | None  # the working tree that REPO named, if any
    note: str | None = None  # the user's
    tags: tuple[str, ...] = ()  # sorted
    owner: str | None = None  # the user of the server who has started it; None: it was not started there
    name: str | None = None  # the user's, in place of the id
    cluster_user: str | None = None  # another user of the cluster, as a stable word that is no name; None: this user


@frozen
class StoredAttempt:
    """An attempt as the store knows it."""

    attempt: Attempt
    number: int  # 1.. in order of creation, within the variation
    closed: bool
    verdict: str | None = None
    verdict_text: str | None = None


@frozen
class Selection:
    """The variation that the user selected."""

    variation: int
    attempt: str
    time: str
    note: str | None
