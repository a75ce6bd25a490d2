"""Waits for runs and teams without showing them. A thread for each follows it, stores its events, and moves a team on."""

import queue
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from aideator_agent.values import frozen
from aideator_cli.actions.finding import find
from aideator_cli.actions.here import Here
from aideator_cli.actions.places import backend_at
from aideator_cli.domain.result import Result, exit_code
from aideator_cli.domain.runs import StoredRun
from aideator_cli.domain.teams import TeamRun
from aideator_cli.errors import AideatorError, ExitCode, usage
from aideator_cli.intake.request import Where
from aideator_cli.stream.following import following
from aideator_cli.stream.sieve import is_over
from aideator_cli.stream.slots import Slots
from aideator_cli.system.queues import taken

CONDITIONS: Final = ("all", "any", "first-success")
HAND_OVER_SECONDS: Final = 10.0

Standing = list[Result] | TeamRun  # of a run, or of a team
News = tuple[str, Standing] | Exception  # what has changed, or why it can't be followed


@frozen
class Waited:
    """How each run and team stands at the end of the wait, in the order of the arguments."""

    standing: dict[str, Standing]
    code: ExitCode  # the first of their codes, in that order, that is not 0


def wait(here: Here, words: Sequence[str], until: str, timeout: float | None, where: Where) -> Waited:
    """`timeout`: seconds; None means no limit. Raises `AideatorError` if the time is up, or one can't be followed."""
    if until not in CONDITIONS:
        raise usage(f"--for takes {', '.join(CONDITIONS)}, not {until}")
    runs, standing = _named(here, words, where)
    deadline = None if timeout is None else time.monotonic() + timeout
    news = follow_all(here, [run for run in runs if run.state != "ended"], fill=True)
    with _moved(here, [each for each in standing.values() if not isinstance(each, list)], news):
        while (code := _verdict(until, standing)) is None:
            told = _next(news, deadline)
            if told is None:
                text = f"timed out after {timeout:.0f} s waiting for {', '.join(standing)}"
                raise AideatorError(text, code=ExitCode.TIMED_OUT)
            if isinstance(told, Exception):
                raise told
            standing[told[0]] = told[1]
    return Waited(standing, code)


def _named(here: Here, words: Sequence[str], where: Where) -> tuple[list[StoredRun], dict[str, Standing]]:
    from aideator_cli.actions.teams.knowing import meant

    runs: list[StoredRun] = []
    standing: dict[str, Standing] = {}
    for word in words:
        team = meant(here, word, where)
        if team is not None:
            standing[team.id] = team
            continue
        run = find(here, word, where).run
        if run.spec.id not in standing:
            runs.append(run)
            standing[run.spec.id] = here.store.results(run.spec.id)
    return runs, standing


@contextmanager
def _moved(here: Here, teams: Sequence[TeamRun], news: "queue.SimpleQueue[News]") -> Iterator[None]:
    """Moves the teams on, each in a thread of its own, until they are over or this ends. Others may then move them on at once.

    One that a server moves on is only watched.
    """
    if not teams:
        yield
        return
    from aideator_cli.actions.teams.afar import Mirror, mover_of
    from aideator_cli.actions.teams.moving import Mover

    def move(mover: Mover | Mirror) -> None:
        try:
            news.put((mover.team, mover.move()))
        except Exception as error:  # for the caller: a thread that dies silently would be waited for
            news.put(error)

    movers = [mover_of(here.again(), team) for team in teams]
    threads = [threading.Thread(target=move, args=(mover,), name=f"wait {mover.team}", daemon=True) for mover in movers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for mover in movers:
            mover.stop.set()
        for thread in threads:
            thread.join(HAND_OVER_SECONDS)


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
    except Exception as error:  # for the caller: a thread that dies silently would be waited for
        news.put(error)


def _next(news: "queue.SimpleQueue[News]", deadline: float | None) -> News | None:
    try:
        return taken(news, deadline)
    except queue.Empty:
        return None


def _verdict(until: str, standing: dict[str, Standing]) -> ExitCode | None:
    """Returns None while the wait is not over."""
    if until == "first-success" and any(_has_success(each) for each in standing.values()):
        return ExitCode.OK
    codes = [_code(each) for each in standing.values()]
    ended = [code for code in codes if code is not None]
    if len(ended) == len(codes) or (until == "any" and ended):
        return next((code for code in ended if code), ExitCode.OK)
    return None


def _has_success(each: Standing) -> bool:
    return any(result.succeeded for result in each) if isinstance(each, list) else each.state == "succeeded"


def _code(each: Standing) -> ExitCode | None:
    """Returns None while it is at work."""
    if isinstance(each, list):
        return exit_code(each) if all(result.ended for result in each) else None
    return None if each.state == "running" else each.exit_code
