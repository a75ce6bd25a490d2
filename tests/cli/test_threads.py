"""A thread that follows a run and dies of a mistake is not waited for: the command ends, and says so in one line."""

from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, cast

import pytest

from aideator_cli.backends.kubernetes.feed import Failed, Feed, Message
from aideator_cli.errors import ExitCode
from tests.cli.conftest import Shell
from tests.fixtures.stored_runs import Told, add_run

if TYPE_CHECKING:
    from aideator_cli.backends.kubernetes.client import Client

PATIENCE = 60.0  # seconds
RUN = "k3v9x2q"
SAYS = "error: AIdeator itself failed: TypeError: it is odd"


def odd(*_: object, **__: object) -> None:
    raise TypeError("it is odd")


@pytest.mark.parametrize("words", [("wait", RUN), ("list", "--watch")])
def test_who_waits_for_such_a_thread_is_told(
    aideator: Shell, home: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    add_run(home, Told(), at_work=True)
    monkeypatch.setattr("aideator_cli.actions.waiting.following", odd)
    said = aideator(*words)
    assert said.code == ExitCode.BROKEN
    assert [line for line in said.err.splitlines() if "odd" in line] == [SAYS]


def test_who_cancels_is_told_at_once(aideator: Shell, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_run(home, Told(), at_work=True)
    monkeypatch.setattr("aideator_cli.actions.cancelling.following", odd)
    monkeypatch.setattr("aideator_cli.actions.cancelling.look", lambda *_: None)
    said = aideator("cancel", RUN)
    assert said.code == ExitCode.BROKEN
    assert said.err.splitlines()[0] == SAYS


def test_who_watches_a_cluster_is_told_of_a_mistake_in_a_watch() -> None:
    queue: SimpleQueue[Message] = SimpleQueue()
    Feed(cast("Client", None), "pods", "/api/v1/pods", {}, queue)  # with which nothing can be asked
    failed = queue.get(timeout=PATIENCE)
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, AttributeError)
