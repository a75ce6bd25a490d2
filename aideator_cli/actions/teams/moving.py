"""Moves a team on: begins its steps, and ends it.

One process at a time does so, by a lease. Any number may watch; when the one that moves is gone, another one takes over. What a step is
follows from the team and from its runs, and its run's id from the team's, so that a process that was killed loses and repeats none. Of
two that begin the same step at once, because one was stopped for longer than its lease, a lock lets one wait, and a cluster refuses one.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Final

from aideator_agent.spec import RunSpec
from aideator_cli.actions import keeping
from aideator_cli.actions.attending import ALL, Window
from aideator_cli.actions.cancelling import ask_to_stop
from aideator_cli.actions.fetching import fetch
from aideator_cli.actions.here import Here
from aideator_cli.actions.places import backend_at, place_of
from aideator_cli.actions.starting import Plan, asking, start
from aideator_cli.actions.teams.following import Followers, Tell
from aideator_cli.actions.teams.holding import beginning, gone, own_name
from aideator_cli.actions.teams.joining import Joiner
from aideator_cli.actions.teams.seeing import Seen, Sight
from aideator_cli.actions.teams.starting import checked_spec
from aideator_cli.actions.teams.walking import Course, Walk
from aideator_cli.backends import parcel
from aideator_cli.backends.base import Backend
from aideator_cli.domain.handing import Over, Wanted
from aideator_cli.domain.leases import Lease
from aideator_cli.domain.teams import Step, TeamRun, first_run
from aideator_cli.errors import AideatorError, ExitCode, SentIsGone, Taken
from aideator_cli.intake.request import Where
from aideator_cli.intake.teams.ordering import ordered
from aideator_cli.system.clock import now, seconds_between
from aideator_cli.system.host import this_host
from aideator_cli.text.figures import cost, duration

LEASE_SECONDS: Final = 15.0
RENEW_SECONDS: Final = 4.0
SUBMITTING_SECONDS: Final = 30.0  # that another machine may take to submit a step, before it counts as killed
LEAST: Final = 0.0001  # USD that are worth beginning a step with
FIRST_IS_MISSING: Final = "its first run is not stored: it was deleted, or the process that started it was killed"


@dataclass
class Mover:
    """Watches one team in this process, and moves it on while nobody else does.

    `told` gets each run's items when they are stored, in the follower's thread. `follows`: whether this process reads the runs' logs.
    """

    here: Here
    team: str
    told: Tell = lambda *_: None
    follows: bool = True
    window: Window = ALL  # how much of what was there before is told
    patient: bool = True  # whether it stays while another process moves the team on
    stop: threading.Event = field(default_factory=threading.Event)
    course: Course = field(default_factory=Course)
    _lease: Lease | None = None
    _joiner: Joiner = field(default_factory=Joiner)
    _unfinished: dict[str, float] = field(
        default_factory=dict
    )  # run -> when it was first seen without some of its Jobs

    def __post_init__(self) -> None:
        self._holder = own_name()
        self._followers = Followers(self.here, self.told, self.follows, self.window, self.stop)

    def move(self, changed: Callable[[Course], None] = lambda _: None) -> TeamRun:
        """Returns the team when it is over, or as it is when `stop` was set. `changed` gets each new course.

        Raises `AideatorError` if a step can't be begun; the team then stays as it is, and can be moved on later.
        """
        run = self._known()
        self._note_first()
        sight = Sight(self.here, run)
        renewing = threading.Thread(target=self._renew, name=f"lease {self.team}", daemon=True)
        renewing.start()
        try:
            while run.state == "running" and not self.stop.is_set():
                self._take()
                if self._lease is None and not self.patient:
                    run = self._known()
                    break
                self.course = self._walk(run, sight)
                changed(self.course)
                self._follow_all(sight)
                if self._lease is not None and self._moved(run):
                    continue
                self._followers.wait()
                run = self._known()
        finally:
            self._followers.end()
            if self._lease is not None:
                with suppress(AideatorError):
                    self.here.store.give_team_back(self._lease)
        self.course = self._walk(run, sight)
        if run.state == "cancelled":  # perhaps a step was just being begun
            stop_all(self.here, self.course.working)
        changed(self.course)
        return run

    def _known(self) -> TeamRun:
        run = self.here.store.team(self.team)
        if run is None:
            raise AideatorError(f"team {self.team} was deleted", code=ExitCode.NOT_FOUND)
        return run

    def _note_first(self) -> None:
        """A process that took the team over can have been killed before it had stored the first step."""
        first = self.here.store.run(first_run(self.team))
        if first is not None and first.spec.team is not None:
            self.here.store.add_step(Step(self.team, first.spec.team.key, first.spec.id, first.spec.created))

    def _walk(self, run: TeamRun, sight: Sight) -> Course:
        return Walk(run, sight.look, self.here.settings.roles_folder, self._joiner).go()

    # The lease

    def _take(self) -> None:
        if self._lease is None:
            before = gone(self.here.store.mover(self.team))
            self._lease = self.here.store.lease_team(self.team, self._holder, this_host(), LEASE_SECONDS, from_=before)

    def _holds(self) -> bool:
        """Whether the team is still at work, and this process' to move on: it may have been stopped for a while."""
        lease = self._lease
        if lease is not None and self.here.store.renew_team(lease, LEASE_SECONDS):
            return True
        self._lease = None
        return False

    def _renew(self) -> None:
        store = None
        while not self.stop.wait(RENEW_SECONDS):
            lease = self._lease
            if lease is None:
                continue
            try:
                store = store or self.here.again().store
                if not store.renew_team(lease, LEASE_SECONDS):
                    self._lease = None
            except Exception:  # one that has expired can still be renewed, unless another process has the team
                store = None

    # Steps

    def _moved(self, run: TeamRun) -> bool:
        """Begins what is to begin, or ends the team. Returns whether a step was begun."""
        course = self.course
        if course.plan is not None and course.plan != run.plan:
            self.here.store.set_plan(run.id, course.plan)
        over = course.over or self._out_of_time(run)
        if over is not None:
            self._end(run, over)
            return False
        begun = False
        for wanted in course.wanted:
            left = self._left(run, wanted)
            if left is not None and left < LEAST and wanted.kind != "check":
                if course.working:
                    continue  # they may give back some of theirs
                spent = f"{cost(run.team.cost)} of the team"
                self._end(run, Over("failed", f"the limit of {spent} is used up before {wanted.key}"))
                return False
            with beginning(self.here, run.id):
                if not self._holds():
                    break
                begun = self._begin(run, wanted, left) or begun
        return begun

    def _out_of_time(self, run: TeamRun) -> Over | None:
        if run.team.seconds is None or seconds_between(run.created, now()) < run.team.seconds:
            return None
        return Over("failed", f"the limit of {duration(run.team.seconds)} for all of it is reached")

    def _end(self, run: TeamRun, over: Over) -> None:
        if over.state == "failed":
            stop_all(self.here, self.course.working)
        self.here.store.end_team(run.id, over.state, over.reason, over.result)

    def _left(self, run: TeamRun, wanted: Wanted) -> float | None:
        """Returns what the step's agents may spend: what is left of the limit, without what those at work may still spend."""
        if run.team.cost is None:
            return None
        store, left = self.here.store, run.team.cost
        working = {seen.run.spec.id for seen in self.course.working}
        for step in store.steps(run.id):
            spent = sum(each or 0.0 for each in store.spent(step.run).values())
            stored = store.run(step.run) if step.run in working else None
            share = stored.spec.share if stored else None
            left -= max(spent, share * len(stored.spec.variations)) if stored and share else spent
        spending = sum(each.kind != "check" for each in self.course.wanted)  # that begin together
        return left / max(1, wanted.sharing, spending)

    def _begin(self, run: TeamRun, wanted: Wanted, left: float | None) -> bool:
        """Returns whether the step is at work."""
        store, id_ = self.here.store, run.run_of(wanted.key)
        first = store.run(first_run(run.id))
        if first is None:
            self._end(run, Over("failed", FIRST_IS_MISSING))
            return False
        backend = backend_at(first.place, self.here.settings)
        store.add_step(Step(run.id, wanted.key, id_, now()))
        fetch(self.here, first.spec)
        held = backend.load_spec(id_)
        if held is not None:
            return self._taken_up(run, checked_spec(run, held), backend, first.repository_path)
        path = first.repository_path
        ask = asking(self.here, Where(backend.name), first.spec.secret, answers=wanted.stage.answers)
        with store.owned_by(run.owner), keeping.without_the_servers(backend.name, run.owner):
            made = ordered(run, wanted, first.spec, path, backend.name, self.here.settings, left, ask, store.recalled)
        try:
            if id_ == first.spec.id:
                made.packed.release()
                self._submit_first(checked_spec(run, first.spec), backend)
            else:
                self._start(run, Plan(made, backend))
        except Taken:  # by another machine, just now: whose step it is, the next look shows
            return False
        return True

    def _submit_first(self, spec: RunSpec, backend: Backend) -> None:
        """Does what its starter was killed before. It stays as it is, also if that fails: every step needs it, and what is sent with it."""
        backend.submit(spec)
        self.here.store.set_state(spec.id, "running")

    def _start(self, run: TeamRun, planned: Plan) -> None:
        store, id_ = self.here.store, planned.spec.id
        parcel.forget(self.here.settings.home / "runs", id_)
        stored = store.run(id_)
        if stored is not None and stored.state == "submitting":
            store.forget_run(id_)
        with store.owned_by(run.owner):
            start(self.here, planned)

    def _taken_up(self, run: TeamRun, spec: RunSpec, backend: Backend, path: Path | None) -> bool:
        """Goes on with a step that another process or machine has begun, and finishes what one that was killed has left undone.

        Returns False while another machine may still be about it.
        """
        store, id_ = self.here.store, spec.id
        known, submissions = store.run(id_), backend.submissions(id_)
        missing = [v.number for v in spec.variations[: spec.parallel] if v.number not in submissions]
        begun_here = known is not None and known.spec.submission_id == spec.submission_id
        if missing and backend.name == "kubernetes" and not begun_here:
            since = self._unfinished.setdefault(id_, monotonic())
            if monotonic() - since < SUBMITTING_SECONDS:
                return False
        if known is not None and not begun_here:
            store.forget_run(id_)
        with store.owned_by(run.owner):
            store.add_run(spec, place_of(backend), repository_path=path)
        if backend.name == "kubernetes":
            try:
                backend.submit(spec) if missing else backend.mend(spec)
            except SentIsGone:
                if id_ == first_run(run.id):
                    raise
                store.forget_run(id_)
                return False  # that submission is withdrawn, so the next look begins the step anew
        elif missing:
            backend.resubmit(spec, dict.fromkeys(missing, 1))
        store.set_state(id_, "running")
        return True

    def _follow_all(self, sight: Sight) -> None:
        for step in self.here.store.steps(self.team):
            seen = sight.look(step.key)
            if seen is not None:
                self._followers.follow(seen.run)


def stop_all(here: Here, working: "list[Seen]") -> tuple[list[str], list[str]]:
    """Asks the agents of these steps to stop. Returns the steps whose agents were asked, and what kept others from it."""
    asked, failed = [], []
    for seen in working:
        spec = seen.run.spec
        left = [each.variation for each in here.store.results(spec.id) if not each.ended]
        try:
            ask_to_stop(here, spec, backend_at(seen.run.place, here.settings), left)
        except AideatorError as error:
            failed.append(f"{seen.key} ({spec.id}): {error.message}")
        else:
            asked.append(seen.key)
    return asked, failed
