"""What is done with a result: it is selected, applied, pushed, or set beside another."""

from collections.abc import Sequence
from typing import Literal, TypedDict


class Selection(TypedDict):
    """The variation that was selected."""

    kind: Literal["selection"]
    run: str
    variation: int
    attempt: str
    time: str
    note: str | None


class Applied(TypedDict):
    """What became of a patch that was applied."""

    kind: Literal["applied"]
    run: str
    variation: int
    folder: str
    branch: str | None
    commit: str | None
    check: bool
    already: bool
    conflicts: Sequence[str]
    left_out: Sequence[str]


class Undone(TypedDict):
    """A patch that was undone."""

    kind: Literal["undone"]
    run: str
    variation: int
    folder: str


class Pushed(TypedDict):
    """What became of a result that was pushed."""

    kind: Literal["pushed"]
    run: str
    variation: int
    remote: str
    branch: str
    commit: str | None
    link: str | None
    existed: bool  # the branch had this work already
    error: str | None


class Pull(TypedDict):
    """What became of a pull or merge request."""

    kind: Literal["pull"]
    run: str
    variation: int
    became: Literal["opened", "existed", "updated"]
    url: str
    number: int
    branch: str
    commit: str


class PullPlan(TypedDict):
    """What `pr` would do, with --dry-run."""

    kind: Literal["pull_plan"]
    run: str
    variation: int
    repository: str
    updates: str | None  # the pull request's address; null: it would open one
    branch: str
    base: str | None  # the branch to merge into; null with `updates`
    title: str | None  # null: that of the pull request stays
    draft: bool
    text: str  # Markdown


class Named(TypedDict):
    """A variation of a run."""

    run: str
    variation: int


# `from` is no name that a class can have
Difference = TypedDict(
    "Difference",
    {
        "kind": Literal["difference"],
        "from": Named,
        "to": Named,
        "alone": bool,
        "left_out": Sequence[str],
        "encoding": Literal["utf-8", "base64"],
        "patch": str,
    },
)
Difference.__doc__ = "How two variations differ, of `diff RUN/N RUN/N`."
