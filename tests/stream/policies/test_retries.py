"""`--retries`: what infrastructure has failed is tried again while somebody watches, so often and not once more."""

import json
import os
import signal
import time
from typing import Any

import pytest

from aideator_cli.store import Store
from tests.actions.retry.scenes import Stuck, attempts
from tests.end_to_end.conftest import Place
from tests.faults import work
from tests.faults.watching import Watching, is_event, is_observed

TRIED_AGAIN = is_observed("tried_again")


def begin(place: Place, *words: str) -> tuple[Watching, str]:
    """A run whose agent is at work until it is released."""
    watching = Watching(place.user, *work.words(place, work.model(place, work.until_released(place)), *words))
    return watching, at_work(watching)


def at_work(watching: Watching, after: int = 0) -> str:
    return str(watching.until(is_event("output"), after=after)["run"])


def kill_agent(place: Place, run: str, variation: int = 1) -> None:
    """The newest one, as the kernel does it."""
    os.kill(processes(place, run, variation)[-1], signal.SIGKILL)


def processes(place: Place, run: str, variation: int = 1) -> list[int]:
    """In the order in which they began."""
    folder = place.user.folder / "home" / "runs" / run / str(variation)
    records = [json.loads(path.read_bytes()) for path in folder.glob("*.json")]
    return [record["pid"] for record in sorted(records, key=lambda record: str(record["created"]))]


def tries(place: Place, run: str) -> list[list[dict[str, Any]]]:
    return attempts(place.user.call("logs", f"{run}/1", "--json").out)


def test_an_agent_that_infrastructure_has_ended_is_tried_again_by_itself(place: Place) -> None:
    stuck = Stuck(place, retries=1)

    done = stuck.kill()

    assert done.code == 0, done.err
    result = done.of("result")[0]
    assert (result["outcome"], result["summary"]) == ("succeeded", "Did small.")
    told = next(o for o in done.of("observation") if o["observed"] == "tried_again")
    why = "the pod was deleted" if place.kubectl else "the agent's process is gone"
    assert told["text"] == f"try 2 of 2, because infrastructure failed it: {why}"
    first, second = tries(place, stuck.run)
    assert first[0]["attempt"] != second[0]["attempt"]
    assert second[-1]["outcome"] == "succeeded"
    assert b"+x = 2" in place.user.call("diff", f"{stuck.run}/1").out


def test_it_is_tried_again_no_more_often_than_asked_for(local_place: Place) -> None:
    watching, run = begin(local_place)
    kill_agent(local_place, run)
    watching.until(TRIED_AGAIN)
    at_work(watching, after=len(watching.records))
    kill_agent(local_place, run)

    assert watching.end() == 4
    assert (watching.result["outcome"], watching.result["fault"]) == ("failed", "infrastructure")
    assert len(watching.observed("tried_again")) == 1
    assert len(tries(local_place, run)) == 2


def test_the_person_reads_of_it_in_a_line(local_place: Place) -> None:
    watching, run = begin(local_place)
    kill_agent(local_place, run)
    watching.until(TRIED_AGAIN)
    work.release(local_place, run)
    assert watching.end() == 0
    shown = local_place.user.call("watch", run).out.decode()
    assert f"{run}/1 │ tried again: try 2 of 2, because infrastructure failed it: the agent's process is gone" in shown


def test_without_retries_its_end_is_the_variation_s(local_place: Place) -> None:
    watching, run = begin(local_place, "--retries", "0")
    kill_agent(local_place, run)
    assert watching.end() == 4
    assert len(tries(local_place, run)) == 1


def test_a_watcher_that_is_killed_hands_the_tries_that_are_left_to_the_next(local_place: Place) -> None:
    first, run = begin(local_place)
    first.kill()
    kill_agent(local_place, run)
    second = Watching(local_place.user, "watch", run)
    second.until(TRIED_AGAIN)
    second.kill()
    third = Watching(local_place.user, "watch", run)
    third.until(lambda record: is_event("start")(record) and record["attempt"] != first.records[0]["attempt"])
    kill_agent(local_place, run)

    assert third.end() == 4
    assert len(tries(local_place, run)) == 2


def test_what_was_seen_to_fail_while_nobody_watched_is_tried_again_by_the_next_watcher(local_place: Place) -> None:
    place = local_place
    run = left_with_one_killed(place)

    second = Watching(place.user, "watch", run)

    second.until(TRIED_AGAIN)
    work.release(place, run)
    assert second.end() == 0
    assert [r["outcome"] for r in second.records if r["kind"] == "result"] == ["succeeded", "succeeded"]


def test_a_try_whose_watcher_was_killed_before_it_was_made_is_made_by_the_next(local_place: Place) -> None:
    place = local_place
    run = left_with_one_killed(place)
    assert Store.open(place.user.folder / "home").claim(run, {1: 2})  # as far as the killed one came

    second = Watching(place.user, "watch", run)

    second.until(TRIED_AGAIN)
    work.release(place, run)
    assert second.end() == 0, second.err
    assert len(tries(place, run)) == 2


def left_with_one_killed(place: Place) -> str:
    """A run of two agents that nobody watches any more: the first was killed, and is known to have been, the other is at work."""
    words = work.words(place, work.model(place, work.until_released(place)))
    words[words.index("-n") + 1] = "2"
    first = Watching(place.user, *words)
    for number in (1, 2):
        first.until(lambda record, number=number: is_event("output")(record) and record["variation"] == number)
    run = str(first.records[0]["run"])
    first.kill()
    kill_agent(place, run)
    until_failed(place, run)
    return run


def until_failed(place: Place, run: str, seconds: float = 30) -> None:
    """By what `show` tells, which looks itself."""
    deadline = time.monotonic() + seconds
    while place.user.call("show", run, "--json").of("run")[0]["variations"][0]["outcome"] != "failed":
        assert time.monotonic() < deadline


def test_two_watchers_try_it_again_once_and_both_see_it(local_place: Place) -> None:
    one, run = begin(local_place)
    former = one.records[0]["attempt"] or next(r["attempt"] for r in one.records if is_event("start")(r))
    other = Watching(local_place.user, "watch", run)
    at_work(other)
    kill_agent(local_place, run)
    for each in (one, other):
        each.until(lambda record: is_event("start")(record) and record["attempt"] != former)
    work.release(local_place, run)
    assert [one.end(), other.end()] == [0, 0], (one.err, other.err)
    assert one.result == other.result
    assert len(tries(local_place, run)) == 2


def test_what_the_model_did_not_manage_is_not_tried_again(local_place: Place) -> None:
    model = work.model(local_place, work.until_released(local_place))
    words = work.words(local_place, model, "--retries", "3")
    words[words.index("--max-steps") + 1] = "1"
    work.release(local_place, "")
    done = Watching(local_place.user, *words)
    assert done.end() == 6
    assert not done.observed("tried_again")


def test_what_is_cancelled_is_not_tried_again(local_place: Place) -> None:
    watching, run = begin(local_place)
    assert local_place.user.call("cancel", run).code == 0
    watching.end()
    assert watching.result["outcome"] == "cancelled"
    assert not watching.observed("tried_again")


def test_watchers_at_two_machines_try_it_again_once(kubernetes_place: Place) -> None:
    place = kubernetes_place
    one, run = begin(place)
    other = Watching(work.elsewhere(place), "watch", run, *work.there(place))
    at_work(other)
    former = work.pod(place, run)["metadata"]
    assert place.kubectl
    place.kubectl("delete", "pod", former["name"], "-n", place.namespace, "--wait=false")
    begun = [
        each.until(lambda record: is_event("output")(record) and record["attempt"] != former["uid"])
        for each in (one, other)
    ]
    assert begun[0]["attempt"] == begun[1]["attempt"]
    pod = f"pods/{newest_pod(place, run)}"
    place.kubectl("exec", "-n", place.namespace, pod, "-c", "shell", "--", "touch", "/tmp/release")
    assert [one.end(), other.end()] == [0, 0], (one.err, other.err)
    assert one.result == other.result
    jobs = place.kubectl.json("get", "jobs", "-n", place.namespace, "-l", f"run-id={run}")["items"]
    assert len(jobs) == 2


def newest_pod(place: Place, run: str) -> str:
    assert place.kubectl
    pods = place.kubectl.json("get", "pods", "-n", place.namespace, "-l", f"run-id={run}")["items"]
    return str(max(pods, key=lambda pod: pod["metadata"]["creationTimestamp"])["metadata"]["name"])


def test_what_somebody_removes_from_the_cluster_is_not_put_back(kubernetes_place: Place) -> None:
    place = kubernetes_place
    watching, run = begin(place, "--retries", "3")
    assert place.kubectl
    place.kubectl("delete", "job", f"agent-{run}-1", "-n", place.namespace, "--wait=false")
    assert watching.end() != 0
    assert not watching.observed("tried_again")


@pytest.mark.parametrize("words", [("--retries", "2"), ("--first", "1")])
def test_what_takes_a_watcher_is_refused_where_there_is_none(local_place: Place, words: tuple[str, ...]) -> None:
    model = work.model(local_place, [work.bash("true")])
    done = local_place.user.call(*work.words(local_place, model, "--detach", *words))
    assert done.code == 2
    assert f"{words[0]} works only while the run is watched" in done.err
    assert local_place.user.call("list", "--json").out == b""
