"""The API's own view of a run: the objects of docs/json.md, each as an event named after its kind."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from aideator_agent.values import frozen
from aideator_cli.domain.events import Observation
from aideator_cli.domain.result import Result
from aideator_cli.server.problems import Problem
from aideator_cli.server.streams.pieces import Placed
from aideator_cli.server.streams.position import END, Position
from aideator_cli.views.json_lines import event_record, observation, result_record


@frozen
class Events:
    run: str

    def begun(self, state: str, results: Sequence[Result]) -> bytes:  # noqa: ARG002 -- a view
        return b": the events of a run\n\n"

    def item(self, placed: Placed) -> bytes:
        item, told = placed.item, placed.position.told(self.run)
        if isinstance(item, Observation):
            return frame("observation", as_text(observation(item)), told)
        record = event_record(self.run, item.variation, item.attempt, item.raw, stray=item.type == "stray")
        return frame("event", record, told)

    def ended(self, result: Result) -> bytes:
        return frame("result", as_text({"kind": "result", "run": self.run, **result_record(result)}))

    def over(self, position: Position, results: Sequence[Result]) -> bytes:  # noqa: ARG002 -- a view
        return f"id: {position.told(self.run)}-{END}\n\n".encode()

    def gone(self) -> bytes:
        return frame("problem", as_text(deleted(self.run).as_json(f"/api/v1/runs/{self.run}/events")))


def deleted(run: str) -> Problem:
    return Problem(HTTPStatus.GONE, f"run {run} was deleted")


def as_text(record: Mapping[str, Any]) -> str:
    return json.dumps(record, separators=(",", ":"))


def frame(kind: str, data: str, told: str | None = None) -> bytes:
    """`data`: one line of JSON, in which a carriage return can only be white space. To a browser it would end the line."""
    head = "" if told is None else f"id: {told}\n"
    return f"{head}event: {kind}\ndata: {data}\n\n".replace("\r", " ").encode(errors="replace")
