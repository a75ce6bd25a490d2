"""Agents go on from a patch over HTTP, for whoever owns its run, and with no more rights than a new run has."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from aideator_agent.spec import Repository
from aideator_cli.actions import continuing, merging
from aideator_cli.actions.finding import find
from aideator_cli.actions.here import Here
from aideator_cli.domain.runs import Place
from aideator_cli.intake.request import Anew
from aideator_cli.server.app import application
from aideator_cli.store.serving import ServerStore
from tests.backends.kubernetes.api_server import write_kubeconfig
from tests.cli.test_continue import script
from tests.fixtures.repositories import LocalRepository
from tests.fixtures.stored_runs import Told, add_run, change
from tests.server.conftest import API
from tests.server.test_accounts import token
from tests.server.test_bad_input import refused

RUN = "k3v9x2q"


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def shared(
    request: pytest.FixtureRequest,
    home: Path,  # noqa: ARG001 -- the data folder
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[TestClient]:
    """A server that wants tokens."""
    if request.param == "PostgreSQL":
        monkeypatch.setenv("AIDEATOR_DATABASE", request.getfixturevalue("postgresql_url"))
    with TestClient(application(Here(), None), base_url="http://aideator.example") as client:
        yield client


def ended(client: TestClient, answer: Any, who: dict[str, str]) -> dict[str, Any]:
    """Waits until the run that was started has ended."""
    assert answer.status_code == 202, answer.text
    run = answer.json()["run"]
    assert answer.headers["location"] == f"{API}/runs/{run}"
    assert client.get(f"{API}/runs/{run}/events", headers=who).status_code == 200
    shown: dict[str, Any] = client.get(f"{API}/runs/{run}", headers=who).json()
    assert shown["state"] == "ended"
    return shown


def test_a_run_goes_on_from_a_variations_patch(shared: TestClient, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("world")
    repository = LocalRepository(folder / "todo")
    repository.commit({"a.txt": "a\n", "b.txt": "b\n"})
    root = token("root", "read", "run", "admin")
    asked = {
        "repository": str(repository.path), "prompt": "Mend a.", "models": [script(folder, "half", "echo A > a.txt")], "n": 1,
        "verify": ["both=grep -q A a.txt && grep -q B b.txt"], "backend": "local",
    }  # fmt: skip
    first = ended(shared, shared.post(f"{API}/runs", json=asked, headers=root), root)
    assert first["variations"][0]["status"] == "failed checks"

    path = f"{API}/runs/{first['run']}/continue"
    anew = {"prompt": "Mend b, too.", "models": [script(folder, "rest", "grep -q A a.txt && echo B > b.txt")], "n": 2}
    begun = shared.post(path, json=anew, headers={**root, "Idempotency-Key": "k1"})
    again = shared.post(path, json=anew, headers={**root, "Idempotency-Key": "k1"})
    assert again.json()["run"] == begun.json()["run"]
    second = ended(shared, begun, root)
    assert second["origin"] == {"kind": "continued", "variations": [f"{first['run']}/1"]}
    assert (second["prompt"], [each["status"] for each in second["variations"]]) == ("Mend b, too.", ["succeeded"] * 2)
    patch = shared.get(f"{API}/runs/{second['run']}/variations/1/patch", headers=root).text
    assert ("+A" in patch, "+B" in patch) == (True, True), "it holds the earlier one, too"
    assert Here().store.run(second["run"]).owner == "root"  # type: ignore[union-attr]
    deed = next(each for each in ServerStore.of(Here().store).deeds(9) if each.action.endswith("/continue"))
    assert (deed.who, deed.target, deed.status) == ("root", first["run"], 202)

    other = shared.post(path, json={**anew, "n": 1}, headers={**root, "Idempotency-Key": "k1"})
    assert "came with another request" in refused(other, 422)["detail"]
    nothing = shared.post(path, json={**anew, "variation": 9}, headers=root)
    assert refused(nothing, 404)["detail"] == f"run {first['run']} has no variation 9"
    assert len(Here().store.runs()) == 2


def test_patches_are_merged_and_the_result_is_checked(
    shared: TestClient, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("world")
    repository = LocalRepository(folder / "todo")
    repository.commit({"a.txt": "a\n", "b.txt": "b\n"})
    root = token("root", "read", "run", "admin")
    scripts = {"one": "echo A > a.txt", "two": "echo B > b.txt; echo x > extra.txt", "three": "echo C > a.txt"}
    asked = {
        "repository": str(repository.path), "prompt": "Mend it.", "models": [script(folder, *each) for each in scripts.items()],
        "verify": ["both=grep -q A a.txt && grep -q B b.txt"], "backend": "local",
    }  # fmt: skip
    run = ended(shared, shared.post(f"{API}/runs", json=asked, headers=root), root)["run"]
    conflict = shared.post(f"{API}/merges", json={"variations": [f"{run}/1", f"{run}/3"]}, headers=root)
    problem = refused(conflict, 409)
    assert (problem["exit_code"], "a.txt" in problem["detail"]) == (8, True)

    body = {"variations": [f"{run}/1", f"{run}/2"], "only": [f"{run}/2:b.txt"]}
    begun = shared.post(f"{API}/merges", json=body, headers={**root, "Idempotency-Key": "k1"})
    assert (
        shared.post(f"{API}/merges", json=body, headers={**root, "Idempotency-Key": "k1"}).json()["run"]
        == begun.json()["run"]
    )
    merged = ended(shared, begun, root)
    assert merged["origin"] == {"kind": "merged", "variations": [f"{run}/1", f"{run}/2"]}
    assert [(each["status"], each["model"]) for each in merged["variations"]] == [("succeeded", "merge")]
    patch = shared.get(f"{API}/runs/{merged['run']}/variations/1/patch", headers=root).text
    assert ("+A" in patch, "+B" in patch, "extra" in patch) == (True, True, False)
    deed = next(each for each in ServerStore.of(Here().store).deeds(9) if each.status == 202)
    assert (deed.who, deed.action, deed.target) == ("root", f"POST {API}/merges", merged["run"])


def test_nobody_merges_anothers_patch(shared: TestClient, home: Path) -> None:
    stored(home, Place("kubernetes", "here", "ctx", "ns"))
    add_run(home, Told(change("b.py", "x", "y")), run="m2c8wq1")
    body = {"variations": [f"{RUN}/1", "m2c8wq1/1"]}
    answer = shared.post(f"{API}/merges", json=body, headers=token("eve"))
    assert refused(answer, 404)["detail"] == "there is no run m2c8wq1"
    refused(shared.post(f"{API}/merges", json=body, headers=token("mallory")), 404)
    refused(shared.post(f"{API}/merges", json=body, headers=token("eve", "read")), 403)
    for words in ([], ["../x/1"], [f"{RUN}/1"] * 21, [f"{RUN}/x"]):
        refused(shared.post(f"{API}/merges", json={"variations": words}, headers=token("eve")), 422)
    assert len(Here().store.runs()) == 2


def stored(home: Path, place: Place, owner: str = "eve") -> None:
    add_run(home, Told(change("a.py", "x", "y")), run=RUN, place=place)
    store = Here().store
    with store.transaction(RUN) as connection:
        connection.execute("update runs set owner = ? where id = ?", (owner, RUN))


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"models": ["scripted//etc/passwd"]}, "a script on the server's machine"),
        ({"agents": ["own/scripted//etc/passwd"]}, "a script on the server's machine"),
        ({"agents": ["./agent.yaml"]}, "an agent from a file"),
        ({"roles": ["backend,./role.md:2"]}, "a role from a file"),
        ({"api_base": "http://169.254.169.254/v1"}, "api_base"),
        ({"allow_local_shell": True}, "allow_local_shell"),
    ],
)
def test_who_goes_on_has_no_more_rights_than_who_starts(
    shared: TestClient, home: Path, fields: dict[str, Any], text: str
) -> None:
    stored(home, Place("kubernetes", "here", "ctx", "ns"))
    path, asked = f"{API}/runs/{RUN}/continue", {"prompt": "More.", **fields}
    assert text in refused(shared.post(path, json=asked, headers=token("eve")), 403)["detail"]
    refused(shared.post(path, json=asked, headers=token("eve", "read")), 403)
    refused(shared.post(path, json=asked, headers=token("mallory")), 404)
    assert len(Here().store.runs()) == 1


def test_agents_on_the_servers_machine_are_an_admins(shared: TestClient, home: Path) -> None:
    stored(home, Place("local", "this machine"))
    answer = shared.post(f"{API}/runs/{RUN}/continue", json={"prompt": "More."}, headers=token("eve"))
    assert refused(answer, 403)["detail"] == "this needs the scope admin: agents on the server's machine"


def test_no_host_of_a_cloud_is_asked_for_the_base(shared: TestClient, home: Path) -> None:
    stored(home, Place("kubernetes", "here", "ctx", "ns"))
    store = Here().store
    run = store.run(RUN)
    assert run is not None
    spec = json.loads(run.spec.to_json())
    spec["repository"]["url"] = "http://169.254.169.254/x.git"
    with store.transaction(RUN) as connection:
        connection.execute("update runs set spec = ? where id = ?", (store._dialect.document(json.dumps(spec)), RUN))
    answer = shared.post(f"{API}/runs/{RUN}/continue", json={"prompt": "More."}, headers=token("eve"))
    assert "only machines of one network reach" in refused(answer, 403)["detail"]


@pytest.mark.parametrize(("who", "secret"), [("eve", "keys-of-eve"), (None, None), ("root", None)])
def test_who_goes_on_from_anothers_run_does_not_work_with_the_others_keys(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, who: str | None, secret: str | None
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(write_kubeconfig(tmp_path / "kubeconfig", "https://127.0.0.1:1", {})))
    repository = LocalRepository(tmp_path / "todo")
    base = repository.commit({"a.py": "x\n", "b.py": "x\n"})
    told = (Told(change("a.py", "x", "y")), Told(change("b.py", "x", "y")))
    asked: dict[str, Any] = {"repository": Repository(repository.path.as_uri(), None, base), "secret": "keys-of-eve"}
    add_run(home, *told, run=RUN, place=Place("kubernetes", "here", "fake", "team"), **asked)
    here = Here()
    with here.store.transaction(RUN) as connection:
        connection.execute("update runs set owner = 'eve' where id = ?", (RUN,))
    with here.store.owned_by(who):
        both = {word: find(here, word) for word in (f"{RUN}/1", f"{RUN}/2")}
        merged = merging.plan(here, merging.merge(here, merging.Asked(both)))
        went_on = continuing.plan(here, both[f"{RUN}/1"], Anew("More."))
    assert (went_on.spec.secret, merged.spec.secret) == (secret, secret)
    for planned in (went_on, merged):
        planned.order.packed.release()
