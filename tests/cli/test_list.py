"""`list`: the runs that a user asks for, in the order that they ask for."""

import json
from pathlib import Path

import pytest

from aideator_agent.spec import Repository
from aideator_cli.actions import listing
from aideator_cli.domain.events import Observation
from aideator_cli.domain.runs import Place
from aideator_cli.domain.teams import Team, TeamRun
from aideator_cli.store import Store
from tests.cli.conftest import Shell
from tests.fixtures.stored_runs import Told, add_run, change, check

PATCH = change("a.py", "x = 1", "x = 2")


@pytest.fixture
def runs(aideator: Shell, home: Path) -> None:  # noqa: ARG001 -- it comes first, in an empty folder
    """`right` passes its check, `wrong` fails it, `broken` has failed, `dear` ran on another repository and cost more."""
    add_run(home, Told(PATCH, [check("unit")]), run="aright1", prompt="Fix the parser", created="2026-01-01T00:00:00Z")
    add_run(home, Told(PATCH, [check("unit", 1)]), run="bwrong1", prompt="Größe ändern", created="2026-01-02T00:00:00Z")
    add_run(home, Told(outcome="failed"), run="cbroken", prompt="Fix the lexer", created="2026-01-03T00:00:00Z")
    other = Repository("https://git.example/Web.git", None, "4f1c2aa" + "0" * 33)
    add_run(home, Told(), Told(), run="ddear11", prompt="Paint it", created="2025-12-31T00:00:00Z", repository=other)


def listed(aideator: Shell, *words: str) -> str:
    """Returns the first letters of the runs' ids, from the table; JSON has to say the same."""
    table, lines = aideator("list", *words), aideator("list", "--json", *words)
    assert (table.code, lines.code) == (0, 0), table.err + lines.err
    found = "".join(line[0] for line in table.out.splitlines()[1:])
    assert "".join(json.loads(line)["run"][0] for line in lines.out.splitlines()) == found
    assert (table.err == "no run matches\n") is (not found)
    return found


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], "cbad"),
        (["--limit", "2"], "cb"),
        (["--outcome", "succeeded"], "ad"),
        (["--outcome", "failed_checks"], "b"),
        (["--outcome", "failed"], "c"),
        (["--outcome", "cancelled"], ""),
        (["--state", "ended"], "cbad"),
        (["--state", "running"], ""),
        (["--repo", "web"], "d"),
        (["--search", "fix THE"], "ca"),
        (["--search", "GRÖSSE"], "b"),
        (["--search", "%"], ""),
        (["--search", "fix", "--outcome", "succeeded"], "a"),
        (["--sort", "oldest"], "dabc"),
        (["--sort", "cost"], "dcba"),
        (["--sort", "cost", "--limit", "1"], "d"),
        (["--search", "the", "--limit", "1"], "c"),
    ],
)
@pytest.mark.usefixtures("runs")
def test_only_what_was_asked_for_is_listed(aideator: Shell, words: list[str], expected: str) -> None:
    assert listed(aideator, *words) == expected


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["--state", "done"], "--state takes submitting, running or ended, not done"),
        (["--outcome", "won"], "--outcome takes succeeded, failed_checks, no_changes, limit, cancelled, failed or running, not won"),
        (["--sort", "size"], "--sort takes newest, oldest, cost or state, not size"),
        (["--tag", "a b"], "'a b' is no tag"),
    ],
)  # fmt: skip
def test_a_word_that_no_run_can_have_is_refused(aideator: Shell, words: list[str], error: str) -> None:
    for more in ([], ["--json"], ["--watch"]):
        said = aideator("list", *words, *more)
        assert (said.code, said.out) == (2, "")
        assert said.err.startswith(f"error: {error}\n")


def test_a_local_run_that_has_ended_meanwhile_is_listed_as_ended(aideator: Shell, home: Path) -> None:
    spec = add_run(home, Told(PATCH))
    store = Store.open(home)
    store.set_state(spec.id, "running")
    assert listed(aideator, "--state", "running") == ""
    assert listed(aideator, "--state", "ended") == "k"


def test_a_run_on_a_cluster_is_listed_as_it_was_last_seen(aideator: Shell, home: Path) -> None:
    spec = add_run(home, Told(PATCH))
    store = Store.open(home)
    store.forget_run(spec.id)
    store.add_run(spec, Place("kubernetes", "k3d-dev/default", "k3d-dev", "default"), state="running")
    store.record([], [Observation(spec.id, "2026-01-01T00:00:00Z", "running", "it runs")])
    assert listed(aideator, "--state", "running") == "k"
    assert listed(aideator, "--outcome", "running") == "k"


@pytest.mark.parametrize("words", [[], ["--steps"], ["--search", "parser"], ["--columns", "run"]])
@pytest.mark.usefixtures("runs")
def test_a_list_that_is_watched_begins_with_what_is_listed_and_tells_of_teams_too(
    aideator: Shell, home: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    store = Store.open(home)
    store.add_team(TeamRun("k3t0000", "2026-01-01T00:00:00.000000Z", Team("quartet", "t.yaml", ()), "Do it."))
    looked: list[int] = []

    def wait(_: object) -> None:
        looked.append(1)
        if len(looked) == 2:
            raise KeyboardInterrupt
        store.end_team("k3t0000", "succeeded", result="aright1/1")

    monkeypatch.setattr(listing, "_wait", wait)
    listed, watched = aideator("list", *words), aideator("list", *words, "--watch")
    assert (listed.code, watched.code) == (0, 130), watched.err
    assert watched.out.startswith(listed.out)
    news = watched.out.removeprefix(listed.out)
    told = ["k3t0000", "succeeded", "aright1/1"] if words in ([], ["--steps"]) else []
    assert [word for word in ("k3t0000", "succeeded", "aright1/1", "bwrong1") if word in news] == told
