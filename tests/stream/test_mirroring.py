"""A server's run, told from its stream: what the server already knows of an attempt does not overtake the attempt's own events."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event as Flag
from types import SimpleNamespace
from typing import Any

import pytest

from aideator_cli.backends.server.sent import Sent
from aideator_cli.domain.events import Closed, Ended, Event, Opened
from aideator_cli.domain.runs import Place
from aideator_cli.errors import AideatorError, unavailable
from aideator_cli.store import Store
from aideator_cli.stream import mirroring
from aideator_cli.stream.mirroring import _Mirror
from aideator_cli.stream.sequence import Sequence
from bench.load import run_spec

ATTEMPT = "uid"
CREATED = "2026-11-21T12:00:00.000000Z"


@contextmanager
def understood() -> Iterator[None]:
    yield


def test_an_attempt_that_is_over_at_the_server_is_closed_here_behind_its_last_event(tmp_path: Path) -> None:
    spec, store = run_spec(1), Store.open(tmp_path)
    store.add_run(spec, Place("server", "https://aideator.example"), state="running")
    record: dict[str, Any] = {
        "spec": {"id": spec.id}, "last": 3, "observations": 0, "submissions": {"1": 1},
        "attempts": [
            {"id": ATTEMPT, "variation": 1, "created": CREATED, "name": "pod", "closed": True, "verdict": "ended", "verdict_text": ""}
        ],
        "results": [{"variation": 1, "outcome": "succeeded", "reason": None, "summary": ""}],
    }  # fmt: skip
    backend: Any = SimpleNamespace(client=SimpleNamespace(understanding=understood), record=lambda _: record)
    mirror = _Mirror(spec, backend, store, Sequence)

    def told(seq: int, kind: str = "say") -> list[type]:
        event = json.dumps({"v": 1, "seq": seq, "time": CREATED, "type": kind, "text": "x"})
        data = f'{{"run":"{spec.id}","variation":1,"attempt":"{ATTEMPT}","event":{event}}}'.encode()
        (items,) = mirror.take([Sent("event", data, f"{spec.id}-{seq + 1}-0")])
        return [type(item) for item in items]

    mirror.begin()
    assert told(0) == [Opened, Event]
    assert told(1) == [Event]
    assert told(2, "end") == [Event, Closed]


@pytest.mark.parametrize("patient", [True, False])
def test_a_server_that_is_begun_anew_while_its_run_is_followed_is_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, patient: bool
) -> None:
    monkeypatch.setattr(mirroring, "_PAUSE_SECONDS", 0.01)
    spec, store = run_spec(1), Store.open(tmp_path)
    store.add_run(spec, Place("server", "https://aideator.example"), state="running")
    record: dict[str, Any] = {
        "spec": {"id": spec.id}, "last": 0, "observations": 0, "submissions": {}, "attempts": [],
        "results": [{"variation": 1, "outcome": "running", "reason": None, "summary": ""}],
    }  # fmt: skip
    over = {**record, "results": [{"variation": 1, "outcome": "failed", "reason": "image", "summary": "no image"}]}
    away = unavailable("aideator.example does not answer: Connection refused")
    answers: list[Any] = [record, away, away, over]

    def asked(_: str) -> dict[str, Any]:
        answer = answers.pop(0)
        if answer is away:
            raise away
        return dict(answer)

    backend: Any = SimpleNamespace(client=SimpleNamespace(understanding=understood), record=asked)
    mirror = _Mirror(spec, backend, store, Sequence, Flag() if patient else None)
    mirror.begin()
    told = mirror.take([Sent("result", b"", f"{spec.id}-1-0")])
    if patient:
        assert next(told) == [Ended(1, "image", "no image")]
    else:
        with pytest.raises(AideatorError, match="does not answer"):
            next(told)
    store.close()
