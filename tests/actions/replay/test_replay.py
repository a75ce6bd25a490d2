"""`replay`: a stored run as it was, at the speed that is asked for; what is stored stays as it is."""

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from aideator_agent.spec import Repository, RunSpec, VariationSpec
from aideator_cli.domain.attempts import Attempt
from aideator_cli.domain.events import Closed, Ended, Observation, Opened, parse
from aideator_cli.domain.runs import Place
from aideator_cli.errors import ExitCode
from aideator_cli.store import Store
from aideator_cli.stream.recording import recording
from tests.cli.conftest import Shell
from tests.fixtures.stored_runs import Told, add_run, change

PATCH = change("src/a.py", "old", "new")
WORDS = ({"type": "say", "text": "Looking at the tokenizer.\n"}, {"type": "say", "text": "Then \x1b]0;owned\x07.\n"})
NO_WAIT = ("--max-pause", "0")


def contents(home: Path) -> list[str]:
    with closing(sqlite3.connect(home / "aideator.db")) as store:
        return list(store.iterdump())


def killed(home: Path) -> RunSpec:
    """Its first agent was killed, its second one never started."""
    variations = (VariationSpec(1, "gpt-5"), VariationSpec(2, "gpt-5"))
    repository = Repository("https://git.example/todo.git")
    spec = RunSpec("k1lledx", "uuid", "2026-11-21T12:00:00.000000Z", repository, "Do it.", variations)
    attempt = Attempt("uid-1", spec.id, 1, spec.created, "pod-1")
    store = Store.open(home)
    store.add_run(spec, Place("local", "this machine"))
    lines = [
        b'{"v":1,"seq":0,"time":"2026-11-21T12:00:01Z","type":"start"}',
        b'{"v":1,"seq":1,"time":"2026-11-21T12:00:02Z","type":"say","text":"Now then.\\n"}',
    ]
    seen = Observation(spec.id, "2026-11-21T12:00:03Z", "oom_killed", "out of memory", 1, attempt.id)
    events = [parse(attempt, line, f"{n}", n - 1) for n, line in enumerate(lines)]
    over = [Closed(attempt, "oom_killed", "the agent was killed: out of memory"), Ended(2, "quota", "exceeded quota")]
    for _ in recording(store, spec, iter([[Opened(attempt)], [*events], [seen], over])):
        pass
    store.set_state(spec.id, "ended")
    store.close()
    return spec


def test_a_stored_run_is_played_and_ends_with_its_table(aideator: Shell, home: Path) -> None:
    add_run(home, Told(PATCH, more=WORDS), Told(PATCH, summary="The other."))
    before = contents(home)
    done = aideator("replay", "k3v", *NO_WAIT)
    assert done.code == 0
    assert "k3v9x2q/1 │ Looking at the tokenizer.\n" in done.out
    assert "k3v9x2q/1 │ Then ␛]0;owned␇.\n" in done.out
    assert "k3v9x2q/2 │ submitted: The other.\n" in done.out
    assert done.out.splitlines()[-1].startswith("2  ✓  gpt-5  succeeded")
    assert contents(home) == before


def test_one_variation_is_played_alone(aideator: Shell, home: Path) -> None:
    add_run(home, Told(PATCH, summary="The one."), Told(PATCH, summary="The other."))
    done = aideator("replay", "@last/2", *NO_WAIT)
    assert "The one" not in done.out
    assert "k3v9x2q/2 │ submitted: The other.\n" in done.out
    assert done.out.splitlines()[-1].startswith("2  ✓")


@pytest.mark.parametrize("command", ["replay", "watch"])
def test_what_was_selected_is_told_and_only_applying_it_is_left_to_do(
    aideator: Shell, home: Path, command: str
) -> None:
    add_run(home, Told(PATCH), Told(PATCH))
    assert aideator("select", "k3v9x2q/2", "--note", "clearer\x1b[2J").code == 0
    done = aideator(command, "k3v9x2q", "--view", "lines", *(NO_WAIT if command == "replay" else ()))
    assert done.out.splitlines()[-1].startswith("2*  ✓")
    assert done.err.endswith("selected k3v9x2q/2: clearer␛[2J\n  aideator apply k3v9x2q\n")


def test_how_agents_ended_that_left_no_word_is_played_too(aideator: Shell, home: Path) -> None:
    lines = aideator("replay", killed(home).id, *NO_WAIT).out.splitlines()
    assert lines[:4] == [
        "k1lledx/2 │ failed: exceeded quota",
        "k1lledx/1 │ Now then.",
        "k1lledx/1 │ oom killed: out of memory",
        "k1lledx/1 │ failed: the agent was killed",
    ]


def test_what_is_still_at_work_is_played_as_far_as_it_is_known(aideator: Shell, home: Path) -> None:
    spec = add_run(home, Told(PATCH, more=WORDS))
    with closing(sqlite3.connect(home / "aideator.db")) as store:
        store.execute("update variations set result = null")
        store.commit()
    done = aideator("replay", spec.id, *NO_WAIT)
    assert done.code == 0
    assert (
        done.err.splitlines()[-1]
        == "k3v9x2q is still at work; this is what has been stored so far.  aideator watch k3v9x2q"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--speed", "0"], "--speed takes a number above 0, not 0"),
        (["--speed", "nan"], "--speed takes a number above 0, not nan"),
        (["--max-pause", "soon"], "--max-pause takes a time such as 90s, 30m or 2h, not 'soon'"),
        (["--view", "cinema"], "there is no view cinema"),
        (["--view", "live"], "--view live needs a terminal, and stdout is not one"),
        (["--view", "panes"], "--view panes needs a terminal, and stdout is not one"),
    ],
)
def test_wrong_usage_is_named(aideator: Shell, home: Path, words: list[str], said: str) -> None:
    add_run(home, Told(PATCH))
    done = aideator("replay", *words)
    assert (done.code, done.out) == (ExitCode.USAGE, "")
    assert done.err.startswith(f"error: {said}")


def test_a_run_that_is_not_known_here_is_looked_for_nowhere_else(aideator: Shell, home: Path) -> None:
    add_run(home, Told(PATCH))
    assert aideator("replay", "zzz").code == ExitCode.NOT_FOUND


def test_a_run_without_an_event_says_so(aideator: Shell, home: Path) -> None:
    variations = (VariationSpec(1, "gpt-5"),)
    spec = RunSpec(
        "e3mpty0", "uuid", "2026-11-21T12:00:00Z", Repository("https://git.example/x.git"), "Do it.", variations
    )
    Store.open(home).add_run(spec, Place("local", "this machine"))
    done = aideator("replay", spec.id)
    assert (done.code, done.err.splitlines()[0]) == (ExitCode.NOT_FOUND, "error: nothing is stored for e3mpty0 yet")


def test_ctrl_c_leaves_at_once(home: Path) -> None:
    add_run(home, Told(PATCH, more=(WORDS[0], {**WORDS[1], "time": "2026-11-21T13:00:00Z"})))
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "aideator_cli", "replay", "--max-pause", "1h"],
        env={**os.environ, "AIDEATOR_HOME": str(home)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "k3v9x2q/1 │ Looking at the tokenizer.\n".encode()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (ExitCode.INTERRUPTED, b""), out
