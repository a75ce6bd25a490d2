"""A team's step that another process has begun, or could not begin, is gone on with: nothing of it is lost, repeated or somebody else's."""

import fcntl
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from aideator_agent.spec import RunSpec, VariationSpec
from aideator_cli.actions.here import Here
from aideator_cli.actions.teams import moving, starting
from aideator_cli.actions.teams.holding import beginning
from aideator_cli.actions.teams.moving import Mover
from aideator_cli.backends import parcel
from aideator_cli.domain.handing import Wanted
from aideator_cli.domain.runs import Place
from aideator_cli.domain.teams import Stage, TeamRun, first_run
from aideator_cli.errors import AideatorError, Taken, unavailable
from aideator_cli.intake.sending.packed import Packed
from aideator_cli.system import git_token
from aideator_cli.system.settings import Settings
from tests.actions.teams.test_taking_over import TEAM, first_of

FIRST = first_run(TEAM.id)
SPEC = replace(first_of(TEAM), variations=tuple(VariationSpec(number, "scripted/a.yaml") for number in (1, 2, 3)))
WANTED = Wanted("one", Stage("one"), "work")


class Cluster:
    """A cluster on which some of the first step's Jobs are."""

    name, where, context, namespace = "kubernetes", "k3d-dev/default", "k3d-dev", "default"

    def __init__(self, spec: RunSpec | None = None, jobs: tuple[int, ...] = (), *, away: bool = False) -> None:
        self._spec, self._jobs, self.away = spec, jobs, away
        self.done: list[str] = []

    def load_spec(self, run: str) -> RunSpec | None:
        assert run == FIRST
        return self._spec

    def submissions(self, _run: str) -> dict[int, int]:
        return dict.fromkeys(self._jobs, 1)

    def submit(self, _spec: RunSpec, _hidden: bytes | None = None) -> None:
        if self.away:
            refuse()
        self.done.append("submit")

    def mend(self, _spec: RunSpec) -> None:
        self.done.append("mend")


@pytest.fixture
def here(tmp_path: Path) -> Here:
    """One that knows a team of ada's, whose starter was killed while it submitted the first step."""
    here = Here(Settings({"AIDEATOR_HOME": str(tmp_path / "home")}))
    with here.store.owned_by("ada"):
        here.store.add_team(TEAM)
        here.store.add_run(SPEC, Place("kubernetes", "k3d-dev/default", "k3d-dev", "default"), repository_path=tmp_path)
    return here


Begin = Callable[[Cluster], bool]


@pytest.fixture
def begin(here: Here, monkeypatch: pytest.MonkeyPatch) -> Begin:
    def begin(cluster: Cluster) -> bool:
        monkeypatch.setattr(moving, "backend_at", lambda *_: cluster)
        team = here.store.team(TEAM.id)
        assert team is not None
        return Mover(here, TEAM.id)._begin(team, WANTED, None)

    return begin


def test_agents_that_wait_for_their_turn_are_not_missing(here: Here, begin: Begin) -> None:
    spec = replace(SPEC, parallel=1)
    here.store.forget_run(FIRST)
    here.store.add_run(spec, Place("kubernetes", "k3d-dev/default"))
    cluster = Cluster(spec, (1,))
    assert begin(cluster)
    assert cluster.done == ["mend"]


def test_a_step_that_another_machine_has_begun_belongs_to_the_team_s_owner(
    here: Here, begin: Begin, tmp_path: Path
) -> None:
    theirs = replace(SPEC, submission_id="00000000-0000-4000-8000-000000000000")
    assert begin(Cluster(theirs, (1, 2, 3)))
    known = here.store.run(FIRST)
    assert known is not None
    assert (known.spec, known.owner, known.repository_path, known.state) == (theirs, "ada", tmp_path, "running")


def refuse(*_: object, **__: object) -> Any:
    raise unavailable("the cluster does not answer")


@pytest.mark.parametrize("orders", [refuse, lambda *_: SimpleNamespace(packed=Packed(SPEC.repository))])
def test_a_first_step_that_can_t_be_begun_again_now_can_be_later(
    here: Here, begin: Begin, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, orders: Callable[..., Any]
) -> None:
    sent = parcel.place(here.settings.home / "runs", FIRST)
    sent.mkdir(parents=True)
    monkeypatch.setattr(moving, "ordered", orders)
    for _ in range(2):
        with pytest.raises(AideatorError, match="the cluster does not answer"):
            begin(Cluster(away=True))
    assert sent.is_dir()
    monkeypatch.setattr(moving, "ordered", lambda *_: SimpleNamespace(packed=Packed(SPEC.repository)))
    cluster = Cluster()
    assert begin(cluster)
    known = here.store.run(FIRST)
    assert known is not None
    assert (cluster.done, known.spec, known.owner, known.state) == (["submit"], SPEC, "ada", "running")
    assert known.repository_path == tmp_path


def test_the_servers_own_token_of_git_does_not_go_to_the_host_of_a_users_team(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_TOKEN", "s3cret")
    seen: list[bool] = []

    def order(*_: object) -> Any:
        seen.append(git_token.is_set())
        return SimpleNamespace(packed=Packed(SPEC.repository))

    monkeypatch.setattr(moving, "ordered", order)
    assert begin(Cluster())
    assert seen == [False]


def started(here: Here, monkeypatch: pytest.MonkeyPatch, start: Callable[..., Any]) -> TeamRun:
    """Starts a second team."""
    run = replace(TEAM, id="t7777xy")
    spec = replace(first_of(run), id=first_run(run.id))
    planned: Any = SimpleNamespace(spec=spec)
    monkeypatch.setattr(starting, "start", start)
    return starting.begin(here, starting.TeamPlan(run, planned))


def test_who_starts_a_team_lets_nobody_of_its_home_begin_the_same_step(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(*_: object) -> None:
        lock = here.settings.home / "teams" / "t7777xy.lock"
        with lock.open("w") as file, pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    team = started(here, monkeypatch, start)
    with beginning(here, team.id):
        assert here.store.team(team.id) == team


def test_a_team_that_could_not_be_started_is_forgotten(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AideatorError):
        started(here, monkeypatch, refuse)
    assert here.store.team("t7777xy") is None
    assert list((here.settings.home / "teams").iterdir()) == []


def test_a_team_that_another_replica_has_taken_meanwhile_is_not_forgotten(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its starter was stopped for so long that its lease has ended."""

    def late(*_: object) -> None:
        holder = here.store.mover("t7777xy")
        assert holder is not None
        assert here.store.lease_team("t7777xy", "another", "replica-2", 60, from_=holder[0])
        raise Taken("it is there already")

    with pytest.raises(Taken):
        started(here, monkeypatch, late)
    assert here.store.team("t7777xy") is not None
    assert [step.run for step in here.store.steps("t7777xy")] == [first_run("t7777xy")]


def test_a_lock_that_can_t_be_had_is_told(here: Here) -> None:
    (here.settings.home / "teams" / f"{TEAM.id}.lock").mkdir(parents=True)
    with pytest.raises(AideatorError, match="teams"), beginning(here, TEAM.id):
        pass
