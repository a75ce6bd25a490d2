"""How long an attempt may take to start: counted from its own beginning, not from the run's."""

from datetime import UTC, datetime, timedelta

import pytest

from aideator_cli.backends.base import Status
from aideator_cli.domain.attempts import Attempt
from aideator_cli.stream.standing import Standing

LONG_AGO = "2026-01-01T00:00:00Z"


def ago(seconds: float) -> str:
    return (datetime.now(UTC) - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def attempt(number: int) -> Attempt:
    return Attempt(f"uid-{number}", "k3v9x2q", 1, LONG_AGO, f"pod-{number}")


def waiting(began: str | None) -> Status:
    return Status(1, "waiting", "unschedulable", "no node fits the pod", attempt(2), began=began)


@pytest.mark.parametrize(
    ("created", "began", "given_up"),
    [
        (5, 5, False),
        (10**6, 5, False),  # a retry of an old run
        (10**6, 700, True),  # taken up by a second watch
        (5, 700, False),  # this machine's clock is ahead of the cluster's
        (10**6, None, True),
    ],
)
def test_an_attempt_has_its_own_time_to_start(created: float, began: float | None, given_up: bool) -> None:
    """Seconds ago."""
    standing = Standing(1, ago(created), start_seconds=600)
    standing.take(waiting(None if began is None else ago(began)))
    text = standing.hopeless()
    assert text == ("did not start within 600 s: no node fits the pod" if given_up else None)


def test_an_attempt_that_is_made_anew_after_hours_has_all_of_its_time() -> None:
    standing = Standing(1, LONG_AGO, start_seconds=600)
    standing.take(Status(1, "running", "running", "the agent is working", attempt(1)))
    standing.take(waiting(LONG_AGO))
    assert standing.hopeless() is None


def test_the_time_in_a_queue_is_not_the_time_to_start() -> None:
    standing = Standing(1, LONG_AGO, start_seconds=600)
    queued = Status(1, "waiting", "queued", "queued by Kueue in lq", held=True)
    standing.take(queued)
    assert standing.hopeless() is None
    standing.take(waiting(LONG_AGO))  # its turn has come
    assert standing.hopeless() is None
    standing = Standing(1, LONG_AGO, start_seconds=0)
    standing.take(queued)
    standing.take(waiting(LONG_AGO))
    assert standing.hopeless() is not None


def test_an_earlier_attempt_says_nothing_of_how_the_variation_stands() -> None:
    standing = Standing(1, LONG_AGO, start_seconds=600)
    running = Status(1, "running", "running", "the agent is working", attempt(2))
    evicted = Status(1, "ended", "evicted", "the pod was evicted", attempt(1), earlier=True)
    assert standing.take(running)
    assert standing.take(evicted)
    assert not standing.take(evicted)
    assert standing.status == running
    assert standing.verdict("uid-1") == evicted
    assert standing.verdict("uid-2") is None


def test_why_an_earlier_attempt_has_ended_stays_as_it_was_told() -> None:
    standing = Standing(1, LONG_AGO, start_seconds=600)
    taken = Status(1, "ended", "preempted", "Kueue took back its place in the queue", attempt(1))
    assert standing.take(taken)
    assert standing.take(Status(1, "running", "running", "the agent is working", attempt(2)))
    gone = Status(1, "ended", "deleted", "the pod was deleted", attempt(1), earlier=True)  # once the Job has ended
    assert not standing.take(gone)
    assert standing.verdict("uid-1") == taken
    assert standing.status is not None
    assert standing.status.state == "running"
