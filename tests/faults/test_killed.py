"""Whoever watches may be killed at any instant, or watch together with others: each event is stored and shown once."""

import fcntl
import random
import subprocess
import sys
import termios
import time
from collections import Counter

from tests.end_to_end.conftest import Place
from tests.end_to_end.user import finish
from tests.faults import record, work
from tests.faults.soaking import amount
from tests.faults.watching import Watching, is_event

KILLS = amount(5, soak=50)
SUBMISSIONS = amount(5, soak=25)
WATCHERS = amount(2, soak=6)
PIPE_BYTES = 40_000  # of the 64 KiB that a pipe holds, in pages that need not be full


def test_a_run_whose_watchers_are_killed_again_and_again_is_stored_whole(place: Place) -> None:
    model = work.model(place, [*work.many(), *work.until_released(place)])
    first = Watching(place.user, *work.words(place, model))
    run = first.until(is_event("start"))["run"]
    kill_at_some_instant(first)
    for _ in range(KILLS - 1):
        kill_at_some_instant(Watching(place.user, "watch", run))
    work.release(place, run)
    last = Watching(place.user, "watch", run)
    assert last.end() == 0, last.err
    events = record.shown(last.records, record.stored(place, run))
    print(f"{place.name}: {KILLS} kills, {events} events")


def test_a_run_that_is_killed_while_it_submits_is_whole_or_told_never_to_have_begun(place: Place) -> None:
    submit = work.words(place, work.model(place, [*work.many(3), work.bash("sleep 4; echo made > made")]))
    for _ in range(SUBMISSIONS):
        kill_at_some_instant(Watching(place.user, *submit), 0.2, amount(1.0, soak=2.0))
    known = [each["run"] for each in place.user.call("list", "--json").records]
    outcomes = Counter(outcome_of(place, run) for run in known)
    print(f"{place.name}: {SUBMISSIONS} kills, {dict(outcomes)}")
    if place.kubectl:
        jobs = place.kubectl.json("get", "jobs", "-n", place.namespace)["items"]
        assert {job["metadata"]["labels"]["aideator.dev/run"] for job in jobs} <= set(known)


def outcome_of(place: Place, run: str) -> str:
    watching = Watching(place.user, "watch", run)
    code, result = watching.end(), watching.result
    if result["outcome"] == "succeeded":
        assert code == 0
        record.shown(watching.records, record.stored(place, run))
        return "succeeded"
    assert (code, result["fault"], result["reason"], result["attempt"]) == (4, "infrastructure", "deleted", None)
    return str(result["reason"])


def kill_at_some_instant(watching: Watching, earliest: float = 0.05, latest: float = 2.0) -> None:
    """Seconds after its start; after two it reads along."""
    try:
        watching.process.wait(random.uniform(earliest, latest))
    except subprocess.TimeoutExpired:
        watching.kill()
        return
    raise AssertionError(f"ended by itself: {watching.err!r}")


def test_several_watchers_of_one_store_and_of_another_each_see_all_of_it(place: Place) -> None:
    run = work.start(place, work.model(place, [*work.many(), *work.until_released(place)]))
    watching = [Watching(place.user, "watch", run) for _ in range(WATCHERS)]
    if place.kubectl:
        other = work.elsewhere(place)
        watching += [Watching(other, "watch", run, *work.there(place)) for _ in range(WATCHERS - 1)]
    for each in watching:
        each.until(is_event("output"))
    work.release(place, run)
    for each in watching:
        assert each.end() == 0, each.err
        record.shown(each.records, record.stored(place, run))


def test_a_watcher_that_nobody_reads_misses_nothing_of_what_another_has_stored_meanwhile(local_place: Place) -> None:
    place = local_place
    run = work.start(place, work.model(place, [*work.many(60, 100), *work.until_released(place)]))
    other = Watching(place.user, "watch", run)
    other.until(lambda record: is_event("done")(record) and record["event"]["step"] == 60)
    slow = place.user.start("watch", run, "--json")
    until_full(slow)
    work.release(place, run)
    assert other.end() == 0
    record.shown(finish(slow).records, record.stored(place, run))


def test_a_watcher_that_lags_behind_and_is_killed_takes_no_result_back(local_place: Place) -> None:
    place = local_place
    turns = [*work.until_released(place), *work.many(60, 100)]
    run = work.start(place, work.model(place, turns))
    slow, other = place.user.start("watch", run, "--json"), Watching(place.user, "watch", run)
    assert slow.stdout is not None
    assert slow.stdout.readline()
    other.until(is_event("output"))
    work.release(place, run)
    until_full(slow)
    assert other.end() == 0
    slow.stdout.read(100_000)
    until_full(slow)
    slow.kill()
    slow.communicate()
    again = Watching(place.user, "watch", run)
    assert (again.end(), again.result["outcome"]) == (0, "succeeded")
    record.shown(again.records, record.stored(place, run))


def until_full(process: subprocess.Popen[bytes], seconds: float = 60) -> None:
    """Its pipe takes no more: it waits for its reader."""
    assert process.stdout is not None
    deadline = time.monotonic() + seconds
    waiting = bytearray(4)
    while int.from_bytes(waiting, sys.byteorder) < PIPE_BYTES:
        assert time.monotonic() < deadline, "the pipe never filled"
        assert process.poll() is None
        fcntl.ioctl(process.stdout, termios.FIONREAD, waiting)
        time.sleep(0.05)
