"""Follows a team as one stream: the agents of all its steps are numbered through, and what is handed on stands between their events."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from queue import Full, Queue
from typing import Final

from aideator_agent.spec import RunSpec, TeamStep, VariationSpec
from aideator_cli.actions.attending import ALL, Window
from aideator_cli.actions.here import Here
from aideator_cli.actions.teams.moving import FIRST_IS_MISSING, Mover
from aideator_cli.actions.teams.walking import Course
from aideator_cli.domain.events import HANDED, Closed, Ended, Event, Item, Joined, Observation, Opened
from aideator_cli.domain.handing import Told, Wanted
from aideator_cli.domain.runs import StoredRun
from aideator_cli.domain.teams import TeamRun, first_run
from aideator_cli.errors import command, not_found
from aideator_cli.system.clock import now
from aideator_cli.system.queues import taken

WAITING: Final = 64  # batches, before the followers wait for a slow view
LOOK_SECONDS: Final = 0.2

Batch = list[Item]


@dataclass
class Attended:
    """A team that is followed by this process."""

    here: Here
    run: TeamRun
    spec: RunSpec  # stands for the whole team: its variations are the agents of the first step
    numbered: bool = True  # whether items have the numbers of the whole team; else those of their runs
    _numbers: dict[tuple[str, int], int] = field(default_factory=dict)
    _runs: dict[int, tuple[StoredRun, int]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _queue: "Queue[Batch | BaseException | None]" = field(default_factory=lambda: Queue(WAITING))
    _left: threading.Event = field(default_factory=threading.Event)
    _told: dict[str, str] = field(default_factory=dict)
    _begun: set[str] = field(default_factory=set)

    def who(self, number: int) -> tuple[StoredRun, int]:
        """Returns the run, and the number there, of an agent of the team."""
        return self._runs[number]

    @property
    def batches(self) -> Iterator[Batch]:
        """Yields what happens until the team is over. Raises what keeps it from being followed."""
        while True:
            batch = taken(self._queue)
            if batch is None:
                return
            if isinstance(batch, BaseException):
                raise batch
            yield batch

    # The mover's threads

    def move(self, move: Callable[[], TeamRun]) -> None:
        try:
            self.run = move()
        except BaseException as error:
            self._put(error)
        else:
            self._put(None)

    def told(self, run: StoredRun, batch: Batch) -> None:
        joined = self.join(run)
        items: Batch = [] if joined is None else [joined]
        items += [self.renumbered(run.spec.id, item) for item in batch] if self.numbered else batch
        if items:
            self._put(items)

    def changed(self, course: Course) -> None:
        self.handed(course.told, {each.key: self._handed(each) for each in course.wanted})

    def handed(self, told: Mapping[str, Told], handed: Mapping[str, str]) -> None:
        """Tells once what came of each step, and who hands what to whom, by the keys of steps."""
        lines = [f"{key}: {each.text}" for key, each in told.items() if self._told.get(key) != each.text]
        lines += [line for key, line in handed.items() if key not in self._begun]
        self._told.update({key: each.text for key, each in told.items()})
        self._begun.update(handed)
        if lines:
            self._put([Observation(self.run.id, now(), HANDED, text) for text in lines])

    def seen(self, observation: Observation) -> None:
        self._put([observation])

    def leave(self) -> None:
        self._left.set()

    def _put(self, batch: Batch | BaseException | None) -> None:
        while not self._left.is_set():
            try:
                self._queue.put(batch, timeout=LOOK_SECONDS)
            except Full:
                continue
            return

    def join(self, run: StoredRun) -> Joined | None:
        """Numbers a run's agents through with the others. Returns them, unless they are known."""
        with self._lock:
            new = [each for each in run.spec.variations if (run.spec.id, each.number) not in self._numbers]
            made = []
            for each in new:
                number = len(self._numbers) + 1
                self._numbers[run.spec.id, each.number] = number
                self._runs[number] = run, each.number
                made.append(labelled(run.spec, each, number))
        return Joined(tuple(made)) if made and self.numbered else None

    def renumbered(self, run: str, item: Item) -> Item:
        """Returns an item of a run with the number of the whole team."""

        def number(own: int) -> int:
            return self._numbers.get((run, own), own)

        if isinstance(item, Event):
            return item._replace(variation=number(item.variation))
        if isinstance(item, Observation):
            return item if item.variation is None else replace(item, variation=number(item.variation))
        if isinstance(item, Ended):
            return replace(item, variation=number(item.variation))
        if isinstance(item, Opened | Closed):
            return replace(item, attempt=replace(item.attempt, variation=number(item.attempt.variation)))
        return item

    def _handed(self, wanted: Wanted) -> str:
        """Returns who hands what to whom."""
        keys = {run.spec.id: run.spec.team.key for run, _ in self._runs.values() if run.spec.team}
        if wanted.finding is not None:
            return f"{wanted.finding.by} → {wanted.key}: sent back"
        givers = [keys.get(name.partition("/")[0], name) for name in wanted.work.names] or [wanted.stage.each or ""]
        return f"{', '.join(dict.fromkeys(givers))} → {wanted.key}".strip()


def labelled(spec: RunSpec, variation: VariationSpec, number: int) -> VariationSpec:
    """Returns the variation as one of the whole team, called by its step."""
    key = spec.team.key if spec.team else spec.id
    name = f"{key}/{variation.number}" if len(spec.variations) > 1 else key
    return replace(variation, number=number, prompt_name=name)


@contextmanager
def attend(here: Here, run: TeamRun, *, numbered: bool = True, window: Window = ALL) -> Iterator[Attended]:
    """Follows the team in threads of their own, and moves it on while no other process does, or its server."""
    first = here.store.run(first_run(run.id))
    if first is None:
        raise not_found(f"team {run.id} can't go on: {FIRST_IS_MISSING}", hint=command("delete", run.id, "--force"))
    attended = Attended(here, run, whole(run, first.spec), numbered)
    attended.join(first)
    stop = threading.Event()
    move = _moving(here.again(), attended, window, stop)
    threading.Thread(target=attended.move, args=(move,), name=f"team {run.id}", daemon=True).start()
    try:
        yield attended
    finally:
        attended.leave()
        stop.set()


def _moving(here: Here, attended: Attended, window: Window, stop: threading.Event) -> Callable[[], TeamRun]:
    team = attended.run.id
    if attended.run.server is None:
        return partial(Mover(here, team, attended.told, window=window, stop=stop).move, attended.changed)
    from aideator_cli.actions.teams.afar import Mirror  # as for all of HTTP, only for who needs it

    return partial(Mirror(here, team, attended.told, attended.seen, window, stop).move, attended.handed)


def whole(run: TeamRun, first: RunSpec) -> RunSpec:
    """Returns a spec that stands for the whole team. `first`: that of its first run. Its step's key lists the stages."""
    variations = tuple(labelled(first, each, number) for number, each in enumerate(first.variations, 1))
    return replace(
        first,
        id=run.id,
        created=run.created,
        prompt=run.prompt,
        variations=variations,
        answer=False,
        team=TeamStep(run.id, " ".join(run.team.names)),
    )
