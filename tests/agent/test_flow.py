"""An attempt from start to end, as somebody who follows its events sees it."""

import os
import platform
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import aideator_agent
from aideator_agent import rooms
from aideator_agent.protocol import EVENT_TYPES
from aideator_agent.spec import Limits, Price, VariationSpec
from tests.agent.running import Agent, bash, call, spec_of, submit
from tests.fixtures.repositories import LocalRepository

CHANGE = {"calls": [call("str_replace", path="a.py", old="x = 1", new="x = 2")]}


def test_an_attempt_tells_all_it_does_and_ends_with_its_patch(agent: Agent, repository: LocalRepository) -> None:
    looking = {
        "say": "Looking around.",
        "think": "It must be a.py.",
        "calls": [call("bash", command="cat a.py; echo no >&2; exit 3")],
        "usage": {"input": 100, "output": 10, "cached": 40},
    }
    record = agent.run(spec_of(str(repository.path), [looking, CHANGE, submit("Changed x.")]))

    assert record.code == 0
    assert record.outcome == ("succeeded", None, "")
    assert record.end["summary"] == "Changed x."
    assert record.end["base"] == repository.git("rev-parse", "HEAD")
    totals = record.end["totals"]
    assert totals["seconds"] > 0
    assert {**totals, "seconds": 0} == {
        "steps": 3, "input": 100, "output": 10, "cached": 40, "reasoning": 0, "cost": 0.0, "seconds": 0, "commands": 1,
    }  # fmt: skip
    phases = [(e["name"], e["state"]) for e in record.of("phase")]
    assert phases == [(n, s) for n in ("clone", "work", "patch") for s in ("begin", "end")]
    assert next(e for e in record.of("phase") if "base" in e)["base"] == record.end["base"]
    assert record.text("say") == "Looking around."
    assert record.text("think") == "It must be a.py."
    assert "".join(e["text"] for e in record.of("output") if e["step"] == 1) == "x = 1\nno\n"
    assert [(e["step"], e["exit_code"]) for e in record.of("done")] == [(1, 3), (2, 0), (3, 0)]
    assert {e["type"] for e in record.events} <= set(EVENT_TYPES)
    assert b"-x = 1\n+x = 2\n" in record.patch
    last = record.of("patch")[-1]
    assert (last["files"], last["additions"], last["deletions"], last["tests"]) == (1, 1, 1, [])


def test_the_start_says_what_runs(agent: Agent, repository: LocalRepository) -> None:
    start = agent.run(spec_of(str(repository.path), [submit()])).events[0]
    assert start["run"] == "k3v9x2q"
    assert start["variation"] == 1
    assert start["attempt"] == "11111111-1111-4111-8111-111111111111"
    assert start["model"] == "scripted/turns.yaml"
    assert start["versions"] == {"agent": aideator_agent.__version__, "python": platform.python_version()}
    assert start["limits"] == {
        "steps": 100,
        "seconds": 1800.0,
        "command_seconds": 300.0,
        "idle_seconds": 60.0,
        "check_seconds": 600.0,
        "cost": None,
        "tokens": None,
        "output": None,
    }


def test_a_local_attempt_leaves_no_folder_behind(agent: Agent, repository: LocalRepository) -> None:
    agent.run(
        spec_of(str(repository.path), [bash("mkdir -p deep/er; touch deep/er/x; chmod 0 deep/er deep"), submit()])
    )
    assert not (agent.folder / "room").exists()


def test_removing_the_folders_leaves_the_processors_to_agents_at_work(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    done: list[object] = []
    monkeypatch.setattr(os, "nice", done.append)
    monkeypatch.setattr(shutil, "rmtree", lambda folder, **_: done.append(folder))
    rooms.remove(tmp_path / "workspace", tmp_path / "private")
    assert done == [rooms.AFTER_OTHERS, tmp_path / "workspace", tmp_path / "private"]


def test_a_folder_that_is_in_use_is_refused_and_left_alone(agent: Agent, repository: LocalRepository) -> None:
    kept = agent.workspace / "repo" / "kept"
    kept.parent.mkdir(parents=True)
    kept.write_text("mine")
    record = agent.run(spec_of(str(repository.path), [submit()]))
    assert record.outcome[:2] == ("failed", "infrastructure")
    assert "already exists" in record.end["reason"]
    assert kept.read_text() == "mine"


def test_an_attempt_that_changes_nothing_says_so(agent: Agent, repository: LocalRepository) -> None:
    record = agent.run(spec_of(str(repository.path), [submit("There was nothing to do.")]))
    assert record.code == 0
    assert record.outcome == ("no_changes", None, "")
    assert record.patch == b""


def test_past_the_last_turn_of_a_script_it_submits(agent: Agent, repository: LocalRepository) -> None:
    assert agent.run(spec_of(str(repository.path), [CHANGE])).outcome == ("succeeded", None, "")


def test_the_limit_of_steps_leaves_the_patch(agent: Agent, repository: LocalRepository) -> None:
    turns = [CHANGE, *(bash(f"echo {n}") for n in range(5))]
    record = agent.run(spec_of(str(repository.path), turns, limits=Limits(steps=3)))
    assert record.code == 1
    assert record.outcome == ("limit", None, "steps")
    assert record.end["totals"]["steps"] == 3
    assert b"+x = 2" in record.patch


def test_the_limit_of_tokens_counts_what_the_model_reads_and_writes(agent: Agent, repository: LocalRepository) -> None:
    spent = {"usage": {"input": 100, "output": 10, "cached": 60}}
    turns = [{**CHANGE, **spent}, *({**bash(f"echo {n}"), **spent} for n in range(5))]
    record = agent.run(spec_of(str(repository.path), turns, limits=Limits(tokens=220)))
    assert record.outcome == ("limit", None, "tokens")
    assert record.end["totals"]["steps"] == 2
    assert record.of("start")[0]["limits"]["tokens"] == 220
    assert b"+x = 2" in record.patch


def test_the_time_limit_ends_a_command_and_leaves_the_patch(agent: Agent, repository: LocalRepository) -> None:
    record = agent.run(spec_of(str(repository.path), [CHANGE, bash("sleep 600")], limits=Limits(seconds=1.0)))
    assert record.code == 1
    assert record.outcome == ("limit", None, "time")
    assert record.of("done")[-1]["reason"] == "stopped"
    assert record.end["totals"]["seconds"] < 10
    assert b"+x = 2" in record.patch


def test_a_command_that_takes_too_long_is_ended_and_the_model_is_told(
    agent: Agent, repository: LocalRepository
) -> None:
    record = agent.run(
        spec_of(str(repository.path), [bash("echo so far; sleep 600")], limits=Limits(command_seconds=0.5))
    )
    assert record.outcome[0] == "no_changes"
    assert (record.of("done")[0]["exit_code"], record.of("done")[0]["reason"]) == (None, "timeout")
    assert "so far" in record.of("sent")[1]["text"]
    assert "ended after 0.5 seconds" in record.of("sent")[1]["text"]


@pytest.mark.parametrize("fault", ["rate_limit", "server_error", "reset", "cut", "garbage", "empty"])
def test_a_fault_that_passes_is_told_and_the_turn_asked_again(
    agent: Agent, repository: LocalRepository, fault: str
) -> None:
    record = agent.run(spec_of(str(repository.path), [{"fault": fault}, CHANGE, submit()]))
    assert record.outcome == ("succeeded", None, "")
    assert "trying again" in record.notices("warning")
    assert record.end["totals"]["steps"] == 2


def test_a_model_that_never_answers_fails_after_six_retries(agent: Agent, repository: LocalRepository) -> None:
    record = agent.run(spec_of(str(repository.path), [CHANGE, *[{"fault": "server_error"}] * 7, submit()]))
    assert record.code == 1
    assert record.outcome[:2] == ("failed", "model")
    assert len(record.of("notice")) == 6
    assert b"+x = 2" in record.patch


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [("refusal", ("failed", "model", "the model refused (scripted)")), ("context", ("limit", None, "tokens"))],
)
def test_a_fault_that_stays_ends_the_attempt_with_its_patch(
    agent: Agent, repository: LocalRepository, fault: str, outcome: tuple[str, str | None, str]
) -> None:
    record = agent.run(spec_of(str(repository.path), [CHANGE, {"fault": fault}, submit()]))
    assert record.outcome == outcome
    assert b"+x = 2" in record.patch


def test_a_turn_without_a_call_is_reminded_and_a_second_one_counts_as_the_end(
    agent: Agent, repository: LocalRepository
) -> None:
    record = agent.run(spec_of(str(repository.path), [CHANGE, {"say": "I think so."}, {"say": "All done."}]))
    assert record.outcome == ("succeeded", None, "")
    assert record.end["summary"] == "All done."
    assert "You called no tool" in record.of("sent")[-1]["text"]


def test_a_call_between_two_silent_turns_makes_the_reminder_new(agent: Agent, repository: LocalRepository) -> None:
    turns = [{"say": "Hm."}, bash("true"), {"say": "Hm."}, CHANGE, submit("At last.")]
    assert agent.run(spec_of(str(repository.path), turns)).end["summary"] == "At last."


def test_the_same_call_four_times_in_a_row_ends_the_attempt(agent: Agent, repository: LocalRepository) -> None:
    record = agent.run(spec_of(str(repository.path), [CHANGE, *[bash("ls")] * 4, submit()]))
    assert record.outcome[:2] == ("failed", "agent")
    assert len([e for e in record.of("call") if e["tool"] == "bash"]) == 3
    assert "same call" in record.of("sent")[-1]["text"]
    assert b"+x = 2" in record.patch


def test_several_calls_in_a_turn_are_done_in_order_until_submit(agent: Agent, repository: LocalRepository) -> None:
    calls = [call("bash", command="echo y = 1 > b.py"), call("read_file", path="b.py"), *submit()["calls"]]
    record = agent.run(spec_of(str(repository.path), [{"calls": [*calls, call("bash", command="rm b.py")]}]))
    assert record.outcome[0] == "succeeded"
    assert [e["tool"] for e in record.of("call")] == ["bash", "read_file", "submit"]
    assert b"+y = 1" in record.patch


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (call("fly"), "There is no tool 'fly'"),
        (call("bash"), "bash needs command"),
        (call("bash", command=7), "command must be of type string"),
        (call("bash", command="ls", cwd="/"), "no argument 'cwd'"),
        (call("bash", command="echo \0"), "NUL"),
        (call("read_file", path="../../private/git/config"), "leads out"),
        (call("read_file", path="/etc/passwd"), "leads out"),
        (call("read_file", path="none.py"), "No such file"),
        (call("write_file", path=".git/hooks/pre-commit", content="x"), "belongs to git"),
        (call("str_replace", path="a.py", old="y = 1", new=""), "not found"),
    ],
)
def test_a_call_that_makes_no_sense_is_answered_and_the_work_goes_on(
    agent: Agent, repository: LocalRepository, wrong: dict[str, Any], words: str
) -> None:
    record = agent.run(spec_of(str(repository.path), [{"calls": [wrong]}, CHANGE, submit()]))
    assert record.outcome[0] == "succeeded"
    assert record.of("done")[0]["exit_code"] == 1
    assert words in record.of("output")[0]["text"]
    assert words in record.of("sent")[1]["text"]


def test_without_leave_there_is_no_shell(agent: Agent, repository: LocalRepository) -> None:
    record = agent.run(spec_of(str(repository.path), [bash("touch b.py"), CHANGE, submit()], allow_shell=False))
    assert "There is no tool 'bash'" in record.of("output")[0]["text"]
    assert b"b.py" not in record.patch


def test_the_model_is_told_its_role_the_task_and_what_the_repository_tells_agents(
    agent: Agent, repository: LocalRepository
) -> None:
    repository.commit({"AGENTS.md": "Use tabs.\n", "CLAUDE.md": "Use tabs.\n"})
    spec = spec_of(str(repository.path), [submit()], system={"engineer": "You are one."}, task="Mend it.")
    text = agent.run(spec).of("sent")[0]["text"]
    assert "You are one." in text
    assert "Mend it." in text
    assert text.count("Use tabs.") == 1


def test_the_price_of_a_model_makes_the_cost(agent: Agent, repository: LocalRepository) -> None:
    spec = spec_of(str(repository.path), [{**submit(), "usage": {"input": 100, "output": 10, "cached": 60}}])
    price = Price(input=0.01, output=0.1, cached=0.001)
    record = agent.run(replace(spec, variations=(replace(spec.variations[0], price=price),)))
    assert record.end["totals"]["cost"] == pytest.approx(0.4 + 0.06 + 1.0)


def test_the_limit_of_cost_leaves_the_patch_and_overspends_by_one_call_at_most(
    agent: Agent, repository: LocalRepository
) -> None:
    spent = {"usage": {"input": 100, "output": 10}}
    spec = spec_of(str(repository.path), [{**CHANGE, **spent}, *({**bash(f"echo {n}"), **spent} for n in range(5))])
    priced = replace(spec.variations[0], price=Price(input=0.01, output=0.1))
    record = agent.run(replace(spec, variations=(priced,), limits=Limits(cost=3.5)))
    assert record.outcome == ("limit", None, "cost")
    assert record.end["totals"]["cost"] == pytest.approx(4.0)
    assert b"+x = 2" in record.patch


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"AIDEATOR_SPEC": "/nowhere/spec.json"}, "cannot be read"),
        ({"AIDEATOR_VARIATION": "7"}, "no variation 7"),
        ({"AIDEATOR_VARIATION": "one"}, "not a number"),
    ],
)
def test_even_an_attempt_that_cannot_begin_has_a_start_and_an_end(
    agent: Agent, repository: LocalRepository, environment: dict[str, str], words: str
) -> None:
    record = agent.run(spec_of(str(repository.path)), program=(), **environment)
    assert record.code == 1
    assert record.outcome[:2] == ("failed", "infrastructure")
    assert words in record.end["reason"]


def test_a_script_that_is_missing_is_the_models_fault(agent: Agent, repository: LocalRepository) -> None:
    variation = VariationSpec(1, "scripted/other.yaml")
    record = agent.run(spec_of(str(repository.path), variations=(variation,)))
    assert record.outcome == ("failed", "model", "the spec holds no script for scripted/other.yaml")


def test_a_script_that_makes_no_sense_breaks_the_agent_but_not_its_end(
    agent: Agent, repository: LocalRepository
) -> None:
    record = agent.run(spec_of(str(repository.path), [CHANGE, {"fault": "no such fault"}]))
    assert record.outcome[:2] == ("failed", "agent")
    assert "KeyError" in record.end["reason"]
    assert "Traceback" in record.notices("error")
    assert b"+x = 2" in record.patch
