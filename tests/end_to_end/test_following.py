"""Runs that are under way: waiting for them, reading along, stopping them."""

import json
import subprocess

import pytest

from tests.end_to_end.changes import FILES
from tests.end_to_end.conftest import Place
from tests.end_to_end.test_run import slow_run
from tests.end_to_end.user import finish
from tests.fixtures.repositories import LocalRepository

QUICK = "- say: Nothing to do.\n- calls: [{tool: write_file, arguments: {path: new.txt, content: new}}]\n"
SLOW = "- calls: [{tool: bash, arguments: {command: 'echo started; sleep 600'}}]\n"


def scripted(place: Place, name: str, text: str) -> str:
    path = place.user.folder / f"{name}.yaml"
    path.write_text(text)
    return f"scripted/{path}"


def detached(place: Place, *models: str) -> str:
    place.git.add("project", FILES)
    words = [word for model in models for word in ("--model", model)]
    done = place.user.run(place.git.url("project"), "Do it.", *words, "-n", str(len(models)), "--detach")
    assert done.code == 0, done.err
    return done.out.decode().strip()


def test_waiting_ends_when_the_run_has_and_exits_as_it_did(place: Place) -> None:
    run = detached(place, scripted(place, "quick", QUICK))
    waited = place.user.call("wait", run)
    assert (waited.code, waited.out.decode()) == (0, f"{run}  1 of 1 succeeded\n")
    assert place.user.call("wait", run, "--json").of("result")[0]["outcome"] == "succeeded"


def test_the_first_success_is_enough_while_others_go_on(local_place: Place) -> None:
    place = local_place
    run = detached(place, scripted(place, "slow", SLOW), scripted(place, "quick", QUICK))
    assert place.user.call("wait", run, "--for", "first-success").code == 0
    assert place.user.call("wait", run, "--timeout", "1s").code == 124
    assert place.user.call("cancel", f"{run}/1").code == 0
    assert place.user.call("wait", run).code == 0


def test_one_of_two_runs_is_enough(local_place: Place) -> None:
    place = local_place
    slow, quick = detached(place, scripted(place, "slow", SLOW)), detached(place, scripted(place, "quick", QUICK))
    assert place.user.call("wait", slow, quick, "--for", "any").code == 0
    assert place.user.call("cancel", slow).code == 0
    assert place.user.call("wait", slow, quick, "--for", "all").code == 1


def test_a_wrong_condition_is_named(local_place: Place, repository: LocalRepository) -> None:  # noqa: ARG001
    run = detached(local_place, scripted(local_place, "quick", QUICK))
    assert local_place.user.call("wait", run, "--for", "luck").code == 2


def test_cancelling_keeps_the_patch_also_when_nobody_watches(place: Place) -> None:
    text = "- calls: [{tool: bash, arguments: {command: 'echo kept > kept.txt; echo started; sleep 600'}}]\n"
    run = detached(place, scripted(place, "slow", text))
    _until_started(place, run)
    done = place.user.call("cancel", run)
    assert done.code == 0, done.err
    assert f"{run}/1 cancelled: 1 file, +1 −0" in done.err
    assert b"+kept" in place.user.call("diff", f"{run}/1").out
    assert f"{run} has already ended" in place.user.call("cancel", "@last").err


def _until_started(place: Place, run: str) -> None:
    process = place.user.start("logs", run, "-f", "--type", "output", "--json")
    assert process.stdout is not None
    assert process.stdout.readline()
    _leave(process)


def _leave(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.communicate()


def test_reading_along_gives_every_line_and_ends_with_the_agent(place: Place) -> None:
    run = detached(place, scripted(place, "quick", QUICK))
    along = place.user.call("logs", run, "-f", "--json")
    assert along.code == 0, along.err
    assert along.out == place.user.call("logs", run, "--json").out
    assert [json.loads(line)["type"] for line in along.out.splitlines()][-1] == "end"


def test_types_and_times_are_sieved(local_place: Place) -> None:
    place = local_place
    run = detached(place, scripted(place, "quick", QUICK))
    place.user.call("wait", run)
    lines = place.user.call("logs", run, "--json", "--type", "say,end").out.splitlines()
    assert {json.loads(line)["type"] for line in lines} == {"say", "end"}
    assert place.user.call("logs", run, "--json", "--since", "2099-01-01T00:00:00Z").out == b""
    assert place.user.call("logs", run, "--json", "--since", "1h").out == place.user.call("logs", run, "--json").out
    assert place.user.call("logs", run, "--type", "nosuch").code == 2
    assert place.user.call("logs", run, "--since", "yesterday").code == 2


def test_the_tail_of_what_was_comes_before_what_is(place: Place) -> None:
    run, process = slow_run(place)
    watching = place.user.start("watch", run, "--tail", "2", "--json")
    assert watching.stdout is not None
    first = json.loads(watching.stdout.readline())
    assert place.user.call("cancel", run).code == 0
    watched, whole = finish(watching), finish(process)
    events = [r["event"]["seq"] for r in [first, *watched.records] if r["kind"] == "event"]
    last = whole.of("event")[-1]["event"]["seq"]
    assert events == list(range(events[0], last + 1))
    assert events[0] > 0


def test_the_list_is_shown_anew_when_a_run_ends(local_place: Place) -> None:
    place = local_place
    run = detached(place, scripted(place, "quick", QUICK))
    process = place.user.start("list", "--watch", "--json")
    assert process.stdout is not None
    states = []
    for line in process.stdout:
        record = json.loads(line)
        assert record["run"] == run
        states.append(record["state"])
        if record["state"] == "ended":
            break
    _leave(process)
    assert states[-1] == "ended"


@pytest.mark.parametrize("words", [["watch"], ["logs"], ["wait"]])
def test_several_follow_one_run_and_each_sees_all_of_it(place: Place, words: list[str]) -> None:
    run = detached(place, scripted(place, "quick", QUICK))
    processes = [place.user.start("watch", run, "--json"), place.user.start(words[0], run, "--json")]
    first, second = (finish(process) for process in processes)
    seqs = [record["event"]["seq"] for record in first.of("event")]
    assert (first.code, second.code) == (0, 0)
    assert seqs == list(range(len(seqs)))
