"""Two users in one namespace: neither sees or deletes a run of the other by accident."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from aideator_agent.spec import Repository, RunSpec, VariationSpec
from aideator_cli.backends.kubernetes.marks import user_label
from aideator_cli.errors import ExitCode
from aideator_cli.store import Store
from tests.backends.kubernetes.api_server import Fake, Handler, answering, write_kubeconfig
from tests.cli.conftest import Shell
from tests.fixtures.stored_runs import Told, add_run

MINE, HERS = user_label("ada"), user_label("eve")
SPEC = RunSpec(
    "minexx1", "uuid", "2026-01-02T00:00:00Z", Repository("https://git.example/x.git", "main"), "Fix it.", (VariationSpec(1, "gpt-5"),)
)  # fmt: skip
RUNS = {
    "minexx1": (SPEC, MINE),
    "hersxx1": (replace(SPEC, id="hersxx1", prompt="Her task.", created="2026-01-03T00:00:00Z"), HERS),
}


def answer(handler: Handler) -> None:
    path = handler.path.partition("?")[0]
    if path.endswith("/selfsubjectreviews"):
        handler.json(201, {"status": {"userInfo": {"username": "ada"}}})
    elif path.endswith("/configmaps"):
        labels = {run: {"aideator.dev/run": run, "aideator.dev/user": owner} for run, (_, owner) in RUNS.items()}
        handler.json(200, {"items": [{"metadata": {"name": f"agent-{run}", "labels": labels[run]}} for run in RUNS]})
    elif (name := path.rpartition("/agent-")[2]) in RUNS and handler.command == "GET":
        spec, owner = RUNS[name]
        labels = {"aideator.dev/run": name, "aideator.dev/user": owner, "app.kubernetes.io/managed-by": "aideator"}
        handler.json(
            200, {"metadata": {"name": f"agent-{name}", "labels": labels}, "data": {"spec.json": spec.to_json()}}
        )
    else:
        handler.json(403, {"kind": "Status", "reason": "Forbidden", "message": "not this", "code": 403})


@pytest.fixture
def cluster(aideator: Shell, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fake]:  # noqa: ARG001
    """A namespace with a run of each, and a run that only this machine knows."""
    add_run(home, Told(), run="localx1", created="2026-01-01T00:00:00Z")
    with answering(answer) as fake:
        monkeypatch.setenv("KUBECONFIG", str(write_kubeconfig(tmp_path / "kubeconfig", fake.url, {})))
        yield fake


def runs_of(out: str) -> list[str]:
    return [line.split()[0] for line in out.splitlines()[1:]]


def test_list_asks_no_cluster_unless_it_is_told_to(aideator: Shell, cluster: Fake) -> None:
    assert runs_of(aideator("list").out) == ["localx1"]
    assert cluster.requests == []


def test_what_the_cluster_has_and_this_machine_lacks_is_listed(aideator: Shell, cluster: Fake) -> None:  # noqa: ARG001
    said = aideator("list", "--cluster")
    assert runs_of(said.out) == ["minexx1", "localx1"]
    assert "1 run of fake/team is new here\n" in said.err
    assert "1 run of other users is not shown: --all-users\n" in said.err
    assert "warning: minexx1 is shown as it was last seen: " in said.err, "this cluster shows no Jobs"
    assert runs_of(aideator("list").out) == ["minexx1", "localx1"], "from now on it is known"


def test_runs_of_others_are_listed_on_demand_alone(aideator: Shell, cluster: Fake) -> None:  # noqa: ARG001
    said = aideator("list", "--all-users")
    assert runs_of(said.out) == ["hersxx1", "minexx1", "localx1"]
    assert said.out.splitlines()[0].split() == [
        "run",
        "created",
        "state",
        "succeeded",
        "cost",
        "where",
        "owner",
        "prompt",
    ]
    assert [HERS in line for line in said.out.splitlines()[1:]] == [True, False, False]
    assert runs_of(aideator("list").out) == ["minexx1", "localx1"]
    lines = map(json.loads, aideator("list", "--all-users", "--json").out.splitlines())
    assert {line["run"]: line["cluster_user"] for line in lines} == {"hersxx1": HERS, "minexx1": None, "localx1": None}


def test_a_beginning_and_last_find_no_run_of_another(aideator: Shell, cluster: Fake) -> None:  # noqa: ARG001
    assert aideator("show", "hers").code == ExitCode.NOT_FOUND
    assert "hersxx1" not in aideator("__complete", "show", "h").out
    assert aideator("list", "--all-users").code == 0
    assert aideator("show", "hers").code == ExitCode.NOT_FOUND, "it is known now, and newer"
    assert "hersxx1" not in aideator("__complete", "show", "h").out
    assert json.loads(aideator("show", "@last", "--json").out)["run"] == "minexx1"
    said = aideator("show", "hersxx1")
    assert said.code == 0, "its whole id is no accident"
    assert f"of another user: {HERS}" in said.out


@pytest.mark.parametrize("force", [[], ["--force"]])
def test_a_run_of_another_is_not_deleted_without_a_word(
    aideator: Shell, cluster: Fake, home: Path, force: list[str]
) -> None:
    aideator("list", "--all-users")
    Store.open(home).set_state("hersxx1", "ended")
    said = aideator("delete", "hersxx1", *force)
    assert said.code == ExitCode.REFUSED
    assert said.err.splitlines()[0] == f"error: run hersxx1 belongs to another user ({HERS})"
    assert not any(request.startswith("DELETE") for request in cluster.requests)
    asked = len(cluster.requests)
    assert "belongs to another user" not in aideator("delete", "hersxx1", "--yes", *force).err
    assert len(cluster.requests) > asked


def test_without_a_cluster_there_is_nothing_to_ask(aideator: Shell) -> None:
    said = aideator("list", "--all-users")
    assert (said.code, said.err.splitlines()[0]) == (
        ExitCode.USAGE, "error: there is no cluster to ask: no kubeconfig has a current context",
    )  # fmt: skip
    assert aideator("list", "--context", "x").code == ExitCode.USAGE
