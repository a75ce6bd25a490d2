"""A team of a cluster that another machine has started is taken over by its id, but not by accident, and no file of this machine for it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aideator_agent.spec import RunSpec, TeamStep
from aideator_cli.actions import places
from aideator_cli.actions.here import Here
from aideator_cli.actions.teams import knowing
from aideator_cli.domain.teams import Asked, Stage, Team, TeamRun, first_run
from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.intake.request import Where
from aideator_cli.system.settings import Settings
from tests.agent.running import spec_of

TEAM = TeamRun("t1234ab", "2026-01-01T00:00:00.000000Z", Team("two", "shipped", (Stage("one"),)), "Fix it.")


class Cluster:
    """What a cluster says of the team's first run."""

    name, where, context, namespace = "kubernetes", "k3d-dev/default", "k3d-dev", "default"

    def __init__(self, spec: RunSpec | None, owner: str | None = None) -> None:
        self._spec, self._owner = spec, owner

    def load_spec(self, run: str) -> RunSpec | None:
        return self._spec if self._spec is not None and self._spec.id == run else None

    def runs(self) -> dict[str, str | None]:
        return {self._spec.id: self._owner} if self._spec else {}


@pytest.fixture
def here(tmp_path: Path) -> Here:
    return Here(Settings({"AIDEATOR_HOME": str(tmp_path / "home")}))


def first_of(team: TeamRun, document: str | None = None) -> RunSpec:
    step = TeamStep(team.id, "one", team.document() if document is None else document)
    return replace(spec_of("https://git.example/todo.git"), id=first_run(team.id), team=step)


def asked(here: Here, monkeypatch: pytest.MonkeyPatch, cluster: Cluster, word: str = TEAM.id) -> TeamRun | None:
    monkeypatch.setattr(places, "choose", lambda *_: cluster)
    return knowing.known(here, word, Where("kubernetes"))


def refusal(here: Here, monkeypatch: pytest.MonkeyPatch, cluster: Cluster) -> AideatorError:
    with pytest.raises(AideatorError) as told:
        asked(here, monkeypatch, cluster)
    assert (here.store.teams(), here.store.runs()) == ([], []), "nothing of it is stored"
    return told.value


def test_a_team_is_found_by_its_whole_id_with_its_first_run(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Cluster(first_of(TEAM))
    assert asked(here, monkeypatch, cluster, TEAM.id[:5]) is None
    assert asked(here, monkeypatch, cluster) == TEAM
    assert [step.run for step in here.store.steps(TEAM.id)] == [first_run(TEAM.id)]


def test_a_team_of_another_user_is_left_alone(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    told = refusal(here, monkeypatch, Cluster(first_of(TEAM), "5f3a"))
    assert told.message == "team t1234ab belongs to another user (5f3a)"
    assert told.code == ExitCode.REFUSED


@pytest.mark.parametrize(
    ("team", "file"),
    [
        (replace(TEAM, team=replace(TEAM.team, stages=(Stage("one", role="/root/.ssh/id_ed25519"),))), "/root/.ssh/id_ed25519"),
        (replace(TEAM, team=replace(TEAM.team, stages=(Stage("one", agent="./agent.yaml"),))), "./agent.yaml"),
        (replace(TEAM, asked=Asked(role="~/notes.md")), "~/notes.md"),
        (replace(TEAM, asked=Asked(agents=("./agent.yaml:2",))), "./agent.yaml"),
    ],
)  # fmt: skip
def test_a_team_that_names_files_goes_on_only_where_they_are(
    here: Here, monkeypatch: pytest.MonkeyPatch, team: TeamRun, file: str
) -> None:
    """Whoever may write to the cluster can have written it, and what it names would be sent there."""
    told = refusal(here, monkeypatch, Cluster(first_of(team)))
    assert file in told.message
    assert "of the machine that started it" in told.message


@pytest.mark.parametrize("document", ["", "{}", "[]", '{"created": 1}'])
def test_a_team_that_this_version_can_t_read_is_told(
    here: Here, monkeypatch: pytest.MonkeyPatch, document: str
) -> None:
    assert (
        "was started by another version of AIdeator"
        in refusal(here, monkeypatch, Cluster(first_of(TEAM, document))).message
    )


def test_a_run_that_only_has_the_id_of_the_first_one_is_no_team(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    other: list[Any] = [
        replace(first_of(TEAM), team=None),
        replace(first_of(TEAM), team=TeamStep("t9999zz", "one", TEAM.document())),
    ]
    for spec in other:
        assert asked(here, monkeypatch, Cluster(spec)) is None
    assert here.store.runs() == []
