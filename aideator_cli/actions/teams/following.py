"""Follows the runs of a team's steps, each in a thread of its own."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Final

from aideator_cli.actions.attending import ALL, Window, course, past_in, watched
from aideator_cli.actions.here import Here
from aideator_cli.domain.events import Item
from aideator_cli.domain.runs import StoredRun
from aideator_cli.errors import AideatorError
from aideator_cli.store.away import is_of_database

LOOK_SECONDS: Final = 0.5  # before a run is followed again that could not be

Tell = Callable[[StoredRun, list[Item]], None]


@dataclass
class Followers:
    """Those of one team in this process. `told` gets each run's items when they are stored, in the follower's thread."""

    here: Here
    told: Tell
    reads: bool = True  # whether the runs' logs are read; else it is only told which runs there are
    window: Window = ALL  # how much of what was there before is told
    stop: threading.Event = field(default_factory=threading.Event)  # whether nothing is to be followed any more
    _followed: set[str] = field(default_factory=set)
    _flags: list[threading.Event] = field(default_factory=list)  # one for each thread, which ends when it is set
    _reading: set[str] = field(
        default_factory=set
    )  # runs of which something was read: they tell themselves of a lost connection
    _news: "SimpleQueue[Exception | None]" = field(default_factory=SimpleQueue)

    @property
    def reads_any(self) -> bool:
        """Whether a run is being read, and not only tried to be."""
        return bool(self._reading)

    def follow(self, run: StoredRun) -> None:
        """Begins with a run, unless it is followed, or was."""
        id_ = run.spec.id
        if id_ in self._followed:
            return
        self._followed.add(id_)
        if self.reads and run.state != "ended":
            flag = threading.Event()
            self._flags.append(flag)
            threading.Thread(target=self._follow, args=(run, flag), name=f"follow {id_}", daemon=True).start()
            return
        self.told(run, [])
        if self.reads:  # it ended before anybody watched here
            for batch in past_in(self.here, run.spec, self.window).batches:
                self.told(run, batch)

    def wait(self, seconds: float = LOOK_SECONDS) -> None:
        """Returns as soon as a run is not followed any more, at the latest after `seconds`. Raises what ended a thread by mistake."""
        try:
            told = self._news.get(timeout=seconds)
        except Empty:
            return
        if told is not None:
            raise told

    def wake(self) -> None:
        """Lets `wait` return."""
        self._news.put(None)

    def end(self) -> None:
        self.stop.set()
        for flag in tuple(self._flags):
            flag.set()

    def _follow(self, run: StoredRun, flag: threading.Event) -> None:
        """Follows a run to its end, as `watch` does."""
        id_ = run.spec.id
        try:
            here = self.here.again()
            with course(here, watched(here, run, self.window), flag) as batches:
                self.told(run, [])
                for batch in batches:
                    self._reading.add(id_)
                    self.told(run, batch)
            if here.store.run(id_) is None:
                self._followed.discard(id_)  # it was deleted, and will be done again
        except Exception as error:
            self._reading.discard(id_)
            if not isinstance(error, AideatorError) and not is_of_database(error):
                self._news.put(error)  # for the caller, who would wait for a thread that is no more
            elif not self.stop.wait(LOOK_SECONDS):
                self._followed.discard(id_)  # and is followed again
        finally:
            self._reading.discard(id_)
            self._flags.remove(flag)
        self._news.put(None)
