"""One JSON object a line on stdout, for programs: `kind` says what it is (docs/json.md)."""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from aideator_agent.spec import RunSpec
from aideator_cli.events import Event, Item, Observation
from aideator_cli.result import Result


def show_json(_spec: RunSpec, batches: Iterator[list[Item]]) -> None:
    """Events as the agent wrote them, inside an object that says whose they are; observations between them."""
    for batch in batches:
        for item in batch:
            if isinstance(item, Event):
                sys.stdout.write(_event(item))
            elif isinstance(item, Observation):
                write(observation(item))
        sys.stdout.flush()


def show_results(results: Sequence[Result], run: str) -> None:
    for result in results:
        write({"kind": "result", "run": run, **result.as_json()})


def show_raw(batches: Iterator[list[Item]]) -> None:
    """The agents' own lines, byte for byte."""
    for batch in batches:
        sys.stdout.buffer.write(b"".join(item.raw + b"\n" for item in batch if isinstance(item, Event)))
        sys.stdout.buffer.flush()


def observation(seen: Observation) -> dict[str, Any]:
    data = asdict(seen)
    return {"kind": "observation", "observed": data.pop("kind"), **data}


def write(data: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(data, separators=(",", ":")) + "\n")


def _event(event: Event) -> str:
    whose = json.dumps(
        {"kind": "event", "run": event.run, "variation": event.variation, "attempt": event.attempt},
        separators=(",", ":"),
    )
    record = json.dumps(event.data["text"]) if event.type == "stray" else event.raw.decode()
    return f'{whose[:-1]},"{"line" if event.type == "stray" else "event"}":{record}}}\n'
