"""Runs in a queue of the real Kueue."""

import json

from aideator_cli.errors import ExitCode
from tests.actions.retry.scenes import GO, attempts, waits_unless_told
from tests.end_to_end.changes import FILES, script
from tests.end_to_end.conftest import Place
from tests.faults.watching import Watching, is_event
from tests.fixtures.kueue import Kueue
from tests.fixtures.script_player import Element

ONE_POD = "150m"  # a pod requests 100m


def words(place: Place, name: str, turns: list[Element], *more: str) -> list[str]:
    path = place.user.folder / f"{name}.yaml"
    path.write_text(json.dumps(turns))
    return ["run", place.git.url("project"), "Do it.", *place.user.options, "--model", f"scripted/{path}", *more]


def outcomes(watching: Watching) -> list[str]:
    return [record["outcome"] for record in watching.records if record["kind"] == "result"]


def test_agents_wait_for_their_turn_and_one_that_is_preempted_begins_again(
    kubernetes_place: Place, kueue: Kueue
) -> None:
    """The queue admits one agent at a time. A more urgent run takes its place, and nothing of it is lost."""
    place = kubernetes_place
    place.git.add("project", FILES)
    queue = ["--queue", kueue.queue(place.namespace, cpu=ONE_POD)]
    urgent = kueue.priority(1000)

    slow = Watching(place.user, *words(place, "slow", waits_unless_told(place.git.url("project")), "-n", "2", *queue))
    first = slow.until(is_event("output"))["variation"]
    both = ("next in line", "insufficient unused quota for cpu")  # Kueue gives them one after the other, in any order
    waiting = slow.until(lambda r: r["kind"] == "observation" and all(part in r["text"] for part in both))
    assert waiting["variation"] == 3 - first
    assert waiting["observed"] == "queued"
    place.git.git("project", "branch", GO)
    quick = Watching(place.user, *words(place, "quick", script("small"), "-n", "1", *queue, "--queue-priority", urgent))
    assert quick.end() == 0, quick.err
    assert outcomes(quick) == ["succeeded"]

    assert slow.end() == 0, slow.err
    assert outcomes(slow) == ["succeeded", "succeeded"]
    told = [each["text"] for each in slow.observed("preempted")]
    assert any(text.startswith("preempted (InClusterQueue), queued again in lq") for text in told)
    before, after = attempts(place.user.call("logs", f"{slow.records[0]['run']}/{first}", "--json").out)
    assert (before[-1]["type"], before[-1]["outcome"]) == ("end", "cancelled")
    assert after[-1]["outcome"] == "succeeded"


def test_a_queue_that_takes_nothing_is_told_before_anything_is_created(kubernetes_place: Place, kueue: Kueue) -> None:
    place = kubernetes_place
    place.git.add("project", FILES)
    queue = kueue.queue(place.namespace, cpu=ONE_POD)

    missing = place.user.call(*words(place, "quick", script("small"), "--queue", "none"))
    assert missing.code == ExitCode.NOT_FOUND
    assert f"there is no queue none in namespace {place.namespace}" in missing.err
    assert f"the queues there are {queue}" in missing.err
    kueue.kubectl(
        "patch", "localqueue", queue, "-n", place.namespace, "--type=merge", "-p", '{"spec":{"stopPolicy":"Hold"}}'
    )
    stopped = place.user.call(*words(place, "quick", script("small"), "--queue", queue))
    assert stopped.code == ExitCode.UNAVAILABLE
    assert f"queue {queue} in namespace {place.namespace} admits nothing at present" in stopped.err
    assert not kueue.kubectl.json("get", "jobs,configmaps", "-l", "app=aideator-agent", "-n", place.namespace)["items"]
