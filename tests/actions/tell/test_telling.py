"""`aideator tell`: an agent at work on this machine is told something."""

import json
import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event as Flag
from typing import cast

import pytest
import yaml

from aideator_agent import told
from aideator_agent.program import AgentProgram
from aideator_cli.actions.telling import at_work, send
from aideator_cli.api import Aideator, Event, Run
from aideator_cli.backends.base import Backend, Status, Trouble
from aideator_cli.backends.local import LocalBackend
from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.intake.request import Where
from aideator_cli.stream import glimpse
from aideator_cli.stream.resubmitting import newest_statuses
from aideator_cli.system.settings import Settings
from tests.backends.kubernetes.specs import run_spec
from tests.cli.conftest import Shell
from tests.fixtures.repositories import LocalRepository


class Work:
    """A run of agents whose first command waits until the test lets them go on."""

    def __init__(self, aideator: Shell, folder: Path) -> None:
        self.gate = folder / "gate"
        os.mkfifo(self.gate)
        self._opener = os.open(self.gate, os.O_RDWR)  # which waits for nobody
        repository = LocalRepository(folder / "source")
        repository.commit({"a.py": "x\n"})
        turns = [
            {"calls": [{"tool": "bash", "arguments": {"command": f"echo at work; read -r _ < {self.gate}"}}]},
            {"say": "Fine."},
        ]
        (folder / "script.yaml").write_text(yaml.safe_dump(turns))
        self._aideator = aideator
        self._words = (str(repository.path), "Wait.", "--model", f"scripted/{folder}/script.yaml", "--backend", "local")

    def begin(self, count: int) -> str:
        """Returns the run's id once all agents wait."""
        said = self._aideator("run", *self._words, "-n", str(count), "--detach")
        assert said.code == 0, said.err
        return self._waiting(Aideator().run(said.out.strip()), count)

    def start(self, count: int, *, max_parallel: int) -> str:
        """Does the same for a run in which only some agents work at once."""
        repo, prompt, _, model, _, _ = self._words
        where = Where("local")
        run = Aideator().start(repo, prompt, models=model, n=count, where=where, max_parallel=max_parallel)
        return self._waiting(run, max_parallel)

    def _waiting(self, run: Run, count: int) -> str:
        waiting = set()
        for item in run.events():
            if isinstance(item, Event) and item.type == "output":
                waiting.add(item.variation)
            if len(waiting) == count:
                return run.id
        raise AssertionError("an agent ended")

    def go_on(self, run: str, count: int) -> None:
        os.write(self._opener, b"\n" * count)
        self._aideator("wait", run)


@pytest.fixture
def work(aideator: Shell, tmp_path: Path) -> Iterator[Work]:
    made = Work(aideator, tmp_path)
    yield made
    for run in Aideator().runs():
        run.delete(force=True)


def sent_to(run: str, number: int) -> str:
    events = [item for item in Aideator().run(run).events(follow=False) if isinstance(item, Event)]
    return "".join(e.data.get("text", "") for e in events if e.type == "sent" and e.variation == number)


def test_one_agent_is_told_something_and_the_other_is_not(work: Work, aideator: Shell) -> None:
    run = work.begin(2)
    said = aideator("tell", f"{run}/2", "Leave the docs alone.")
    assert (said.code, said.out, said.err) == (0, "", f"told {run}/2\n")
    work.go_on(run, 2)
    assert "Leave the docs alone." in sent_to(run, 2)
    assert "Leave the docs alone." not in sent_to(run, 1)
    assert "» Leave the docs alone." in aideator("logs", f"{run}/2").out


def test_all_are_told_what_comes_on_standard_input(
    work: Work, aideator: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = work.begin(2)
    reader, writer = os.pipe()
    os.write(writer, "Two lines:\nänd \x1b[31m colour".encode())
    os.close(writer)
    with os.fdopen(reader) as stdin, monkeypatch.context() as patch:
        patch.setattr("sys.stdin", stdin)
        said = aideator("tell", run, "-", "--json")
    records = [json.loads(line) for line in said.out.splitlines()]
    assert [(r["kind"], r["variation"], r["arrived"], r["why"]) for r in records] == [
        ("told", n, True, None) for n in (1, 2)
    ]
    work.go_on(run, 2)
    assert "Two lines:" in sent_to(run, 1)
    shown = aideator("logs", run).out
    assert "» Two lines:" in shown
    assert "\x1b" not in shown


def test_who_has_ended_is_told_nothing(work: Work, aideator: Shell) -> None:
    run = work.begin(1)
    work.go_on(run, 1)
    said = aideator("tell", f"{run}/1", "Too late.")
    assert said.code == ExitCode.REFUSED
    assert f"{run}/1 does not get the message: it has ended" in said.err
    assert f"retry {run} --force" in said.err


def test_who_waits_for_a_free_place_is_told_nothing_and_the_others_are(work: Work, aideator: Shell) -> None:
    run = work.start(2, max_parallel=1)
    said = aideator("tell", run, "Be quick.")
    assert said.code == 0
    assert f"told {run}/1\n" in said.err
    assert f"{run}/2 does not get the message: it has not started: waits until another one has ended" in said.err
    said = aideator("tell", f"{run}/2", "Be quick.")
    assert said.code == ExitCode.REFUSED
    assert "it has not started" in said.err
    aideator("cancel", f"{run}/2")
    work.go_on(run, 1)


@pytest.mark.parametrize(
    ("message", "error"),
    [
        (" \n", "the message is empty"),
        ("x" * (told.CHARACTERS + 1), "a message takes at most 8,000 characters, not 8,001"),
    ],
)
def test_a_message_that_no_agent_would_take_is_refused_at_once(aideator: Shell, message: str, error: str) -> None:
    said = aideator("tell", "k3v9x2q/1", message)
    assert said.code == ExitCode.USAGE
    assert error in said.err


def test_an_unknown_run_or_variation_is_named(work: Work, aideator: Shell) -> None:
    run = work.begin(1)
    assert aideator("tell", f"{run}/2", "Hello").code == ExitCode.NOT_FOUND
    assert aideator("tell", "@nothing", "Hello").code != 0
    work.go_on(run, 1)


def test_only_this_user_can_write_to_the_agent(work: Work, home: Path) -> None:
    run = work.begin(1)
    (file,) = (home / "runs" / run / "1").glob("*.told")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    work.go_on(run, 1)


def test_the_python_api_tells_too(work: Work) -> None:
    run = work.begin(1)
    assert Aideator().run(run, Where()).tell("Be quick.", 1) == (1,)
    work.go_on(run, 1)
    assert "Be quick." in sent_to(run, 1)


def test_an_agent_that_takes_its_task_once_is_told_nothing(work: Work) -> None:
    run = Aideator().run(work.begin(1))
    agent = AgentProgram("aider", "text", "aider", "openai", "https://api.openai.com")
    spec = replace(run.spec, variations=(replace(run.spec.variations[0], agent=agent),))
    found, missed = at_work(spec, LocalBackend(Settings().home, {}), [1])
    assert (found, missed) == ({}, {1: "aider takes no messages"})
    work.go_on(run.id, 1)


def test_a_cluster_that_is_away_for_a_moment_is_asked_again() -> None:
    class Back:
        def watch(self, _: object, stop: Flag) -> Iterator[Status | Trouble]:
            yield Trouble("cluster k3d-dev does not answer", back=False)
            yield Trouble("it can be reached again", back=True)
            yield Status(1, "ended", "image", "the image can't be pulled", final=True)
            assert stop.is_set()

    assert newest_statuses(run_spec(), cast(Backend, Back())).keys() == {1}


def test_a_cluster_that_stays_away_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    class Away:
        name = "kubernetes"

        def watch(self, _: object, stop: Flag) -> Iterator[Trouble]:
            yield Trouble("cluster k3d-dev does not answer", back=False)
            assert stop.wait(20), "it waits on"

    monkeypatch.setattr(glimpse, "PATIENCE", 0.01)
    with pytest.raises(AideatorError, match="k3d-dev does not answer"):
        send(run_spec(), cast(Backend, Away()), 1, "Hello.")


def test_what_is_sent_from_the_panes_arrives(work: Work) -> None:
    run = Aideator().run(work.begin(1))
    send(run.spec, LocalBackend(Settings().home, {}), 1, "From the panes.")
    told_of = (item for item in run.events() if isinstance(item, Event) and item.type == "told")
    assert next(told_of).data["text"] == "From the panes."
    work.go_on(run.id, 1)
    assert "From the panes." in sent_to(run.id, 1)
