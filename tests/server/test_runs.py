"""A run from a program's side: start it, watch it, compare, choose, take the patch, delete it."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

from starlette.testclient import TestClient

from aideator_cli.actions.here import Here
from aideator_cli.domain.glance import Wanted
from aideator_cli.server.runs import page_of
from tests.cli.conftest import Shell, aideator
from tests.server.conftest import API, Body, told

__all__ = ["aideator"]
PROBLEM = "application/problem+json"


def test_a_run_from_start_to_patch(client: TestClient, body: Body, repository: Path, tmp_path: Path) -> None:
    started = client.post(f"{API}/runs", json=body())
    assert started.status_code == 202
    run = started.json()
    name = run["run"]
    assert (run["kind"], run["prompt"], len(run["variations"])) == ("run", "Make the parser skip comments.", 2)
    assert started.headers["location"] == f"{API}/runs/{name}"

    with client.stream("GET", f"{API}/runs/{name}/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        seen = told("".join(answer.iter_text()))
    for number in (1, 2):
        events = [each.data["event"] for each in seen if each.kind == "event" and each.data["variation"] == number]
        assert [event["seq"] for event in events] == list(range(len(events))), "none lost, none doubled"
        assert (events[0]["type"], events[-1]["type"]) == ("start", "end")
    results = {each.data["variation"]: each.data for each in seen if each.kind == "result"}
    assert {number: result["status"] for number, result in results.items()} == {1: "succeeded", 2: "failed checks"}

    shown = client.get(f"{API}/runs/{name}").json()
    assert (shown["state"], shown["judged"]) == ("ended", None)
    assert shown["observations"][0]["kind"] == "observation"
    assert [each["outcome"] for each in client.get(f"{API}/runs/{name}/results").json()["results"]] == ["succeeded"] * 2
    compared = client.get(f"{API}/runs/{name}/compare").json()
    assert (compared["kind"], compared["choice"]) == ("comparison", 1)

    selected = client.post(f"{API}/runs/{name}/select", json={"best": True}).json()
    assert (selected["kind"], selected["variation"]) == ("selection", 1)
    assert client.post(f"{API}/runs/{name}/select", json={"variation": 2, "note": "mine"}).json()["note"] == "mine"

    patch = client.get(f"{API}/runs/{name}/variations/1/patch")
    assert patch.headers["content-disposition"] == f'attachment; filename="{name}-1.patch"'
    subprocess.run(["git", "clone", "-q", str(repository), str(tmp_path / "clone")], check=True)
    subprocess.run(["git", "apply", "--check"], cwd=tmp_path / "clone", input=patch.content, check=True)

    report = client.get(f"{API}/runs/{name}/report")
    assert report.headers["content-security-policy"] == "sandbox"
    assert "<html" in report.text

    assert client.delete(f"{API}/runs/{name}").status_code == 204
    gone = client.get(f"{API}/runs/{name}")
    assert (gone.status_code, gone.json()["detail"]) == (404, f"there is no run {name}")


def test_what_a_program_gets_is_what_json_prints(aideator: Shell, client: TestClient, finished: str) -> None:
    assert client.get(f"{API}/runs").json()["runs"] == [json.loads(aideator("list", "--json").out)]
    assert client.get(f"{API}/runs/{finished}").json() == json.loads(aideator("show", finished, "--json").out)
    assert client.get(f"{API}/runs/{finished}/compare").json() == json.loads(
        aideator("compare", finished, "--json").out
    )
    with client.stream("GET", f"{API}/runs/{finished}/events") as answer:
        streamed = [each.data for each in told("".join(answer.iter_text()))]
    printed = [json.loads(line) for line in aideator("watch", finished, "--json").out.splitlines()]
    key = json.dumps
    assert sorted(map(key, streamed)) == sorted(map(key, printed))


def test_a_stream_goes_on_behind_any_id(client: TestClient, finished: str) -> None:
    with client.stream("GET", f"{API}/runs/{finished}/events") as answer:
        whole = [each for each in told("".join(answer.iter_text())) if each.kind != "result"]
    for at in (0, 1, len(whole) // 2, len(whole) - 1):
        for how in ({"headers": {"Last-Event-ID": whole[at].id}}, {"params": {"from": whole[at].id}}):
            with client.stream("GET", f"{API}/runs/{finished}/events", **how) as answer:  # type: ignore[arg-type]
                rest = [each for each in told("".join(answer.iter_text())) if each.kind != "result"]
            assert rest == whole[at + 1 :]


def test_a_browser_that_comes_back_after_the_end_is_sent_away(client: TestClient, finished: str) -> None:
    with client.stream("GET", f"{API}/runs/{finished}/events") as answer:
        text = "".join(answer.iter_text())
    last = text.rstrip().rpartition("id: ")[2]
    assert last.endswith("-end")
    assert client.get(f"{API}/runs/{finished}/events", headers={"Last-Event-ID": last}).status_code == 204


def test_a_stream_of_one_variation_has_its_events_alone(client: TestClient, finished: str) -> None:
    with client.stream("GET", f"{API}/runs/{finished}/events", params={"variation": 2}) as answer:
        seen = told("".join(answer.iter_text()))
    assert {each.data["variation"] for each in seen if each.kind != "observation"} == {2}
    assert {each.data["variation"] for each in seen} <= {2, None}
    assert [each.data["variation"] for each in seen if each.kind == "result"] == [2]


def test_a_list_in_pages_has_every_run_once(client: TestClient, body: Body) -> None:
    names = [client.post(f"{API}/runs", json=body(n=1, models=body()["models"][:1])).json()["run"] for _ in range(5)]
    found, cursor = [], None
    while True:
        page = client.get(f"{API}/runs", params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        found += [run["run"] for run in page["runs"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert found == names[::-1]
    for name in names:
        assert client.delete(f"{API}/runs/{name}", params={"force": True}).status_code == 204


def test_an_agent_stops_when_it_is_cancelled_and_tries_again_when_asked(
    client: TestClient, body: Body, tmp_path: Path
) -> None:
    script = tmp_path / "long.yaml"
    script.write_text("- say: Waiting.\n  calls: [{tool: bash, arguments: {command: sleep 600}}]\n")
    run = client.post(f"{API}/runs", json=body(models=[f"scripted/{script}"], n=1, verify=[])).json()["run"]
    with client.stream("GET", f"{API}/runs/{run}/events") as answer:
        for line in answer.iter_lines():
            if '"type":"call"' in line:
                refused = client.delete(f"{API}/runs/{run}")
                assert (refused.status_code, refused.json()["hint"]) == (409, "cancel it first, or send ?force=true")
                assert client.post(f"{API}/runs/{run}/cancel").status_code == 202
    results = client.get(f"{API}/runs/{run}/results").json()["results"]
    assert [result["outcome"] for result in results] == ["cancelled"]
    refused = client.post(f"{API}/runs/{run}/retry", json={})
    assert (refused.status_code, refused.headers["content-type"]) == (422, PROBLEM)
    assert "failed because of infrastructure" in refused.json()["detail"]
    assert client.post(f"{API}/runs/{run}/retry", json={"force": True}).status_code == 202
    assert client.post(f"{API}/runs/{run}/cancel", json={"variation": 1}).status_code == 202
    with client.stream("GET", f"{API}/runs/{run}/events") as answer:
        seen = told("".join(answer.iter_text()))
    assert len({each.data["attempt"] for each in seen if each.kind == "event"}) in (1, 2)
    assert [each.data["outcome"] for each in seen if each.kind == "result"][-1] == "cancelled"


def test_a_run_that_was_started_in_the_shell_is_followed_here(
    aideator: Shell, client: TestClient, body: Body, repository: Path
) -> None:
    started = aideator(
        "run",
        str(repository),
        "Fix it.",
        "--model",
        body()["models"][0],
        "--backend",
        "local",
        "-n",
        "1",
        "--detach",
        "--json",
    )
    run = json.loads(started.out.splitlines()[-1])["run"]
    with client.stream("GET", f"{API}/runs/{run}/events") as answer:
        seen = told("".join(answer.iter_text()))
    assert [each.data["status"] for each in seen if each.kind == "result"] == ["succeeded"]


def test_a_page_takes_the_same_few_queries_however_many_runs_are_on_it(client: TestClient, finished: str) -> None:  # noqa: ARG001
    here = Here()
    store = here.store
    run = store.run(finished)
    assert run is not None
    for number in range(40):
        store.add_run(replace(run.spec, id=f"k{number:06d}"), run.place)
    counts = []
    for limit in (1, 40):
        queries: list[str] = []
        store._engine._own.set_trace_callback(queries.append)  # type: ignore[attr-defined]
        assert len(page_of(here, Wanted(), limit, None)["runs"]) == limit
        store._engine._own.set_trace_callback(None)  # type: ignore[attr-defined]
        counts.append(len(queries))
    assert counts[0] == counts[1] < 8
