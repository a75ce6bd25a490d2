"""`--max-parallel K`: at most K work at once, and the next begins as one ends, while someone follows the run."""

from pathlib import Path

import pytest

from aideator_cli.errors import ExitCode
from tests.end_to_end.conftest import Place
from tests.faults import work
from tests.faults.watching import Watching, is_event

STARTED = is_event("output")


def words(place: Place, count: int, parallel: int, script: str, *more: str) -> list[str]:
    found = work.words(place, script, "--max-parallel", str(parallel), *more)
    found[found.index("-n") + 1] = str(count)
    return found


def noting(place: Place) -> str:
    """A script that notes when it works, and changes something."""
    note = place.user.folder / "note"
    return work.model(place, [work.bash(f"echo + >> {note}; sleep 0.7; echo - >> {note}; echo made > made")], "notes")


def most_at_once(note: Path) -> int:
    at_work = most = 0
    for line in note.read_text().split():
        at_work += 1 if line == "+" else -1
        most = max(most, at_work)
    return most


def outcomes(watching: Watching) -> list[str]:
    return [record["outcome"] for record in watching.records if record["kind"] == "result"]


def begun(watching: Watching) -> set[int]:
    return {int(record["variation"]) for record in watching.records if record["kind"] == "event"}


def test_no_more_work_at_once_than_are_allowed_and_all_get_their_turn(local_place: Place) -> None:
    place = local_place
    watching = Watching(place.user, *words(place, 5, 2, noting(place)))
    assert watching.end() == 0, watching.err
    assert outcomes(watching) == ["succeeded"] * 5
    assert most_at_once(place.user.folder / "note") == 2
    assert {o["variation"] for o in watching.observed("unsubmitted")} == {3, 4, 5}
    assert {o["text"] for o in watching.observed("unsubmitted")} == {
        "waits until another one has ended (--max-parallel)"
    }


def test_an_attempt_that_is_tried_again_takes_a_place(local_place: Place) -> None:
    """The first attempt of all kills its own agent."""
    place = local_place
    once, note = place.user.folder / "once", place.user.folder / "note"
    dies = f"[ -e {once} ] || {{ touch {once}; kill -9 $PPID; exit; }}; "
    script = work.model(place, [work.bash(f"{dies}echo + >> {note}; sleep 0.7; echo - >> {note}; echo made > made")])
    watching = Watching(place.user, *words(place, 3, 1, script, "--retries", "2"))
    assert watching.end() == 0, watching.err
    assert watching.observed("tried_again")
    assert outcomes(watching) == ["succeeded"] * 3
    assert most_at_once(note) == 1


@pytest.mark.parametrize("goes_on", ["watch", "wait"])
def test_a_run_whose_watcher_was_killed_goes_on_with_the_next_one(local_place: Place, goes_on: str) -> None:
    place = local_place
    watching = Watching(place.user, *words(place, 3, 1, work.model(place, work.until_released(place))))
    run = watching.until(STARTED)["run"]
    watching.kill()
    work.release(place, run)
    again = Watching(place.user, goes_on, run)
    assert again.end() == 0, again.err
    assert outcomes(again) == ["succeeded"] * 3


def test_those_that_wait_are_cancelled_with_the_others(local_place: Place) -> None:
    place = local_place
    watching = Watching(place.user, *words(place, 3, 1, work.model(place, work.until_released(place))))
    run = watching.until(STARTED)["run"]
    assert place.user.call("cancel", f"{run}/3").code == 0
    assert place.user.call("cancel", run).code == 0
    assert watching.end() == ExitCode.FAILED, watching.err
    assert outcomes(watching) == ["cancelled"] * 3
    assert begun(watching) == {1}


def test_enough_successes_leave_those_that_wait_where_they_are(local_place: Place) -> None:
    place = local_place
    watching = Watching(place.user, *words(place, 3, 1, noting(place), "--first", "1"))
    assert watching.end() == 0, watching.err
    assert outcomes(watching) == ["succeeded", "cancelled", "cancelled"]


def test_nobody_would_submit_the_next_one_of_a_detached_run(local_place: Place) -> None:
    place = local_place
    said = place.user.call(*words(place, 3, 1, noting(place), "--detach"))
    assert (said.code, said.out) == (ExitCode.USAGE, b"")
    assert "--max-parallel works only while the run is watched" in said.err


def test_on_a_cluster_the_next_job_is_made_when_the_last_one_has_ended(kubernetes_place: Place) -> None:
    place = kubernetes_place
    assert place.kubectl
    watching = Watching(place.user, *words(place, 3, 1, work.model(place, work.until_released(place))))
    run = watching.until(STARTED)["run"]
    watching.until(lambda r: r["kind"] == "observation" and r["observed"] == "unsubmitted" and r["variation"] == 2)
    watching.kill()
    jobs = ("get", "jobs", "-l", f"run-id={run}", "-n", place.namespace)
    assert len(place.kubectl.json(*jobs)["items"]) == 1
    assert place.user.call("cancel", f"{run}/3").code == 0
    work.release(place, run)
    again = Watching(place.user, "watch", run)
    again.until(lambda record: STARTED(record) and record["variation"] == 2)
    first, second = place.kubectl.json(*jobs)["items"]
    assert first["status"]["succeeded"] == 1
    assert first["status"]["completionTime"] <= second["metadata"]["creationTimestamp"]
    work.release(place, run, 2)
    assert again.end() == 0, again.err
    assert outcomes(again) == ["succeeded", "succeeded", "cancelled"]
