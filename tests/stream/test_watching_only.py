"""Who may only watch a run leaves what has to be done to those who may do it."""

from collections.abc import Callable, Collection, Iterator
from threading import Event as Flag
from typing import cast

import pytest

from aideator_agent.spec import RunSpec
from aideator_cli.backends.base import Backend, Status, Trouble
from aideator_cli.domain.events import Ended, Item, Observation
from aideator_cli.errors import AideatorError, refused, unavailable
from aideator_cli.stream import follow as follow_module
from aideator_cli.stream.follow import follow
from tests.backends.kubernetes.specs import run_spec

HOPELESS = Status(1, "waiting", "image", "the image can't be pulled", hopeless_after=0.0)
STOPPED = Status(1, "ended", "image", "the image can't be pulled", final=True)


class Refusing:
    """A backend with a variation that can't start, and that others stop a moment later."""

    def __init__(self, error: AideatorError) -> None:
        self.error = error
        self.asked = 0
        self.refused = Flag()

    def watch(self, spec: RunSpec, stop: Flag) -> Iterator[Status | Trouble]:  # noqa: ARG002
        yield HOPELESS
        self.refused.wait(20)
        yield STOPPED
        stop.wait(20)

    def cancel(self, run: str, variations: Collection[int]) -> None:  # noqa: ARG002
        self.asked += 1
        self.refused.set()
        raise self.error


def followed(backend: Refusing) -> list[Item]:
    stop = Flag()
    try:
        batches = follow(run_spec(), cast(Backend, backend), lambda _: None, stop)
        return [item for batch in batches for item in batch]
    finally:
        stop.set()


def test_one_who_may_not_stop_an_agent_that_cannot_start_is_told_once_and_watches_on() -> None:
    backend = Refusing(refused("jane may not delete jobs in namespace team"))
    items = followed(backend)
    told = [item.text for item in items if isinstance(item, Observation) and item.kind == "not_stopped"]
    assert told == ["jane may not delete jobs in namespace team"]
    assert backend.asked == 1
    assert isinstance(items[-1], Ended)


def test_a_cluster_that_does_not_answer_ends_it() -> None:
    with pytest.raises(AideatorError, match="does not answer"):
        followed(Refusing(unavailable("cluster k3d-dev does not answer")))


class Away(Refusing):
    """One that is away first, and ends when `looked_at` is set."""

    def __init__(self, error: AideatorError, *, comes_back: bool) -> None:
        super().__init__(error)
        self.comes_back = comes_back
        self.looked_at = Flag()

    def watch(self, spec: RunSpec, stop: Flag) -> Iterator[Status | Trouble]:  # noqa: ARG002
        yield Trouble("cluster k3d-dev does not answer", back=False)
        yield HOPELESS
        if self.comes_back:
            yield Trouble("it can be reached again", back=True)
        self.looked_at.wait(20)
        yield STOPPED
        stop.wait(20)

    def followed_from(self, is_seen: Callable[[Item], bool]) -> list[Item]:
        """Ends once its deadlines were looked at after such an item."""
        items: list[Item] = []
        for batch in follow(run_spec(), cast(Backend, self), lambda _: None, Flag(), ticks=True):
            items += batch
            if not batch and any(map(is_seen, items)):
                self.looked_at.set()
        return items


def test_nothing_is_stopped_while_its_cluster_is_away() -> None:
    backend = Away(unavailable("cluster k3d-dev does not answer"), comes_back=False)
    items = backend.followed_from(lambda _: True)
    assert isinstance(items[-1], Ended)
    assert backend.asked == 0


@pytest.mark.parametrize(("seconds", "asked"), [(1000.0, 0), (0.0, 1)])
def test_what_was_said_before_a_cluster_was_away_counts_only_a_while_after_it(
    seconds: float, asked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The watch goes on where it broke off: that the agent has started meanwhile is told just after the connection is back."""
    monkeypatch.setattr(follow_module, "NEWS_SECONDS", seconds)
    backend = Away(refused("jane may not delete jobs in namespace team"), comes_back=True)
    items = backend.followed_from(lambda item: isinstance(item, Observation) and item.kind == "connection_back")
    assert isinstance(items[-1], Ended)
    assert backend.asked == asked
