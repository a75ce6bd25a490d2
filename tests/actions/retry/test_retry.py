"""`retry`: another attempt of what has failed, or of what the user wants once more. Nothing of an earlier attempt is lost."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.actions.retry.scenes import Stuck, attempts, quick_run
from tests.end_to_end.conftest import Place
from tests.fixtures.repositories import git


def shown(place: Place, run: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(place.user.call("show", run, "--json").out)
    return found


def test_an_agent_that_infrastructure_has_ended_is_tried_again(place: Place) -> None:
    stuck = Stuck(place)
    failed = stuck.kill().of("result")[0]
    assert (failed["outcome"], failed["fault"]) == ("failed", "infrastructure")
    assert failed["summary"] == ("the pod was deleted" if place.kubectl else "the agent's process is gone")

    if place.kubectl:  # it was asked to stop first
        assert b"+kept" in place.user.call("diff", f"{stuck.run}/1").out

    done = place.user.call("retry", stuck.run, "--json")

    assert done.code == 0, done.err
    result = done.of("result")[0]
    assert (result["outcome"], result["summary"]) == ("succeeded", "Did small.")
    assert result["attempt"] != failed["attempt"]
    assert {record["attempt"] for record in done.of("event")} == {result["attempt"]}
    assert {record["attempt"] for record in done.of("observation")} <= {None, result["attempt"]}
    first, second = attempts(place.user.call("logs", f"{stuck.run}/1", "--json").out)
    assert first[0]["type"] == "start"
    assert second[-1]["type"] == "end"
    run = shown(place, stuck.run)
    assert run["state"] == "ended"
    assert [v["attempt"] for v in run["variations"]] == [result["attempt"]]
    assert (failed["attempt"], failed["summary"]) in {(o["attempt"], o["text"]) for o in run["observations"]}
    assert b"+x = 2" in place.user.call("diff", f"{stuck.run}/1").out


def test_every_attempt_has_a_job_of_its_own(kubernetes_place: Place) -> None:
    place = kubernetes_place
    stuck = Stuck(place)
    stuck.kill()
    assert place.user.call("retry", stuck.run).code == 0
    assert place.user.call("retry", f"{stuck.run}/1", "--force").code == 0
    assert place.kubectl
    jobs = place.kubectl.json("get", "jobs", "-n", place.namespace, "-l", f"run-id={stuck.run}")["items"]
    names = {job["metadata"]["name"]: job["metadata"]["labels"]["aideator.dev/submission"] for job in jobs}
    assert names == {
        f"agent-{stuck.run}-1": "1",
        f"agent-{stuck.run}-1-2": "2",
        f"agent-{stuck.run}-1-3": "3",
    }
    configmap = place.kubectl.json("get", "configmap", f"agent-{stuck.run}", "-n", place.namespace)
    assert {owner["name"] for owner in configmap["metadata"]["ownerReferences"]} == names.keys()


def test_what_has_succeeded_is_tried_again_only_by_force(place: Place, tmp_path: Path) -> None:
    run = quick_run(place, 2)
    assert place.user.call("select", run, "1").code == 0
    before = shown(place, run)

    for word in (run, f"{run}/1"):
        refused = place.user.call("retry", word)
        assert refused.code == 2
        assert "infrastructure" in refused.err
        assert "--force" in refused.err
    assert shown(place, run) == before

    forced = place.user.call("retry", f"{run}/1", "--force", "--json")
    assert forced.code == 0, forced.err
    after = shown(place, run)
    assert after["variations"][0]["attempt"] != before["variations"][0]["attempt"]
    assert after["variations"][1] == before["variations"][1]
    assert len(attempts(place.user.call("logs", f"{run}/1", "--json").out)) == 2
    assert len(attempts(place.user.call("logs", f"{run}/2", "--json").out)) == 1
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", place.git.url("project"), str(clone))
    assert place.user.call("apply", run, "-C", str(clone)).code == 0


def test_another_machine_sees_both_attempts(kubernetes_place: Place, tmp_path: Path) -> None:
    place = kubernetes_place
    run = quick_run(place)
    assert place.user.call("retry", run, "--force").code == 0
    elsewhere = {**place.user.environment, "AIDEATOR_HOME": str(tmp_path / "elsewhere")}
    other = replace(place, user=replace(place.user, environment=elsewhere))

    watched = other.user.call("watch", run, "--namespace", place.namespace, "--json")

    assert watched.code == 0, watched.err
    assert watched.of("result") == [{"kind": "result", "run": run, **v} for v in shown(place, run)["variations"]]
    here, there = (at.user.call("logs", f"{run}/1", "--json").out for at in (place, other))
    assert there == here
    assert len(attempts(there)) == 2


def test_an_attempt_of_another_machine_is_known_before_the_next(kubernetes_place: Place, tmp_path: Path) -> None:
    place = kubernetes_place
    run = quick_run(place)
    elsewhere = {**place.user.environment, "AIDEATOR_HOME": str(tmp_path / "elsewhere")}
    other = replace(place.user, environment=elsewhere)
    assert other.call("retry", run, "--force", "--namespace", place.namespace).code == 0

    assert place.user.call("retry", run, "--force").code == 0

    logs = place.user.call("logs", f"{run}/1", "--json").out
    assert len(attempts(logs)) == 3
    assert place.kubectl
    assert f"agent-{run}-1-3" in place.kubectl("get", "jobs", "-n", place.namespace, "-o", "name")


def test_what_is_still_at_work_is_not_tried_again(place: Place) -> None:
    stuck = Stuck(place)
    for words in ((stuck.run,), (f"{stuck.run}/1",), (stuck.run, "--force"), (f"{stuck.run}/1", "--force")):
        refused = place.user.call("retry", *words)
        assert refused.code == 2
        assert "still at work" in refused.err
    assert place.user.call("cancel", stuck.run).code == 0
    assert stuck.finish().of("result")[0]["outcome"] == "cancelled"


def test_an_attempt_goes_on_when_nobody_watches(place: Place) -> None:
    stuck = Stuck(place)
    stuck.kill()
    detached = place.user.call("retry", stuck.run, "--detach")
    assert (detached.code, detached.out.decode()) == (0, f"{stuck.run}\n")
    watched = place.user.call("watch", stuck.run, "--json")
    assert watched.code == 0
    assert len({record["attempt"] for record in watched.of("event")}) == 2
    assert watched.of("result")[0]["outcome"] == "succeeded"


def test_a_cancelled_agent_that_is_tried_again_is_not_cancelled(local_place: Place) -> None:
    stuck = Stuck(local_place)
    assert local_place.user.call("cancel", stuck.run).code == 0
    assert stuck.finish().of("result")[0]["outcome"] == "cancelled"
    stuck.again()
    stuck.retry_until_it_waits("--force")
    result = stuck.kill().of("result")[0]
    assert (result["outcome"], result["fault"]) == ("failed", "infrastructure")


def test_a_run_that_is_not_known(local_place: Place) -> None:
    assert local_place.user.call("retry", "nosuch1").code == 3
