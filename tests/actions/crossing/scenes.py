"""A run of this machine whose agents have ended. Their checks were run for real, and so is the referee."""

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from aideator_agent.spec import VariationSpec
from aideator_cli.actions.here import Here
from aideator_cli.domain.attempts import Attempt
from aideator_cli.domain.events import Closed, Opened, parse
from aideator_cli.domain.runs import Place, StoredRun
from aideator_cli.stream.recording import recording
from aideator_cli.system.settings import Settings
from tests.choice.crossing import BASE, CHECK, RIGHT, SQUARE, SUBMITTED, with_test
from tests.choice.project import Project
from tests.fixtures.repositories import Files

THREE = (RIGHT | with_test("three", "double(3) == 6"), SQUARE, RIGHT | with_test("minus", "double(-1) == -2"))


def here_at(home: Path) -> Here:
    """The data folder of a user who has no key."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AIDEATOR_")}
    return Here(Settings({**kept, "AIDEATOR_HOME": str(home)}))


def ended_run(folder: Path, here: Here, outcomes: Sequence[Files] = THREE) -> StoredRun:
    """One variation for each outcome."""
    project = Project(folder, BASE, check=CHECK, task="Make double double.")
    variations = tuple(VariationSpec(number, "gpt-5") for number in range(1, len(outcomes) + 1))
    spec = replace(project.spec(), variations=variations)
    here.store.add_run(spec, Place("local", "this machine"))
    for number, outcome in enumerate(outcomes, 1):
        attempt = Attempt(f"{spec.id}-{number}", spec.id, number, f"2026-11-21T12:00:{number:02}Z", "log")
        lines = [*(project.baseline() if number == 1 else ()), *project.attempt(outcome, SUBMITTED)]
        events = [parse(attempt, line, None) for line in _as_one_log(lines)]
        for _ in recording(here.store, spec, iter([[Opened(attempt), *events, Closed(attempt, None, None)]])):
            pass
    here.store.set_state(spec.id, "ended")
    run = here.store.run(spec.id)
    assert run is not None
    return run


def _as_one_log(lines: Sequence[bytes]) -> list[bytes]:
    return [json.dumps({**json.loads(line), "seq": seq}).encode() for seq, line in enumerate(lines)]
