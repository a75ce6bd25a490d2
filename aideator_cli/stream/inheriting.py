"""What an attempt that infrastructure has ended leaves to the next one: where it stood at its last checkpoint, by its stored events."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from aideator_agent.checkpoint import BadCheckpoint, Checkpoint, Standing, complete, read
from aideator_agent.spec import RunSpec
from aideator_cli.domain.attempts import Attempt
from aideator_cli.domain.events import Event
from aideator_cli.domain.result import MOST, Result, fold
from aideator_cli.store import Store

TOLD = ("checkpoint", "resumed", "sent", "usage", "patch")


def inheritance(store: Store, spec: RunSpec, numbers: Iterable[int]) -> dict[int, bytes]:
    """Returns what the next attempt at each of these variations gets. Leaves out those that infrastructure has not failed, and those
    without a checkpoint that can be used."""
    failed = {result.variation for result in store.results(spec.id) if result.fault == "infrastructure"}
    return {n: packed for n in numbers if n in failed and (packed := left_by(store, spec, n)) is not None}


def left_by(store: Store, spec: RunSpec, number: int) -> bytes | None:
    """Returns where the newest attempt at a variation stood, as the next one gets it. None: it begins afresh."""
    try:
        standing = stood(store, spec, number)
        return standing.packed() if standing is not None else None
    except BadCheckpoint:
        return None


def stood(store: Store, spec: RunSpec, number: int) -> Standing | None:
    """Returns where the newest attempt at a variation stood at its last checkpoint. None: nobody knows."""
    known = [each for each in store.attempts(spec.id) if each.attempt.variation == number]
    try:
        standing = _standing(store, [each.attempt for each in known])
    except BadCheckpoint:
        return None
    return standing and replace(standing, why=known[-1].verdict or "")


def _standing(store: Store, attempts: Sequence[Attempt], step: int | None = None) -> Standing | None:
    """Returns where the last of these attempts stood, at this step or at its last checkpoint. Raises `BadCheckpoint`."""
    if not attempts:
        return None
    *before, attempt = attempts
    events = list(store.events(attempt, TOLD))
    resumed = next((event for event in events if event.type == "resumed"), None)
    if resumed is None and not any(event.type in ("checkpoint", "sent") for event in events):
        return _standing(store, before)  # it was lost before it began to work
    begun = _begun(store, before, resumed)
    if resumed is not None and begun is None:
        raise BadCheckpoint("what the attempt went on from is missing")
    standing = replace(begun or Standing("", 0, ""), attempt=attempt.id)
    found = False
    with suppress(BadCheckpoint):  # the attempt may have been lost while it wrote one
        for at, checkpoint in read(event.data for event in events if event.type == "checkpoint"):
            if step is not None and at > step:
                break
            standing, found = standing.then(checkpoint, at, _patch(events, checkpoint)), True
    if not found and resumed is None:
        return None
    return _counted(replace(standing, messages=complete(standing.messages)), events)


def _counted(standing: Standing, events: Sequence[Event]) -> Standing:
    """Returns the standing with what this attempt has used, too. What nobody counted makes the sums unknown, and for limits they are the
    least that it can be."""
    usages = [event.data for event in events if event.type == "usage"]
    asked = {_step(event.data) for event in events if event.type == "sent"}
    whole = fold((event for event in events if event.type == "usage"), Result(0, ""))
    all_told = asked <= set(map(_step, usages))
    cost, read, written = (
        sum(map(_number, (data.get(name) for data in usages))) for name in ("cost", "input", "output")
    )
    return replace(
        standing, cost=standing.cost + cost, input=standing.input + int(read), output=standing.output + int(written),
        counted=standing.counted and all_told and None not in (whole.input_tokens, whole.output_tokens),
        priced=standing.priced and all_told and whole.cost is not None,
    )  # fmt: skip


def _step(data: Mapping[str, Any]) -> int:
    step = data.get("step")
    return step if type(step) is int else 0


def _number(value: object) -> float:
    return value if isinstance(value, int | float) and 0 <= value < MOST else 0.0


def _begun(store: Store, before: Sequence[Attempt], resumed: Event | None) -> Standing | None:
    """Returns the standing from which an attempt went on, as it got it."""
    if resumed is None:
        return None
    name, step = resumed.data.get("attempt"), resumed.data.get("step")
    upto = next((at for at, each in enumerate(before, 1) if each.id == name), 0)
    standing = _standing(store, before[:upto], step if isinstance(step, int) else None)
    if standing is None or (standing.step, len(standing.messages) or None) != (step, resumed.data.get("messages")):
        raise BadCheckpoint("what the attempt went on from is missing")
    return standing


def _patch(events: Sequence[Event], checkpoint: Checkpoint) -> bytes | None:
    if not checkpoint.patch:
        return None
    return fold((event for event in events if event.type == "patch"), Result(0, "")).patch
