"""Several logs at once, through threads, queue and store, as `run` and `watch` read them."""

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from threading import Event as Flag
from threading import Semaphore

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aideator_agent.spec import RunSpec, VariationSpec
from aideator_cli.backends.base import Line, Remark, Status, Trouble
from aideator_cli.domain.attempts import Attempt
from aideator_cli.domain.events import Closed, Event, Item, Observation
from aideator_cli.domain.runs import Place
from aideator_cli.errors import AideatorError, refused
from aideator_cli.store import Store
from aideator_cli.stream.follow import follow
from aideator_cli.stream.reader import PATIENCE, Timing
from aideator_cli.stream.recording import recording, resume
from aideator_cli.stream.sequence import Sequence
from tests.stream.reader.lives import each_once, events_of, pods, threaded
from tests.stream.reader.pod import Fault, Life, Pod, Write
from tests.stream.reader.test_resuming import SPEC, store

__all__ = ["store"]  # the fixture


class Cluster:
    """As much of a backend as following takes."""

    name = "kubernetes"
    where = "k3d-dev/default"

    def __init__(self, pods: list[Pod]) -> None:
        self.pods = {pod.attempt.id: pod for pod in pods}
        self.timing = Timing(self.wait)

    def watch(self, _: RunSpec, stop: Flag) -> Iterator[Status | Trouble]:
        told: set[str] = set()
        for pod in self.pods.values():
            yield self.status(pod)
        while not stop.wait(0.001):
            for name, pod in self.pods.items():
                pod.pass_time(1_000)
                if pod.told and name not in told:
                    told.add(name)
                    yield from self.last_words(pod)

    def status(self, pod: Pod) -> Status:
        return Status(pod.attempt.variation, "running", "running", "the agent is working", pod.attempt, readable=True)

    def last_words(self, pod: Pod) -> Iterator[Status | Trouble]:
        yield replace(self.status(pod), state="ended", reason="oom_killed", text="out of memory", final=True)

    def read_log(self, attempt: Attempt, *, follow: bool, since: str | None = None) -> Iterator[list[Line | Remark]]:
        return self.pods[attempt.id].read_log(attempt, follow=follow, since=since)

    def wait(self, flag: Flag, seconds: float) -> None:
        for pod in self.pods.values():
            pod.pass_time(int(seconds * 1000))
        flag.wait(0.002)  # the follower's threads take real time

    def cancel(self, run: str, variations: Collection[int]) -> None:
        raise AssertionError((run, variations))


def spec_of(cluster: Cluster) -> RunSpec:
    numbers = sorted({pod.attempt.variation for pod in cluster.pods.values()})
    return replace(SPEC, variations=tuple(VariationSpec(number, "gpt-5") for number in numbers))


def followed(cluster: Cluster, store: Store) -> Iterator[list[Item]]:
    spec = spec_of(cluster)
    batches = follow(spec, cluster, lambda attempt: resume(store, attempt), Flag(), cluster.timing)  # type: ignore[arg-type]
    return recording(store, spec, batches)


def filled(store: Store, cluster: Cluster) -> Store:
    store.forget_run(SPEC.id)
    store.add_run(spec_of(cluster), Place("kubernetes", "k3d-dev/default"))
    return store


@st.composite
def clusters(draw: st.DrawFn) -> Cluster:
    drawn = draw(st.lists(pods(), min_size=1, max_size=3))
    for number, pod in enumerate(drawn, 1):
        pod.attempt = replace(pod.attempt, variation=number)
    return Cluster(drawn)


@threaded
@given(clusters(), st.lists(st.integers(0, 5), max_size=3))
def test_whoever_follows_many_logs_and_is_killed_stores_each_line_once(
    store: Store, cluster: Cluster, deaths: list[int]
) -> None:
    filled(store, cluster)
    for number in [*deaths, 10**6]:
        for count, _ in enumerate(followed(cluster, store)):
            if count == number:
                break
    for pod in cluster.pods.values():
        assert [event.raw for event in store.events(pod.attempt)] == each_once(pod.lines)
    assert all(attempt.closed for attempt in store.attempts(SPEC.id))
    assert all(result.ended for result in store.results(SPEC.id))


def one_pod(lag: int = 100, faults: Iterable[Fault] = ()) -> Pod:
    return Pod(Life((Write(None),) * 5, end=False, lag=lag), Attempt("uid", SPEC.id, 1, SPEC.created, "pod"), faults)


def items_of(cluster: Cluster, store: Store) -> list[Item]:
    return [item for batch in followed(cluster, filled(store, cluster)) for item in batch]


def test_an_agent_without_a_last_word_has_the_clusters(store: Store) -> None:
    pod = one_pod()
    items = items_of(Cluster([pod]), store)
    assert [item for item in items if isinstance(item, Closed)] == [Closed(pod.attempt, "oom_killed", "out of memory")]


def test_a_run_whose_objects_have_vanished_is_still_read_to_the_end_of_its_log(store: Store) -> None:
    class Emptied(Cluster):
        def last_words(self, _: Pod) -> Iterator[Status | Trouble]:
            yield Status(1, "ended", "deleted", "the Job does not exist (any more)", final=True)

    pod = one_pod()
    items = items_of(Emptied([pod]), store)
    assert len(events_of(items)) == 5
    assert [item.reason for item in items if isinstance(item, Closed)] == ["deleted"]


def test_a_log_that_may_not_be_read_is_an_error_and_no_endless_wait(store: Store) -> None:
    pod = one_pod(lag=10**9)
    pod.refusal = refused("reading pods/log is forbidden")
    with pytest.raises(AideatorError, match="is forbidden"):
        items_of(Cluster([pod]), store)


def test_a_fault_of_our_own_is_no_endless_wait_either(store: Store) -> None:
    pod = one_pod(lag=10**9)
    pod.refusal = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        items_of(Cluster([pod]), store)


def test_a_connection_that_is_lost_and_comes_back_is_told(store: Store) -> None:
    class Shaken(Cluster):
        def last_words(self, pod: Pod) -> Iterator[Status | Trouble]:
            yield Trouble("connection refused", back=False)
            yield Trouble("it can be reached again", back=True)
            yield from super().last_words(pod)

    kinds = [item.kind for item in items_of(Shaken([one_pod()]), store) if isinstance(item, Observation)]
    assert kinds == ["running", "connection_lost", "connection_back", "oom_killed"]


class Meshed(Cluster):
    """Somebody put a container into the pod that never ends."""

    def __init__(self, pods: list[Pod], refusal: AideatorError | None = None) -> None:
        super().__init__(pods)
        self.released: list[str] = []
        self.refusal = refusal

    def status(self, pod: Pod) -> Status:
        return replace(super().status(pod), strangers=("mesh",))

    def last_words(self, pod: Pod) -> Iterator[Status | Trouble]:
        ended = replace(self.status(pod), state="ended", reason="completed", text="the agent has ended", final=True)
        yield ended
        yield replace(ended, text="again")  # whatever else is told of it

    def release(self, attempt: Attempt) -> None:
        self.released.append(attempt.id)
        if self.refusal:
            raise self.refusal


@pytest.mark.parametrize("end", [True, False], ids=["an end that is read first", "an end that only the cluster knows"])
def test_a_strangers_container_is_ended_once_after_the_agents_log_is_read(store: Store, end: bool) -> None:
    pod = Pod(Life((Write(None),) * 5, end=end, lag=3_000), Attempt("uid", SPEC.id, 1, SPEC.created, "pod"), ())
    cluster = Meshed([pod])
    items = items_of(cluster, store)
    assert cluster.released == ["uid"]
    told = [item for item in items if isinstance(item, Observation) and item.kind == "foreign_container"]
    assert [item.text for item in told] == ["mesh still ran when the agent had ended; its pod is told to end"]
    assert len(events_of(items)) == 5
    assert items.index(told[0]) > items.index(events_of(items)[-1])
    assert [item for item in items if isinstance(item, Closed)]
    assert all(result.ended for result in store.results(SPEC.id))

    items = [item for batch in followed(cluster, store) for item in batch]  # a follower that was killed before it could
    assert cluster.released == ["uid", "uid"]


def test_a_strangers_container_that_may_not_be_ended_is_no_endless_wait(store: Store) -> None:
    cluster = Meshed([one_pod()], refused("limited may not patch pods"))
    texts = [item.text for item in items_of(cluster, store) if isinstance(item, Observation)]
    assert "mesh still runs although the agent has ended: limited may not patch pods" in texts


@pytest.mark.parametrize("reached", [True, False])
def test_a_log_is_given_up_only_while_its_cluster_can_be_reached(store: Store, reached: bool) -> None:
    class Breaking(Cluster):
        def watch(self, _: RunSpec, stop: Flag) -> Iterator[Status | Trouble]:
            (pod,) = self.pods.values()
            yield self.status(pod)
            if not reached:
                yield Trouble("connection refused", back=False)
            yield from self.last_words(pod)
            stop.wait(30)

    pod = one_pod(faults=[Fault("refused")] * 60)
    cluster = Breaking([pod])
    cluster.timing = Timing(cluster.wait, pod.clock)
    events = events_of(items_of(cluster, store))
    assert len(events) == (0 if reached else 5)
    assert (pod.now / 1000 > PATIENCE + 60) is not reached


class Talking(Cluster):
    """Its agent says the next line when the one before was passed on."""

    def __init__(self, lines: int) -> None:
        super().__init__([])
        self.heard = Semaphore(1)
        self._lines = lines

    def watch(self, spec: RunSpec, stop: Flag) -> Iterator[Status | Trouble]:
        attempt = Attempt("uid", spec.id, 1, spec.created, "pod")
        yield Status(1, "running", "running", "the agent is working", attempt, readable=True)
        stop.wait()

    def read_log(self, attempt: Attempt, *, follow: bool, since: str | None = None) -> Iterator[list[Line | Remark]]:  # noqa: ARG002
        for seq in range(self._lines):
            self.heard.acquire()
            kind = "end" if seq == self._lines - 1 else "say"
            raw = json.dumps({"v": 1, "seq": seq, "time": "", "type": kind, "outcome": "no_changes"}).encode()
            yield [Line(raw, f"{seq:04d}")]


class Patient(Flag):
    """Notes how long it was waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout)
        return super().wait(timeout)


def test_a_few_lines_after_each_other_are_passed_on_at_once() -> None:
    backend, stop = Talking(6), Patient()
    spec = replace(SPEC, variations=(VariationSpec(1, "gpt-5"),))
    seqs: list[int | None] = []
    for batch in follow(spec, backend, Sequence, stop):  # type: ignore[arg-type]
        seqs += [item.seq for item in batch if isinstance(item, Event)]
        if any(isinstance(item, Event) for item in batch):
            backend.heard.release()
    assert seqs == list(range(6))
    assert [seconds for seconds in stop.waits if seconds is not None] == []
