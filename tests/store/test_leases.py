"""A run has one follower at a time, and one that lost its lease notices before it writes."""

import pytest

from aideator_agent.spec import Repository, RunSpec, VariationSpec
from aideator_cli.actions.here import Here
from aideator_cli.actions.places import backend_at
from aideator_cli.domain.attempts import Attempt
from aideator_cli.domain.events import Observation, parse
from aideator_cli.domain.runs import Place
from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.store import LeaseLost
from aideator_cli.store.serving import ServerStore
from aideator_cli.system.host import this_host
from tests.store.conftest import Kept
from tests.store.test_databases import at_once

SPEC = RunSpec(
    "k3v9x2q", "uuid", "2026-11-21T12:00:00.000000Z", Repository("https://git.example/todo.git"), "Fix it.",
    (VariationSpec(1, "gpt-5"), VariationSpec(2, "gpt-5")),
)  # fmt: skip
ATTEMPT = Attempt("uid-1", SPEC.id, 1, "2026-11-21T12:00:01Z", "pod-1")
CLUSTER = Place("kubernetes", "k3d-dev/default", "k3d-dev", "default")


@pytest.fixture
def store(kept: Kept) -> ServerStore:
    store = ServerStore.of(kept.open())
    store.add_run(SPEC, CLUSTER, state="running")
    return store


def test_of_several_that_want_a_run_one_gets_it(kept: Kept, store: ServerStore) -> None:
    stores = [ServerStore.of(kept.open()) for _ in range(5)]
    got = at_once([lambda each=each, n=n: each.lease(SPEC.id, f"p{n}", "m", 60) for n, each in enumerate(stores)])  # type: ignore[misc]
    (lease,) = [each for each in got if each]
    assert store.leases() == [lease]
    assert store.unfollowed("m", 0) == []


def test_a_lease_is_renewed_given_back_and_taken_over_once_it_has_expired(store: ServerStore) -> None:
    first = store.lease(SPEC.id, "a", "m", 60)
    assert first is not None
    assert store.renew(first, -1), "it expires now"
    assert store.leases() == []
    assert store.unfollowed("m", 0) == [SPEC.id]
    assert store.renew(first, 60), "nobody else has taken it"
    assert store.lease(SPEC.id, "b", "m", 60) is None
    store.give_back(first)
    second = store.lease(SPEC.id, "b", "m", 60)
    assert second is not None
    assert second.fence > first.fence
    assert not store.renew(first, 60)
    store.give_back(first)
    assert store.leases() == [second]


def test_a_follower_that_lost_its_lease_writes_nothing_more(store: ServerStore) -> None:
    lease = store.lease(SPEC.id, "a", "m", -1)
    assert lease is not None
    old = store.under(lease)
    old.open_attempt(ATTEMPT)
    assert store.lease(SPEC.id, "b", "m", 60)
    event = parse(ATTEMPT, b'{"v":1,"seq":0,"type":"say"}', None)
    for write in (
        lambda: old.record([event], [Observation(SPEC.id, "", "running", "")]),
        lambda: old.close_attempt(ATTEMPT.id, "lost"),
        lambda: old.set_state(SPEC.id, "ended"),
        lambda: old.claim(SPEC.id, {1: 2}),
    ):
        with pytest.raises(LeaseLost):
            write()
    assert list(store.events(ATTEMPT)) == []
    assert store.submissions(SPEC.id) == {1: 1, 2: 1}
    assert [known.closed for known in store.attempts(SPEC.id)] == [False]
    found = store.run(SPEC.id)
    assert found is not None
    assert found.state == "running"


def test_a_run_that_is_over_or_unknown_has_no_follower(store: ServerStore) -> None:
    assert store.lease("k9zzzzz", "a", "m", 60) is None
    store.set_state(SPEC.id, "ended")
    assert store.unfollowed("m", 0) == []
    lease = store.lease(SPEC.id, "a", "m", 60)
    assert lease is not None
    store.forget_run(SPEC.id)
    assert store.leases() == []
    with pytest.raises(LeaseLost):
        store.under(lease).set_note(SPEC.id, "x")


def test_a_submission_that_takes_long_is_left_alone(store: ServerStore) -> None:
    store.set_state(SPEC.id, "submitting")
    assert store.unfollowed("m", 1e9) == []
    assert store.unfollowed("m", 60) == [SPEC.id], "it broke off"


def test_processes_of_another_machine_are_left_to_it(kept: Kept, store: ServerStore) -> None:
    local = RunSpec.from_json(SPEC.to_json().replace("k3v9x2q", "k4aaaaa"))
    store.add_run(local, Place("local", "this machine"), state="running")
    found = store.run(local.id)
    assert found is not None
    assert found.place.host == (this_host() if kept.url else None), "a file of SQLite is on its machine anyway"
    assert store.unfollowed(this_host(), 0) == [SPEC.id, local.id]
    if kept.url:
        assert store.unfollowed("elsewhere", 0) == [SPEC.id]


def test_who_asks_for_such_a_run_is_told_its_machine() -> None:
    with pytest.raises(AideatorError, match="processes on the machine elsewhere") as caught:
        backend_at(Place("local", "this machine", host="elsewhere"), Here().settings)
    assert caught.value.code == ExitCode.UNAVAILABLE
