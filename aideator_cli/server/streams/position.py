"""Where in a run's stream a reader is. As text it is the `id:` of each event: RUN-EVENTS-OBSERVATIONS, and `-end` behind the last."""

import re
from http import HTTPStatus
from typing import NamedTuple

from aideator_cli.server.problems import Problem

END = "end"
LARGEST = 2**63 - 1


class Position(NamedTuple):
    """The rows of the store that the reader has: events and observations up to these."""

    event: int = 0
    observation: int = 0

    def told(self, run: str) -> str:
        return f"{run}-{self.event}-{self.observation}"


BEGINNING = Position()


def parse(run: str, text: str) -> tuple[Position, bool]:
    """Returns the position, and whether it is that behind the end. Raises `Problem` for what is no id of this run's stream."""
    found = re.fullmatch(rf"([a-z][a-z0-9]+)-(\d{{1,19}})-(\d{{1,19}})(-{END})?", text)
    if not found:
        raise _wrong(f"{text[:80]!r} is no id of an event")
    if found[1] != run:
        raise _wrong(f"{text!r} is an id of the run {found[1]}, not of {run}")
    position = Position(min(int(found[2]), LARGEST), min(int(found[3]), LARGEST))
    return position, found[4] is not None


def _wrong(text: str) -> Problem:
    return Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY, text, "send the last id that you got, or none to begin with the first event"
    )
