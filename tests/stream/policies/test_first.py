"""`--first K`: when K have succeeded the others are asked to stop, and keep what they have made."""

from pathlib import Path

from tests.end_to_end.conftest import Place
from tests.faults import work
from tests.faults.watching import Watching, is_event

WAITS = [work.bash("echo kept > kept.txt; echo started; sleep 120")]


def words(place: Place, first: int, *scripts: str) -> list[str]:
    found = work.words(place, ",".join(scripts), "--first", str(first))
    found[found.index("-n") + 1] = str(len(scripts))
    return found


def quick(place: Place) -> str:
    """A script that changes something as soon as `go` is there."""
    return work.model(place, [work.bash(f"until [ -e {go(place)} ]; do sleep 0.05; done; echo made > made")], "quick")


def slow(place: Place) -> str:
    return work.model(place, WAITS, "slow")


def go(place: Place) -> Path:
    return place.user.folder / "go"


def begin(place: Place, first: int, *scripts: str) -> Watching:
    """All of the slow ones are at work."""
    watching = Watching(place.user, *words(place, first, *scripts))
    for number, script in enumerate(scripts, 1):
        if script == slow(place):
            watching.until(lambda record, number=number: is_event("output")(record) and record["variation"] == number)
    return watching


def outcomes(watching: Watching) -> list[str]:
    return [record["outcome"] for record in watching.records if record["kind"] == "result"]


def test_the_first_success_ends_the_run_and_the_others_keep_their_work(local_place: Place) -> None:
    place = local_place
    watching = begin(place, 1, slow(place), quick(place), slow(place))
    go(place).touch()
    assert watching.end() == 0, watching.err
    assert outcomes(watching) == ["cancelled", "succeeded", "cancelled"]
    told = {(o["variation"], o["text"]) for o in watching.observed("cancel_asked")}
    assert told == {(number, "--first 1: 1 has succeeded") for number in (1, 3)}
    run = watching.records[0]["run"]
    assert b"+kept" in place.user.call("diff", f"{run}/3").out
    assert place.user.call("logs", f"{run}/3").out
    assert not watching.observed("tried_again")


def test_fewer_than_asked_for_stop_nobody(local_place: Place) -> None:
    place = local_place
    watching = begin(place, 2, slow(place), quick(place), quick(place))
    go(place).touch()
    assert watching.end() == 0
    assert outcomes(watching) == ["cancelled", "succeeded", "succeeded"]
    assert {o["text"] for o in watching.observed("cancel_asked")} == {"--first 2: 2 have succeeded"}


def test_a_patch_that_fails_its_checks_is_no_success(local_place: Place) -> None:
    place = local_place
    wrong = work.model(place, [work.bash("echo wrong > wrong")], "wrong")
    checked = [*words(place, 1, wrong, quick(place), slow(place)), "--verify", "test ! -e wrong"]
    watching = Watching(place.user, *checked)
    watching.until(lambda record: is_event("end")(record) and record["variation"] == 1)
    watching.until(lambda record: is_event("output")(record) and record["variation"] == 3)
    assert not watching.observed("cancel_asked")
    go(place).touch()
    assert watching.end() == 0, watching.err
    assert outcomes(watching) == ["succeeded", "succeeded", "cancelled"]


def test_nobody_is_stopped_before_all_that_is_asked_of_the_base_is_known(local_place: Place) -> None:
    """The quick one shows one test where the base turns out to have two."""
    place = local_place
    known, done = place.user.folder / "known", place.user.folder / "done"
    patient = work.model(place, [work.bash(f"until [ -e {done} ]; do sleep 0.05; done; echo kept > kept")], "patient")
    one, two = (f"echo '<testsuite>{'<testcase/>' * count}</testsuite>' > r.xml" for count in (1, 2))
    slow_base = f"if [ -e made ]; then {one}; else until [ -e {known} ]; do sleep 0.05; done; {two}; fi"
    checks = ["--verify-report", "r.xml", "--verify", f"a={one}", "--verify", f"b={slow_base}"]
    watching = Watching(place.user, *words(place, 1, patient, quick(place)), *checks)
    watching.until(is_event("check"))
    go(place).touch()
    watching.until(lambda record: is_event("end")(record) and record["variation"] == 2)
    known.touch()
    watching.until(
        lambda record: is_event("check")(record) and record["event"]["name"] == "b" and record["variation"] == 1
    )
    done.touch()
    assert watching.end() == 0, watching.err
    assert outcomes(watching) == ["succeeded", "succeeded"]
    assert not watching.observed("cancel_asked")


def test_a_watcher_that_comes_later_stops_the_others_too(local_place: Place) -> None:
    place = local_place
    first = begin(place, 1, slow(place), quick(place))
    run = str(first.records[0]["run"])
    first.kill()
    go(place).touch()
    second = Watching(place.user, "watch", run)
    assert second.end() == 0
    assert outcomes(second) == ["cancelled", "succeeded"]
    again = Watching(place.user, "watch", run)
    assert (again.end(), outcomes(again)) == (0, ["cancelled", "succeeded"])


def test_what_the_user_tries_again_afterwards_is_left_to_end_by_itself(local_place: Place) -> None:
    place = local_place
    idle = work.model(place, [work.bash(f"[ ! -e {go(place)} ] || {{ echo started; sleep 120; }}")], "idle")
    watching = Watching(place.user, *words(place, 1, idle, quick(place)))
    run = str(watching.until(lambda record: is_event("end")(record) and record["variation"] == 1)["run"])
    go(place).touch()
    assert watching.end() == 0
    assert outcomes(watching) == ["no_changes", "succeeded"]
    retried = Watching(place.user, "retry", f"{run}/1", "--force")
    attempt = retried.until(is_event("output"))["attempt"]
    retried.kill()
    watcher = Watching(place.user, "watch", run)
    watcher.until(lambda record: is_event("output")(record) and record["attempt"] == attempt)
    assert place.user.call("cancel", f"{run}/1").code == 0
    assert watcher.end() == 0
    seen = place.user.call("show", run, "--json").of("run")[0]["observations"]
    assert [o["text"] for o in seen if o["observed"] == "cancel_asked"] == ["cancelled by the user"]


def test_more_than_there_are_is_wrong_usage(local_place: Place) -> None:
    done = local_place.user.call(*words(local_place, 3, quick(local_place), quick(local_place)))
    assert done.code == 2
    assert "--first takes 1 to 2" in done.err


def test_on_the_cluster_the_others_keep_their_work_too(kubernetes_place: Place) -> None:
    place = kubernetes_place
    at_once = work.model(place, [work.bash("sleep 6; echo made > made")], "at-once")
    watching = begin(place, 1, slow(place), at_once)
    assert watching.end() == 0, watching.err
    assert outcomes(watching) == ["cancelled", "succeeded"]
    assert b"+kept" in place.user.call("diff", f"{watching.records[0]['run']}/1").out
