"""A backend whose agents are made up: all of a run's variations at once, where no node could hold them, and logs of any length."""

from collections.abc import Iterator
from threading import Event as Flag

from aideator_agent.spec import RunSpec
from aideator_cli.backends.base import Line, Remark, Status
from aideator_cli.domain.attempts import Attempt
from aideator_cli.system.clock import now

PIECE = 100  # lines that come together
RECORD = b'{"v":1,"seq":%d,"time":"2026-11-21T14:00:00.000000Z","type":%s,"text":"what an agent says, about as long as a line is\\n"}'


class Model:
    """What following asks of a backend."""

    def __init__(self, lines: int) -> None:
        self._lines = lines  # of each agent

    def watch(self, spec: RunSpec, stop: Flag) -> Iterator[Status]:
        for variation in spec.variations:
            number = variation.number
            attempt = Attempt(f"{spec.id}-{number}", spec.id, number, now(), f"agent-{number}")
            yield Status(number, "running", "running", "the agent works", attempt, readable=True)
        stop.wait()

    def read_log(self, _attempt: Attempt, **_how: object) -> Iterator[list[Line | Remark]]:
        for first in range(0, self._lines, PIECE):
            yield [self._line(seq) for seq in range(first, min(first + PIECE, self._lines))]

    def _line(self, seq: int) -> Line:
        fields = b'"end","outcome":"no_changes"' if seq == self._lines - 1 else b'"say"'
        return Line(RECORD % (seq, fields), f"2026-11-21T14:00:00.{seq:09d}Z")
