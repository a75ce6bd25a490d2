"""What was sent to a model, as the agent recorded it."""

import json
from collections.abc import Iterator
from dataclasses import field, replace
from typing import Any

from aideator_agent.values import frozen
from aideator_cli.actions.finding import Named, find_variation
from aideator_cli.actions.here import Here
from aideator_cli.actions.refreshing import refresh
from aideator_cli.domain.events import Event
from aideator_cli.errors import command, not_found


@frozen
class Request:
    """One request to the model, without what earlier ones of the attempt have sent already, and what the model said itself."""

    attempt: str
    step: int
    time: str  # RFC 3339, UTC
    host: str | None  # None: unknown, or a script that is sent nowhere
    sha256: str  # of the whole request
    text: str | None  # None: the log had no room for it

    @property
    def messages(self) -> list[dict[str, Any]]:
        """Returns the added messages; one that is not whole has the role `?`."""
        return [_message(line) for line in (self.text or "").split("\n") if line]


@frozen
class Sent:
    named: Named
    requests: list[Request] = field(default_factory=list)  # of all attempts, oldest first


def sent(here: Here, word: str) -> Sent:
    """Returns what was sent to the model of RUN/N. Raises `AideatorError` if nothing was, or nobody can know."""
    named = refresh(here, find_variation(here, word))
    spec, number = named.run.spec, named.numbers[0]
    requests = [
        request
        for known in here.store.attempts(spec.id)
        if known.attempt.variation == number
        for request in _requests(here.store.events(known.attempt, ("sent",)))
    ]
    if not requests:
        raise not_found(
            f"nothing is known to have been sent to the model of {spec.id}/{number}",
            hint=command("logs", f"{spec.id}/{number}"),
        )
    return Sent(named, requests)


def _requests(events: Iterator[Event]) -> Iterator[Request]:
    """Joins the parts of long ones."""
    last: Request | None = None
    for event in events:
        data = event.data
        text = data.get("text")
        if last is not None and isinstance(data.get("part"), int) and data["part"] > 1:
            last = replace(last, text=(last.text or "") + str(text))
            continue
        if last is not None:
            yield last
        step, host = data.get("step"), data.get("host")
        last = Request(
            event.attempt, step if isinstance(step, int) else 0, event.time, host if isinstance(host, str) else None,
            str(data.get("sha256", "")), None if text is None else str(text),
        )  # fmt: skip
    if last is not None:
        yield last


def _message(line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"role": "?", "content": line}
