"""A pod, or what runs in it, is ended from outside: told in the cluster's words, and what was written by then is stored."""

import signal
from datetime import UTC, datetime

import pytest

from tests.end_to_end.conftest import Place
from tests.faults import node, record, waiting, work
from tests.faults.watching import Watching, is_event, is_observed
from tests.fixtures.cluster import Cluster

SMALL = ("--memory", "128Mi:1Gi")


def test_a_pod_that_somebody_deletes_while_its_agent_can_say_nothing(kubernetes_place: Place, cluster: Cluster) -> None:
    place = kubernetes_place
    node.need(cluster)
    watching, run = at_work(place)
    pod = work.pod_where_runs(place, run, "agent")
    node.signal_to(node.first_process(pod, "agent"), signal.SIGSTOP)
    asked = datetime.now(UTC).isoformat()
    cluster.kubectl("delete", "pod", "-n", place.namespace, pod["metadata"]["name"], "--grace-period=1", "--wait=false")
    waiting.told_in_time(watching.until(is_observed("deleted")), asked)
    ends_by_infrastructure(place, watching, "deleted", "the pod was deleted")


def test_a_pod_that_somebody_deletes_says_its_last_words(kubernetes_place: Place) -> None:
    place = kubernetes_place
    watching, run = at_work(place)
    assert place.kubectl
    place.kubectl("delete", "pod", "-n", place.namespace, work.pod_name(place, run), "--wait=false")
    told = watching.until(is_observed("deleted"))
    assert "the pod was deleted" in told["text"]
    watching.end()
    assert is_event("end")([r for r in watching.records if r["kind"] == "event"][-1])
    record.shown(watching.records, record.logs(place.user, run))


def test_an_agent_that_is_killed(kubernetes_place: Place, cluster: Cluster) -> None:
    place = kubernetes_place
    node.need(cluster)
    watching, run = at_work(place)
    node.signal_to(node.first_process(work.pod_where_runs(place, run, "agent"), "agent"), signal.SIGKILL)
    ends_by_infrastructure(place, watching, "error", "the agent ended with exit code 137")
    ended = work.status(work.pod(place, run), "agent")["state"]["terminated"]
    waiting.told_in_time(watching.observed("error")[-1], ended["finishedAt"])


def test_an_agent_that_is_killed_on_this_machine(local_place: Place) -> None:
    watching, run = at_work(local_place)
    node.signal_to(node.process_of(watching.until(is_observed("running"))), signal.SIGKILL)
    ends_by_infrastructure(local_place, watching, "ended", "the agent's process is gone")
    assert record.logs(local_place.user, run)


def test_an_agent_that_runs_out_of_memory(kubernetes_place: Place) -> None:
    """Many processes that are each smaller than the agent use up the memory of its container: the kernel takes the agent."""
    place = kubernetes_place
    watching, run = at_work(place, *SMALL)
    assert place.kubectl
    hogs = "for i in $(seq 120); do (head -c 12000000 /dev/zero; sleep 60) | tail & done; wait"
    place.kubectl.run("exec", "-n", place.namespace, work.pod_name(place, run), "-c", "agent", "--", "sh", "-c", hogs)
    ends_by_infrastructure(place, watching, "oom_killed", "the agent container was killed: out of memory (limit 1Gi)")


def test_a_command_that_runs_out_of_memory_is_the_commands_trouble_alone(kubernetes_place: Place) -> None:
    place = kubernetes_place
    turns = [work.bash("head -c 1500000000 /dev/zero | tail"), work.bash("echo made > made")]
    done = Watching(place.user, *work.words(place, work.model(place, turns), *SMALL))
    assert done.end() == 0, done.err
    run = done.result["run"]
    record.shown(done.records, record.stored(place, run))
    hog = next(r["event"] for r in done.records if is_event("done")(r))
    assert hog["exit_code"] == 137, hog


@pytest.mark.soak
def test_a_pod_that_writes_more_than_it_may_is_evicted(kubernetes_place: Place) -> None:
    place = kubernetes_place
    turns = [*work.many(), work.bash("fallocate -l 5G big; echo written"), *work.until_released(place)]
    watching = Watching(place.user, *work.words(place, work.model(place, turns), "--retries", "0"))
    ends_by_infrastructure(place, watching, "evicted", "the pod was evicted: ")
    assert "ephemeral" in watching.result["summary"]


def at_work(place: Place, *more: str) -> tuple[Watching, str]:
    model = work.model(place, [*work.many(), *work.until_released(place)])
    watching = Watching(place.user, *work.words(place, model, "--retries", "0", *more))
    run = watching.until(lambda seen: is_event("done")(seen) and seen["event"]["step"] > 30)["run"]
    return watching, run


def ends_by_infrastructure(place: Place, watching: Watching, reason: str, text: str) -> None:
    code = watching.end()
    result = watching.result
    assert (code, result["outcome"], result["fault"], result["reason"]) == (4, "failed", "infrastructure", reason)
    assert text in result["summary"]
    assert not watching.observed("gap")
    events = record.shown(watching.records, record.logs(place.user, result["run"]))
    assert events > 200
    print(events, "events")
