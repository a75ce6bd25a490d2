"""A checkpoint's diff and the program's own conversation are of one moment, although the program goes on while they are read."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from aideator_agent import checkpoints
from aideator_agent.checkout import Checkout
from aideator_agent.checkpoint import Checkpoint
from aideator_agent.emitter import Emitter
from aideator_agent.interrupts import Interrupts
from aideator_agent.keys import Redactor
from aideator_agent.past import Past
from aideator_agent.shell import Finished, Shell
from aideator_agent.totals import Totals

PAST = Past("s-1", "fake", "/w", ".fake/-w-repo/one.jsonl", ('{"sessionId": "s-1"}',))


class Working:
    """A program that runs `quick` more commands, each while a diff is being made. A command's number is its file and its line."""

    def __init__(self, quick: int) -> None:
        self.done, self._quick = 1, quick

    def run(self, *_: object, write: Callable[[bytes], None], **__: object) -> Finished:
        write(json.dumps(list(range(self.done))).encode())
        if self._quick:
            self.done, self._quick = self.done + 1, self._quick - 1
        return Finished(0, "exited", 0.0)

    def look(self) -> Past:
        return replace(PAST, lines=(*PAST.lines, *map(str, range(self.done))))


@pytest.mark.parametrize("quick", [0, 1, 2, 10])
def test_a_command_that_ends_meanwhile_is_never_known_to_the_conversation_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quick: int
) -> None:
    monkeypatch.setattr(checkpoints, "SECONDS", 0.0)
    work, (reading, writing) = Working(quick), os.pipe()
    shell = cast(Shell, work)
    emitter = Emitter(writing, Redactor(()))
    checkout = Checkout(tmp_path, tmp_path, "c0ffee")
    of = checkpoints.Checkpoints(checkout, lambda: shell, 10, emitter, Interrupts(60.0), Totals())
    of.follow(work.look, None)
    of.consider()
    emitter.end()
    os.close(writing)
    with os.fdopen(reading, "rb") as log:
        (told,) = [record for record in map(json.loads, log) if record["type"] == "checkpoint"]
    kept = Checkpoint.unpacked(told["text"])
    assert kept.past is not None
    assert kept.diff is not None
    remembered, changed = [int(line) for line in kept.past.lines[1:]], json.loads(kept.diff)
    assert set(remembered) <= set(changed), "work that is remembered is there"
    assert quick > 2 or remembered == changed == list(range(quick + 1)), "and none is done twice"
