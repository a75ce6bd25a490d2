"""Watches a team that a server moves on: its runs are followed here as the server begins them."""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import inf
from time import monotonic
from typing import Final

from aideator_agent.colleague import PERSON
from aideator_cli.actions.attending import ALL, Window
from aideator_cli.actions.here import Here
from aideator_cli.actions.teams import following, mirroring, talking
from aideator_cli.actions.teams.knowing import state_of
from aideator_cli.actions.teams.moving import Mover
from aideator_cli.backends.server import ServerBackend
from aideator_cli.domain.events import Observation
from aideator_cli.domain.handing import TeamState, Told
from aideator_cli.domain.teams import TeamRun
from aideator_cli.errors import AideatorError, ExitCode, not_found
from aideator_cli.stream.mirroring import problem_of
from aideator_cli.stream.served import Stream
from aideator_cli.system.clock import now

LATE_SECONDS: Final = 10.0  # after which it is told why what is new can't be asked for
Changed = Callable[[Mapping[str, Told], Mapping[str, str]], None]


def mover_of(here: Here, run: TeamRun) -> "Mover | Mirror":
    """Returns what moves the team on here, or only watches how its server does, with nobody to tell."""
    return Mover(here, run.id) if run.server is None else Mirror(here, run.id)


@dataclass
class Mirror:
    """Stores here what the server tells of a team and of its runs, as `Mover` does for a team that this process moves on.

    `told` gets each run's items when they are stored, and `seen` that the connection is lost, or back, while no run is followed.
    """

    here: Here
    team: str
    told: following.Tell = lambda *_: None
    seen: Callable[[Observation], None] = lambda _: None
    window: Window = ALL  # how much of what was there before is told
    stop: threading.Event = field(default_factory=threading.Event)
    _news: mirroring.Standing | None = None  # the team as the server has told it last
    _kept: mirroring.Standing | None = None  # the same, as it was stored last
    _unkept: float | None = None  # since when it can't be, in seconds of `monotonic`; infinite: that was told
    _is_told: bool = False  # whether the server has said all
    _error: Exception | None = None
    _begun: frozenset[str] = frozenset()  # the steps that had begun before

    def __post_init__(self) -> None:
        self._followers = following.Followers(self.here, self.told, window=self.window, stop=self.stop)

    def move(self, changed: Changed = lambda *_: None) -> TeamRun:
        """Returns the team when it is over and all is stored, or as it is when `stop` was set.

        `changed` gets what came of its steps, and who hands what to whom, by the steps' keys. Raises `AideatorError` if the server refuses.
        """
        run = self._known()
        server = mirroring.server_of(self.here, run)
        assert server is not None
        self._begun = frozenset(step.key for step in self.here.store.steps(self.team))
        threading.Thread(target=self._read, args=(server, run), name=f"stream {self.team}", daemon=True).start()
        try:
            while not self.stop.is_set():
                if self._error is not None:
                    raise self._error
                told_all = self._is_told
                run = self._keep(server, run, changed)
                if told_all and self._news is self._kept and self._has_all():
                    break
                for step in self.here.store.steps(self.team):
                    if (stored := self.here.store.run(step.run)) is not None:
                        self._followers.follow(stored)
                self._followers.wait()
        finally:
            self._followers.end()
        return run

    def _known(self) -> TeamRun:
        run = self.here.store.team(self.team)
        if run is None:
            raise not_found(f"team {self.team} was deleted")
        return run

    def _keep(self, server: ServerBackend, run: TeamRun, changed: Changed) -> TeamRun:
        """Stores what is new. What can't be asked now is asked again."""
        news = self._news
        if news is None or news is self._kept:
            return run
        try:
            self._known()
            run = mirroring.keep(self.here, server, news)
        except AideatorError as error:
            if error.code != ExitCode.UNAVAILABLE:
                raise
            self._late(error)
            return run
        if self._unkept == inf:
            self.seen(Observation(self.team, now(), "connection_back", f"{server.where} answers again"))
        self._kept, self._unkept = news, None
        state = state_of(self.here, run)
        changed({each.step.key: each.told for each in state.steps if each.told is not None}, self._handed(state))
        return run

    def _late(self, error: AideatorError) -> None:
        """Says once why what is new can't be asked for, if that lasts."""
        if self._unkept is None:
            self._unkept = monotonic()
        elif monotonic() > self._unkept + LATE_SECONDS:
            self._unkept = inf
            self.seen(Observation(self.team, now(), "connection_lost", f"{error.message}; it is tried again"))

    def _handed(self, state: TeamState) -> dict[str, str]:
        lines = {}
        for each in state.steps:
            if each.step.key not in self._begun:
                message = talking.handed(state, each)
                by = "" if message.by == PERSON else message.by
                back = f": {talking.SENT_BACK}" if message.text == talking.SENT_BACK else ""
                lines[each.step.key] = f"{by} → {message.to}{back}".strip()
        return lines

    def _has_all(self) -> bool:
        gone = self._kept.gone if self._kept else frozenset[str]()
        left = [step.run for step in self.here.store.steps(self.team) if step.key not in gone]
        return all(run is None or run.state == "ended" for run in map(self.here.store.run, left))

    # The stream's thread

    def _read(self, server: ServerBackend, run: TeamRun) -> None:
        try:
            self._take(server, run)
        except Exception as error:  # for the caller: a thread that dies silently would be waited for
            self._error = error
            self._followers.wake()

    def _take(self, server: ServerBackend, run: TeamRun) -> None:
        for batch in Stream(server, self.team, 0, self.stop, of="teams").batches():
            if isinstance(batch, Observation):
                if not self._followers.reads_any:
                    self.seen(batch)
                continue
            for sent in batch:
                if sent.kind == "problem":
                    raise problem_of(sent)
                if sent.kind == "team":
                    with server.client.understanding():
                        told = json.loads(sent.data)
                    self._news = mirroring.understood(server, run, told)
                self._is_told |= (sent.id or "").endswith("-end")
            self._followers.wake()
            if self._is_told:
                return
