"""A run that has ended, in a store of its own: as the agents' events, read and recorded."""

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from aideator_agent.spec import Repository
from aideator_cli.domain.attempts import Attempt
from aideator_cli.domain.events import Event, parse
from aideator_cli.domain.result import Result, fold
from aideator_cli.domain.runs import Place
from aideator_cli.store import Store
from tests.workspace.scenes import SPEC


def store_run(home: Path, results: Sequence[Result], *, origin: Path | None = None) -> str:
    """The run's id. Variation N is the Nth result."""
    store = Store.open(home)
    variations = SPEC.variations[: len(results)]
    spec = replace(
        SPEC, variations=variations, repository=Repository("https://git.example/todo.git", None, results[0].base)
    )
    store.add_run(spec, Place("local", "this machine"), state="running", repository_path=origin)
    for number, result in enumerate(results, 1):
        attempt = Attempt(f"uid-{number}", spec.id, number, "2026-11-21T12:00:00Z", f"pod-{number}")
        store.open_attempt(attempt)
        events = list(_events(attempt, result))
        store.record(events, ())
        store.save_result(spec.id, fold(events, Result(number, result.model, attempt.id)))
        store.close_attempt(attempt.id)
    store.set_state(spec.id, "ended")
    store.close()
    return spec.id


def _events(attempt: Attempt, result: Result) -> list[Event]:
    patch = result.patch or b""
    told = {"sha256": hashlib.sha256(patch).hexdigest(), "files": 1, "additions": 2, "deletions": 1, "tests": []}
    records: list[dict[str, object]] = [
        {"type": "phase", "name": "clone", "state": "end", "base": result.base},
        {
            "type": "patch",
            "part": 1,
            "parts": 1,
            "encoding": "base64",
            "text": base64.b64encode(patch).decode(),
            **told,
        },
        {"type": "end", "outcome": result.outcome, "summary": result.summary, "totals": {}},
    ]
    return [
        parse(attempt, json.dumps({"v": 1, "seq": n, "time": "2026-11-21T12:00:00Z", **record}).encode(), None)
        for n, record in enumerate(records)
    ]
