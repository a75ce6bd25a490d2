"""`--escalate`: the next model is tried only where the checks failed, is told what failed, and nothing begins after a success."""

import pytest

from aideator_cli.errors import ExitCode
from tests.end_to_end.conftest import Place
from tests.faults import work
from tests.faults.watching import Watching, is_event

STARTED = is_event("output")
VERIFY = ("--verify", "right=grep -q right made || { echo made is wrong; exit 3; }")


def words(place: Place, *scripts: str, more: tuple[str, ...] = VERIFY) -> list[str]:
    found = work.words(place, scripts[0], *more)
    at = found.index("--model")
    found[at : at + 4] = ["--escalate", ",".join(scripts)]  # in place of --model and -n
    return found


def making(place: Place, content: str, name: str) -> str:
    return work.model(place, [work.bash(f"echo {content} > made")], name)


def statuses(watching: Watching) -> list[str]:
    return [record["status"] for record in watching.records if record["kind"] == "result"]


def begun(watching: Watching) -> set[int]:
    return {int(record["variation"]) for record in watching.records if record["kind"] == "event"}


def task_of(watching: Watching, variation: int) -> str:
    sent = (
        r["event"]
        for r in watching.records
        if r["kind"] == "event" and r["variation"] == variation and r["event"]["type"] == "sent"
    )
    return str(next(sent)["text"])


def test_the_next_one_is_tried_where_the_checks_failed_and_told_what_failed(local_place: Place) -> None:
    place = local_place
    scripts = [making(place, "wrong", "a"), making(place, "right", "b"), making(place, "right", "c")]
    watching = Watching(place.user, *words(place, *scripts))
    assert watching.end() == 0, watching.err
    assert statuses(watching) == ["failed checks", "succeeded", "cancelled"]
    assert begun(watching) == {1, 2}
    assert "Others have tried" not in task_of(watching, 1)
    assert "Try 1 failed the check right (exit code 3)" in task_of(watching, 2)
    assert "> made is wrong" in task_of(watching, 2)
    assert [o["text"] for o in watching.observed("cancel_asked")] == ["an earlier step has succeeded"]


def test_hidden_checks_on_this_machine_can_not_wait_for_the_next_one(local_place: Place) -> None:
    place = local_place
    scripts = [making(place, "wrong", "a"), making(place, "right", "b")]
    said = place.user.call(*words(place, *scripts, more=("--hidden-verify", "true")))
    assert (said.code, b"--escalate can't be combined with hidden checks" in said.err.encode()) == (
        ExitCode.USAGE,
        True,
    )


def test_an_attempt_that_infrastructure_ended_is_tried_again_before_the_next_one(local_place: Place) -> None:
    """The first attempt kills its own agent."""
    place = local_place
    once = place.user.folder / "once"
    dies = work.model(
        place, [work.bash(f"[ -e {once} ] || {{ touch {once}; kill -9 $PPID; exit; }}; echo right > made")], "a"
    )
    watching = Watching(place.user, *words(place, dies, making(place, "right", "b")))
    assert watching.end() == 0, watching.err
    assert watching.observed("tried_again")
    assert begun(watching) == {1}
    assert statuses(watching) == ["succeeded", "cancelled"]


@pytest.mark.parametrize("goes_on", ["watch", "wait"])
def test_whoever_follows_the_run_goes_on_with_the_next_one(local_place: Place, goes_on: str) -> None:
    place = local_place
    held = work.model(place, work.until_released(place), "held")
    watching = Watching(place.user, *words(place, held, making(place, "wrong", "b"), making(place, "right", "c")))
    run = watching.until(STARTED)["run"]
    watching.kill()
    work.release(place, run)
    again = Watching(place.user, goes_on, run)
    assert again.end() == 0, again.err
    assert statuses(again) == ["failed checks", "failed checks", "succeeded"]


def test_if_all_fail_the_run_says_so(local_place: Place) -> None:
    place = local_place
    watching = Watching(place.user, *words(place, making(place, "wrong", "a"), making(place, "worse", "b")))
    assert watching.end() == ExitCode.CHECKS_FAILED, watching.err
    assert statuses(watching) == ["failed checks", "failed checks"]


def test_on_a_cluster_the_next_job_is_told_what_failed(kubernetes_place: Place) -> None:
    place = kubernetes_place
    watching = Watching(place.user, *words(place, making(place, "wrong", "a"), making(place, "'right $(HOME)'", "b")))
    assert watching.end() == 0, watching.err
    assert statuses(watching) == ["failed checks", "succeeded"]
    assert "> made is wrong" in task_of(watching, 2)
