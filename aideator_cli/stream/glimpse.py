"""How a run's attempts stand now, without following them."""

from collections.abc import Callable, Collection
from threading import Event as Flag
from threading import Timer

from aideator_agent.spec import RunSpec
from aideator_cli.backends.base import Backend, Status
from aideator_cli.errors import unavailable

PATIENCE = 5.0  # seconds for a watch that broke off to come back


def statuses_now(
    spec: RunSpec, backend: Backend, is_enough: Callable[[Collection[Status]], bool]
) -> Collection[Status]:
    """Returns what the backend tells, until that is enough. Raises `AideatorError` if it can't be reached, and not just for a moment."""
    stop, told, lost = Flag(), list[Status](), ""
    waiting: Timer | None = None
    try:
        for each in backend.watch(spec, stop):
            if isinstance(each, Status):
                told.append(each)
            elif not each.back and waiting is None:
                lost = each.text
                waiting = Timer(PATIENCE, stop.set)
                waiting.daemon = True
                waiting.start()
            if is_enough(told):
                stop.set()
    finally:
        if waiting is not None:
            waiting.cancel()
    if lost and not is_enough(told):
        raise unavailable(lost)
    return told
