"""A run that is deleted while its agents are being started."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from aideator_cli.actions.here import Here
from aideator_cli.actions.starting import Plan, start
from aideator_cli.errors import AideatorError
from aideator_cli.intake.sending.packed import Packed
from aideator_cli.system.settings import Settings
from tests.agent.running import spec_of


def test_a_run_that_is_deleted_while_it_is_started_leaves_no_agents(tmp_path: Path) -> None:
    here, spec = Here(Settings({"AIDEATOR_HOME": str(tmp_path)})), spec_of("/nowhere")
    done: list[str] = []

    def submit(*_: object) -> None:
        here.store.forget_run(spec.id)
        done.append("submit")

    backend: Any = SimpleNamespace(
        name="local", where="this machine", submit=submit, delete=lambda run: done.append(f"delete {run}")
    )
    order: Any = SimpleNamespace(spec=spec, located=SimpleNamespace(path=None), packed=Packed(spec.repository))
    with pytest.raises(AideatorError, match="was deleted while it was being started"):
        start(here, Plan(order, backend))
    assert done == ["submit", f"delete {spec.id}"]
