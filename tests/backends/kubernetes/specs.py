"""Runs to be submitted."""

import uuid
from dataclasses import replace
from typing import Any

from aideator_agent.spec import Repository, RunSpec, VariationSpec


def run_spec(
    variations: int = 1, *, keys: tuple[str, ...] = (), model: str = "scripted/demo", **fields: Any
) -> RunSpec:
    numbers = range(1, variations + 1)
    spec = RunSpec(
        id=f"t{uuid.uuid4().hex[:6]}",
        submission_id=str(uuid.uuid4()),
        created="2026-11-21T14:00:00Z",
        repository=Repository("https://git.example/demo.git"),
        prompt="Mend the tests",
        variations=tuple(VariationSpec(number, model, keys=keys) for number in numbers),
    )
    return replace(spec, **fields)
