"""Waiting for runs, each followed and stored by a thread of its own, shown by nobody."""

import queue
import threading
import time
from collections.abc import Iterator, Sequence

from aideator_agent.spec import RunSpec
from aideator_cli.backends import Wish, backend_at
from aideator_cli.errors import AideatorError, ExitCode, usage
from aideator_cli.events import Item
from aideator_cli.finding import find
from aideator_cli.result import Result, exit_code
from aideator_cli.settings import Settings
from aideator_cli.store import Store, StoredRun
from aideator_cli.stream.following import follow_run
from aideator_cli.stream.sieve import is_over

CONDITIONS = ("all", "any", "first-success")

News = tuple[str, list[Result]] | AideatorError  # a run's results have changed, or it can't be followed


def wait_for(words: Sequence[str], until: str, timeout: float | None, wish: Wish, *, json: bool) -> int:
    """The first exit code that is not 0 of the runs in question, in the order in which they are named."""
    if until not in CONDITIONS:
        raise usage(f"--for is {', '.join(CONDITIONS)}, not {until}")
    settings = Settings()
    store = Store.open(settings.home)
    runs = {run.spec.id: run for run in (find(word, store, settings, wish).run for word in words)}
    results = {run: store.results(run) for run in runs}
    deadline = None if timeout is None else time.monotonic() + timeout
    news = follow_all([run for run in runs.values() if run.state != "ended"], settings)
    while (code := _verdict(until, results)) is None:
        told = _next(news, deadline)
        if told is None:
            raise AideatorError(f"{', '.join(runs)}: not yet, after {timeout:.0f} s", code=ExitCode.TIMED_OUT)
        if isinstance(told, AideatorError):
            raise told
        results[told[0]] = told[1]
    _show(results, json=json)
    return code


def follow_all(runs: Sequence[StoredRun], settings: Settings) -> "queue.SimpleQueue[News]":
    """News of each run's results, as long as this process lives."""
    news: queue.SimpleQueue[News] = queue.SimpleQueue()
    for run in runs:
        threading.Thread(target=_follow, args=(run, settings, news), name=f"wait {run.spec.id}", daemon=True).start()
    return news


def _follow(run: StoredRun, settings: Settings, news: "queue.SimpleQueue[News]") -> None:
    def see(spec: RunSpec, batches: Iterator[list[Item]]) -> None:
        for batch in batches:
            if any(is_over(item) for item in batch):
                news.put((spec.id, store.results(spec.id)))

    try:
        store = Store.open(settings.home)
        news.put((run.spec.id, follow_run(run.spec, backend_at(run.place, settings), store, see)))
    except AideatorError as error:
        news.put(error)


def _next(news: "queue.SimpleQueue[News]", deadline: float | None) -> News | None:
    try:
        return news.get(timeout=None if deadline is None else max(0.0, deadline - time.monotonic()))
    except queue.Empty:
        return None


def _verdict(until: str, results: dict[str, list[Result]]) -> int | None:
    """None: not yet."""
    if until == "first-success" and any(r.succeeded for each in results.values() for r in each):
        return ExitCode.OK
    ended = [each for each in results.values() if all(r.ended for r in each)]
    if len(ended) == len(results) or (until == "any" and ended):
        return next((code for each in ended if (code := exit_code(each))), ExitCode.OK)
    return None


def _show(results: dict[str, list[Result]], *, json: bool) -> None:
    for run, each in results.items():
        if json:
            from aideator_cli.views.json_lines import show_results

            show_results(each, run)
        else:
            ended = sum(r.ended for r in each)
            print(
                f"{run}  {sum(r.succeeded for r in each)} of {len(each)} succeeded"
                + ("" if ended == len(each) else f", {len(each) - ended} at work")
            )
