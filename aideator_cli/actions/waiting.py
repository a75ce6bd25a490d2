"""Waits for runs without showing them. A thread for each run follows it and stores its events."""

import queue
import threading
import time
from collections.abc import Sequence
from typing import Final

from aideator_agent.values import frozen
from aideator_cli.actions.finding import find
from aideator_cli.actions.here import Here
from aideator_cli.actions.places import backend_at
from aideator_cli.domain.result import Result, exit_code
from aideator_cli.domain.runs import StoredRun
from aideator_cli.errors import AideatorError, ExitCode, usage
from aideator_cli.intake.request import Where
from aideator_cli.stream.following import following
from aideator_cli.stream.sieve import is_over
from aideator_cli.stream.slots import Slots

CONDITIONS: Final = ("all", "any", "first-success")

News = tuple[str, list[Result]] | AideatorError  # a run and its changed results, or why it can't be followed


@frozen
class Waited:
    """Each run's results at the end of the wait."""

    results: dict[str, list[Result]]  # in the order of the arguments
    code: ExitCode  # the first of these runs' codes, in that order, that is not 0


def wait(here: Here, words: Sequence[str], until: str, timeout: float | None, where: Where) -> Waited:
    """`timeout`: seconds; None means no limit. Raises `AideatorError` if the time is up, or a run can't be followed."""
    if until not in CONDITIONS:
        raise usage(f"--for takes {', '.join(CONDITIONS)}, not {until}")
    runs = {run.spec.id: run for run in (find(here, word, where).run for word in words)}
    results = {run: here.store.results(run) for run in runs}
    deadline = None if timeout is None else time.monotonic() + timeout
    news = follow_all(here, [run for run in runs.values() if run.state != "ended"], fill=True)
    while (code := _verdict(until, results)) is None:
        told = _next(news, deadline)
        if told is None:
            raise AideatorError(
                f"timed out after {timeout:.0f} s waiting for {', '.join(runs)}", code=ExitCode.TIMED_OUT
            )
        if isinstance(told, AideatorError):
            raise told
        results[told[0]] = told[1]
    return Waited(results, code)


def follow_all(here: Here, runs: Sequence[StoredRun], *, fill: bool = False) -> "queue.SimpleQueue[News]":
    """Returns a queue that gets each run's changed results as long as this process lives.

    With `fill`, starts what --max-parallel holds back: nobody else may do so.
    """
    news: queue.SimpleQueue[News] = queue.SimpleQueue()
    for run in runs:
        threading.Thread(target=_follow, args=(here, run, news, fill), name=f"wait {run.spec.id}", daemon=True).start()
    return news


def _follow(here: Here, run: StoredRun, news: "queue.SimpleQueue[News]", fill: bool) -> None:
    spec = run.spec
    try:
        here = here.again()
        backend = backend_at(run.place, here.settings)
        rule = Slots(spec, backend, here.store).rule if fill else None
        with following(spec, backend, here.store, rule=rule) as batches:
            for batch in batches:
                if any(is_over(item) for item in batch):
                    news.put((spec.id, here.store.results(spec.id)))
        news.put((spec.id, here.store.results(spec.id)))
    except AideatorError as error:
        news.put(error)


def _next(news: "queue.SimpleQueue[News]", deadline: float | None) -> News | None:
    try:
        return news.get(timeout=None if deadline is None else max(0.0, deadline - time.monotonic()))
    except queue.Empty:
        return None


def _verdict(until: str, results: dict[str, list[Result]]) -> ExitCode | None:
    """Returns None while the wait is not over."""
    if until == "first-success" and any(r.succeeded for each in results.values() for r in each):
        return ExitCode.OK
    ended = [each for each in results.values() if all(r.ended for r in each)]
    if len(ended) == len(results) or (until == "any" and ended):
        return next((code for each in ended if (code := exit_code(each))), ExitCode.OK)
    return None
