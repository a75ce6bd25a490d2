"""One JSON object a line, for programs: `kind` says what it is (docs/json.md)."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from aideator_agent.spec import RunSpec, VariationSpec
from aideator_cli.choice.status import status
from aideator_cli.domain.events import Event, Item, Observation
from aideator_cli.domain.held import Held
from aideator_cli.domain.result import Result
from aideator_cli.domain.runs import StoredRun
from aideator_cli.views.screen import Screen


def show_json(screen: Screen, _spec: RunSpec, batches: Iterator[list[Item]]) -> None:
    """Shows events as the agent wrote them, inside an object that names the agent, with observations between them."""
    for batch in batches:
        for item in batch:
            if isinstance(item, Event):
                screen.out.write(_event(item) + "\n")
            elif isinstance(item, Observation):
                write(screen, observation(item))
        screen.out.flush()


def show_results(screen: Screen, results: Sequence[Result], run: str) -> None:
    for result in results:
        write(screen, {"kind": "result", "run": run, **result_record(result)})


def result_record(result: Result) -> dict[str, Any]:
    """A result with what a table shows of it."""
    answer = {} if result.answer is None else {"answer": result.answer}
    return {**result.as_json(), **answer, "status": status(result)}


def show_raw(screen: Screen, batches: Iterator[list[Item]]) -> None:
    """The agents' own lines, byte for byte."""
    for batch in batches:
        screen.write_bytes(b"".join(item.raw + b"\n" for item in batch if isinstance(item, Event)))


def observation(seen: Observation) -> dict[str, Any]:
    data = asdict(seen)
    return {"kind": "observation", "observed": data.pop("kind"), **data}


def write(screen: Screen, data: Mapping[str, object]) -> None:
    screen.line(json.dumps(data, separators=(",", ":")))


def _event(event: Event) -> str:
    return event_record(event.run, event.variation, event.attempt, event.raw, stray=event.type == "stray")


def event_record(run: str, variation: int, attempt: str, raw: bytes, *, stray: bool) -> str:
    """`raw`: the agent's line. `stray`: it is not a record."""
    whose = json.dumps({"kind": "event", "run": run, "variation": variation, "attempt": attempt}, separators=(",", ":"))
    record = json.dumps(raw.decode(errors="replace")) if stray else raw.decode()
    return f'{whose[:-1]},"{"line" if stray else "event"}":{record}}}'


def _issue(spec: RunSpec) -> dict[str, Any] | None:
    """What was read, without its text, which `show` adds: a list of runs would get long."""
    return None if spec.issue is None else {k: v for k, v in asdict(spec.issue).items() if k != "text"}


def _review(spec: RunSpec) -> dict[str, Any] | None:
    shown = spec.review
    if shown is None:
        return None
    return {"range": shown.range, "first": shown.first, "last": shown.last, "whole": shown.whole}


def _origin(spec: RunSpec) -> dict[str, Any] | None:
    if spec.origin is None:
        return None
    return {"kind": "merged" if spec.origin.merged else "continued", "variations": list(spec.origin.variations)}


def choice(variation: VariationSpec) -> dict[str, Any]:
    """Why a variation has its model. A model that the user named needs no reason."""
    found = variation.route
    return {
        "variation": variation.number, "model": variation.model, "policy": found and found.policy,
        "why": found.why if found else "you named it", "excluded": list(found.excluded) if found else [],
    }  # fmt: skip


def held_record(held: Held) -> dict[str, Any]:
    names = ("run", "created", "ended", "state", "backend", "events", "event_bytes", "file_bytes")
    return {name: getattr(held, name) for name in names}


def run_record(run: StoredRun, results: Sequence[Result], selected: int | None) -> dict[str, Any]:
    """A run as `list --json` and `show --json` have it."""
    spec = run.spec
    return {
        "kind": "run",
        "run": spec.id,
        "created": spec.created,
        "state": run.state,
        "ended": run.ended,
        "backend": run.place.backend,
        "where": run.place.where,
        "repository": {"url": spec.repository.url, "ref": spec.repository.ref, "base": spec.repository.base},
        "prompt": spec.prompt,
        "answer": spec.answer,
        "issue": _issue(spec),
        "review": _review(spec),
        "origin": _origin(spec),
        "routes": [choice(variation) for variation in spec.variations if variation.route is not None],
        "private": spec.model_hosts is not None,
        "selected": selected,
        "name": run.name,
        "cluster_user": run.cluster_user,
        "note": run.note,
        "tags": list(run.tags),
        "variations": [result_record(result) for result in results],
    }
