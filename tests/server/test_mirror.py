"""What a program that keeps a copy of a run is told of it belongs to one moment."""

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from aideator_cli.domain.attempts import Attempt
from aideator_cli.store import Store
from tests.fixtures.stored_runs import Told, add_run, tell
from tests.server.conftest import API


def test_no_attempt_is_closed_before_its_last_event(
    client: TestClient, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = add_run(home, Told(), at_work=True)
    observations = Store.observations

    def meanwhile(store: Store, run: str) -> Any:
        """Between two reads of the record another process stores the end of a second attempt."""
        monkeypatch.setattr(Store, "observations", observations)
        other = Store.open(home)
        tell(other, spec, Attempt("later", run, 1, "2026-11-21T13:00:00Z", "pod"), Told())
        other.close()
        return observations(store, run)

    monkeypatch.setattr(Store, "observations", meanwhile)
    told = client.get(f"{API}/runs/{spec.id}/record").json()
    newest = Store.open(home).newest(spec.id)
    known = [each["id"] for each in told["attempts"] if each["closed"]]
    assert told["last"] == newest or "later" not in known
    assert client.get(f"{API}/runs/{spec.id}/record").json()["last"] == newest
