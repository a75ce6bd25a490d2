"""A run from the request to the applied patch. Where a provider has no part in what is tested, the models are scripts."""

import json
import signal
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from tests.end_to_end.changes import COMMANDS, FILES, expected_patch, script, tree
from tests.end_to_end.conftest import Place
from tests.end_to_end.user import Done, finish
from tests.fixtures.repositories import git
from tests.fixtures.script_player import Element

NAMES = tuple(COMMANDS)


def models(names: tuple[str, ...], url: str) -> list[str]:
    return [*each_of("openai/{}", names), "--api-base", url]


def scripts(place: Place, *names: str) -> list[str]:
    """The same models without a provider, and `slow`, whose command waits."""
    for name in names:
        turns = script(name) if name in COMMANDS else [bash("echo kept > kept.txt; echo started; sleep 600")]
        (place.user.folder / f"{name}.yaml").write_text(yaml.safe_dump(turns))
    return each_of("scripted/{}.yaml", names)


def each_of(form: str, names: tuple[str, ...]) -> list[str]:
    return [word for name in names for word in ("--model", form.format(name))] + ["-n", str(len(names))]


def bash(command: str) -> Element:
    return {"calls": [{"tool": "bash", "arguments": {"command": command}}]}


def run_id(done: Done) -> str:
    return str(done.of("event")[0]["run"])


def test_three_agents_change_a_repository_byte_for_byte(place: Place, tmp_path: Path) -> None:
    base = place.git.add("project", FILES)
    provider = place.provide({name: script(name) for name in NAMES})

    done = place.user.run(place.git.url("project"), "Do your part.", *models(NAMES, provider.url), "--json")

    assert done.code == 0, done.err
    results = done.of("result")
    assert [(r["outcome"], r["summary"]) for r in results] == [("succeeded", f"Did {name}.") for name in NAMES]
    for number, name in enumerate(NAMES, 1):
        patch = place.user.call("diff", f"{run_id(done)}/{number}").out
        assert patch == expected_patch(name, base, place.git.url("project"), tmp_path / f"by-hand-{name}")
        _applies_cleanly(place, patch, base, tmp_path, name)


def _applies_cleanly(place: Place, patch: bytes, base: str, tmp_path: Path, name: str) -> None:
    clone = tmp_path / f"clone-{name}"
    git(tmp_path, "clone", "--quiet", place.git.url("project"), str(clone))
    git(clone, "checkout", "--quiet", base)
    git(clone, "apply", "--binary", "-", given=patch)
    assert tree(clone) == tree(tmp_path / f"by-hand-{name}")


def test_logs_are_byte_for_byte_what_kubectl_has(kubernetes_place: Place) -> None:
    place = kubernetes_place
    place.git.add("project", FILES)
    done = place.user.run(place.git.url("project"), "Do your part.", *scripts(place, *NAMES), "--json")
    assert place.kubectl is not None
    for number in range(1, len(NAMES) + 1):
        ours = place.user.call("logs", f"{run_id(done)}/{number}", "--json").out
        theirs = place.kubectl.raw("logs", "-n", place.namespace, f"job/agent-{run_id(done)}-{number}", "-c", "agent")
        assert ours == theirs
        seqs = [json.loads(line)["seq"] for line in ours.splitlines()]
        assert seqs == list(range(len(seqs)))


def test_two_runs_at_once_do_not_mix(place: Place) -> None:
    place.git.add("project", FILES)
    agents = [*place.user.options, *scripts(place, *NAMES)]
    words = [["run", place.git.url("project"), f"Run {n}.", *agents, "--json"] for n in (1, 2)]
    both = [finish(process) for process in [place.user.start(*line) for line in words]]
    assert {run_id(done) for done in both} == {r["run"] for done in both for r in done.of("event")}
    for done in both:
        assert {record["run"] for record in done.of("event")} == {run_id(done)}
        assert [r["summary"] for r in done.of("result")] == [f"Did {name}." for name in NAMES]


def test_lines_of_every_agent_and_a_table_are_shown(place: Place) -> None:
    place.git.add("project", FILES)
    done = place.user.run(place.git.url("project"), "Do your part.", *scripts(place, *NAMES))
    shown = done.out.decode()
    assert "/2 │ Step 1 of small." in shown
    assert "\x1b" not in shown
    assert [line.split()[:3] for line in shown.splitlines()[-3:]] == [
        [str(n), "✓", f"scripted/{name}.yaml"] for n, name in enumerate(NAMES, 1)
    ]
    assert done.err.splitlines()[-1].endswith("/2")  # the smallest change, to be applied
    assert "aideator select" not in done.err


def test_a_detached_run_is_taken_up_from_its_first_event(place: Place) -> None:
    place.git.add("project", FILES)
    detached = place.user.run(place.git.url("project"), "Do it.", *scripts(place, "small"), "--detach")
    assert detached.code == 0, detached.err
    run = detached.out.decode().strip()
    watched = place.user.call("watch", run, "--json")
    assert watched.code == 0
    seqs = [record["event"]["seq"] for record in watched.of("event")]
    assert seqs == list(range(len(seqs)))
    assert place.user.call("watch", run, "--json").of("event") == watched.of("event")


def test_select_and_apply_take_the_patch_into_a_clone(place: Place, tmp_path: Path) -> None:
    base = place.git.add("project", FILES)
    done = place.user.run(place.git.url("project"), "Do it.", *scripts(place, "small"), "--json")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", place.git.url("project"), str(clone))

    assert place.user.call("apply", run_id(done), "-C", str(clone)).code == 2  # nothing is selected
    assert place.user.call("select", run_id(done), "1").code == 0
    assert place.user.call("apply", run_id(done), "-C", str(clone)).code == 0
    assert (
        git(clone, "diff", "--stat", base).splitlines()[-1].strip() == "1 file changed, 1 insertion(+), 1 deletion(-)"
    )
    again = place.user.call("apply", run_id(done), "-C", str(clone))
    assert (again.code, "already" in again.err) == (0, True)
    assert place.user.call("undo", "-C", str(clone)).code == 0
    assert git(clone, "status", "--porcelain") == ""


def test_a_deleted_run_leaves_nothing(place: Place) -> None:
    place.git.add("project", FILES)
    done = place.user.run(place.git.url("project"), "Do it.", *scripts(place, "small"), "--json")
    assert place.user.call("delete", run_id(done)).code == 0
    assert place.user.call("show", run_id(done)).code == 3
    assert place.user.call("list", "--json").out == b""
    if place.kubectl:
        place.kubectl(
            "wait",
            "--for=delete",
            "job,configmap",
            "-n",
            place.namespace,
            "-l",
            f"aideator.dev/run={run_id(done)}",
            "--timeout=60s",
        )


FAULTS = ("rate_limit", "server_error", "reset", "cut", "garbage", "empty")


def test_a_provider_s_faults_are_survived_and_told(local_place: Place) -> None:
    place = local_place
    place.git.add("project", FILES)
    turns = [element for fault in FAULTS for element in ({"fault": fault}, bash(f"echo after {fault}"))]
    provider = place.provide({"small": [*turns, *script("small")]})
    done = place.user.run(place.git.url("project"), "Do it.", *models(("small",), provider.url), "--json")
    assert done.code == 0, done.err
    told: list[str] = []
    for event in (record["event"] for record in done.of("event")):
        if event["type"] == "notice" and event["level"] != "debug":
            told.append("told")
        elif event["type"] == "output":
            told.append(event["text"].strip())
    for fault in FAULTS:
        assert told[told.index(f"after {fault}") - 1] == "told", f"{fault}: {told}"


def slow_run(place: Place, *options: str) -> tuple[str, subprocess.Popen[bytes]]:
    """A run whose agent has changed a file and waits; its id, and the process that shows it."""
    place.git.add("project", FILES)
    asked = [*place.user.options, *scripts(place, "slow"), "--json", *options]
    process = place.user.start("run", place.git.url("project"), "Wait.", *asked)
    assert process.stdout is not None
    for line in process.stdout:
        record = json.loads(line)
        if record["kind"] == "event" and record["event"]["type"] == "output":
            return record["run"], process
    raise AssertionError(finish(process).err)


def test_a_run_that_is_cancelled_keeps_what_it_has(place: Place) -> None:
    run, process = slow_run(place)
    assert place.user.call("cancel", f"{run}/1").code == 0
    done = finish(process)
    assert (done.code, done.of("result")[0]["outcome"]) == (1, "cancelled")
    assert b"+kept" in place.user.call("diff", f"{run}/1").out


def test_ctrl_c_leaves_the_agents_at_work_and_says_how_to_come_back(place: Place) -> None:
    run, process = slow_run(place)
    process.send_signal(signal.SIGINT)
    left = finish(process)
    assert left.code == 130
    assert "1 agent stays at work" in left.err
    assert f"aideator watch {run}" in left.err
    watching = place.user.start("watch", run, "--json")
    assert place.user.call("cancel", run).code == 0
    watched = finish(watching)
    seqs = [record["event"]["seq"] for record in watched.of("event")]
    assert seqs == list(range(len(seqs)))
    assert watched.of("result")[0]["outcome"] == "cancelled"


def test_ctrl_c_counts_only_the_agents_that_are_still_at_work(local_place: Place) -> None:
    place = local_place
    place.git.add("project", FILES)
    asked = [*place.user.options, *scripts(place, "small", "slow"), "--json"]
    process = place.user.start("run", place.git.url("project"), "Wait.", *asked)
    assert process.stdout is not None
    ended = next(
        record for line in process.stdout if (record := json.loads(line)).get("event", {}).get("type") == "end"
    )
    process.send_signal(signal.SIGINT)
    assert "1 agent stays at work" in finish(process).err
    assert place.user.call("cancel", ended["run"]).code == 0


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_where_it_is_asked_for_an_interrupt_stops_the_agents_and_keeps_what_they_have(
    place: Place, sent: signal.Signals
) -> None:
    run, process = slow_run(place, "--on-interrupt", "cancel")
    process.send_signal(sent)
    left = finish(process)
    assert left.code == 128 + sent
    assert f"{run}/1 cancelled: " in left.err
    assert b"+kept" in place.user.call("diff", f"{run}/1").out


def test_another_machine_watches_with_nothing_but_the_kubeconfig(kubernetes_place: Place, tmp_path: Path) -> None:
    place = kubernetes_place
    place.git.add("project", FILES)
    done = place.user.run(place.git.url("project"), "Do it.", *scripts(place, "small"), "--json")
    elsewhere = replace(
        place.user, environment={**place.user.environment, "AIDEATOR_HOME": str(tmp_path / "elsewhere")}
    )
    watched = elsewhere.call("watch", run_id(done), "--namespace", place.namespace, "--json")
    assert watched.code == 0, watched.err
    assert watched.of("event") == done.of("event")
    assert watched.of("result") == done.of("result")
