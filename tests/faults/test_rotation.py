"""kubelet rotates an agent's log while it is read: what is read in time is stored once, and what is gone for good is a visible gap.

An agent's output is bounded, so the files are small here: each is rotated away several times.
"""

import re
import signal
from collections.abc import Iterator

import pytest

from tests.end_to_end.conftest import Place
from tests.faults import node, record, work
from tests.faults.soaking import amount
from tests.faults.waiting import until
from tests.faults.watching import Watching, is_event
from tests.fixtures.cluster import Cluster

ROTATIONS = amount(2, soak=6)

pytestmark = pytest.mark.alone


@pytest.fixture(autouse=True)
def small_logs(cluster: Cluster) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("CLUSTER_LOG_MAX_SIZE", "128Ki")
        cluster.restart("kubelet")
    yield
    cluster.restart("kubelet")


def test_a_log_that_is_rotated_while_it_is_followed_is_stored_whole(kubernetes_place: Place, cluster: Cluster) -> None:
    place = kubernetes_place
    watching = Watching(place.user, *work.words(place, talkative(place)))
    run = watching.until(is_event("output"))["run"]
    until_rotated(place, cluster, run, ROTATIONS)
    work.release(place, run)
    assert watching.end() == 0, watching.err
    ours = record.logs(place.user, run)
    print(record.shown(watching.records, ours), "events")
    assert place.kubectl
    theirs = place.kubectl.raw("logs", "-n", place.namespace, work.pod_name(place, run), "-c", "agent")
    assert ours.endswith(theirs)
    assert len(theirs) < len(ours)
    assert not watching.observed("gap")


def test_what_rotation_has_taken_for_good_is_a_gap(kubernetes_place: Place, cluster: Cluster) -> None:
    place = kubernetes_place
    first = Watching(place.user, *work.words(place, talkative(place)))
    run = first.until(is_event("output"))["run"]
    first.kill()
    until_rotated(place, cluster, run, ROTATIONS)
    work.release(place, run)
    last = Watching(place.user, "watch", run)
    assert last.end() == 0, last.err
    assert lost(place, run, last) > 0


@pytest.mark.soak
def test_a_reader_that_is_held_up_while_the_log_is_rotated_comes_to_an_end(
    kubernetes_place: Place, cluster: Cluster
) -> None:
    place = kubernetes_place
    watching = Watching(place.user, *work.words(place, talkative(place)))
    run = watching.until(is_event("output"))["run"]
    watching.process.send_signal(signal.SIGSTOP)
    until_rotated(place, cluster, run, ROTATIONS)
    watching.process.send_signal(signal.SIGCONT)
    work.release(place, run)
    assert watching.end() == 0, watching.err
    print(lost(place, run, watching), "events lost, all of them told")


def talkative(place: Place) -> str:
    """About two MiB of events, and no end until `release`."""
    turns = [work.bash(f"echo {n}; head -c 9000 /dev/urandom | base64", delay=0.1) for n in range(amount(30, soak=90))]
    return work.model(place, [*turns, *work.until_released(place)])


def until_rotated(place: Place, cluster: Cluster, run: str, times: int) -> None:
    pod = work.pod(place, run)
    kept: set[str] = set()

    def enough() -> bool:
        kept.update(path.name.removesuffix(".gz") for path in node.old_logs(cluster, pod, "agent"))
        return len(kept) >= times

    until(enough, f"{times} rotations", 120)


def lost(place: Place, run: str, watching: Watching) -> int:
    """How many events the gap tells of; all others are stored and shown once."""
    seqs = record.seqs(record.logs(place.user, run))
    assert seqs == sorted(set(seqs))
    assert [r["event"]["seq"] for r in watching.records if r["kind"] == "event"] == seqs
    missing = seqs[-1] + 1 - len(seqs)
    told = [re.match(r"(\d+) event", seen["text"]) for seen in watching.observed("gap")]
    assert [int(found[1]) for found in told if found] == ([missing] if missing else [])
    return missing
