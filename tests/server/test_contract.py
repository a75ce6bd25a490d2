"""The short form: the same runs under the names of the documents that asked for a server."""

import json
from pathlib import Path

from starlette.testclient import TestClient

from aideator_cli.actions.demo_material import demo_scripts
from tests.cli.conftest import Shell, aideator
from tests.server.conftest import API, Body, told

__all__ = ["aideator"]


def test_a_run_in_the_short_form(aideator: Shell, client: TestClient, repository: Path) -> None:
    assert client.get(f"{API}/health").json() == {"status": "healthy", "version": "0.1.0", "kubernetes": "none"}
    right = demo_scripts()[0]
    config = {"model": f"scripted/{right}", "temperature": 0.2}
    asked = {"github_url": str(repository), "prompt": "Fix it.", "variations": 2, "agent_config": config}
    started = client.post(f"{API}/runs", json=asked)
    assert started.status_code == 202, started.text
    run = started.json()["run_id"]
    names = [f"agent-{run}-{number}" for number in (1, 2)]
    assert started.json() == {"run_id": run, "stream_url": f"{API}/runs/{run}/stream", "job_names": names}

    with client.stream("GET", f"{API}/runs/{run}/stream") as answer:
        seen = told("".join(answer.iter_text()))
    assert (seen[0].kind, seen[-1].kind) == ("status", "status")
    assert seen[0].data["status"] in ("starting", "running")
    assert seen[-1].data == {"run_id": run, "status": "completed"}
    done = [each.data for each in seen if each.kind == "job_completed"]
    expected = [{"variation_id": n, "job_name": names[n - 1], "status": "succeeded"} for n in (1, 2)]
    assert sorted(done, key=lambda each: each["variation_id"]) == expected
    for number in (1, 2):
        output = [each.data for each in seen if each.kind == "agent_output" and each.data["variation_id"] == number]
        printed = aideator("logs", f"{run}/{number}", "--json").out.splitlines()
        assert [each["content"] for each in output] == printed, "line by line what the agent wrote"
        assert {each["pod"] for each in output} == {names[number - 1]}

    middle = seen[len(seen) // 2]
    with client.stream("GET", f"{API}/runs/{run}/stream", headers={"Last-Event-ID": middle.id or ""}) as answer:
        rest = [each.data for each in told("".join(answer.iter_text())) if each.kind == "agent_output"]
    assert rest == [each.data for each in seen[len(seen) // 2 + 1 :] if each.kind == "agent_output"]

    stopped = {"active": 0, "succeeded": 1, "failed": 0}
    jobs = [{"job_name": name, "status": stopped} for name in names]
    assert client.get(f"{API}/runs/{run}/status").json() == {"run_id": run, "status": "completed", "jobs": jobs}
    task = client.get(f"{API}/tasks/{run}").json()
    assert (task["task_id"], task["status"], task["prompt"], task["variations"]) == (run, "completed", "Fix it.", 2)
    selected = client.post(f"{API}/runs/{run}/select", json={"winning_variation_id": 2})
    assert selected.json() == {"status": "selected", "job_name": names[1]}
    assert client.get(f"{API}/runs/{run}").json()["selected"] == 2


def test_an_agent_that_fails_is_an_error_in_the_stream(client: TestClient, body: Body, tmp_path: Path) -> None:
    script = tmp_path / "broken.yaml"
    script.write_text(json.dumps([{"fault": "refusal"}] * 20))
    started = client.post(f"{API}/runs", json=body(models=[f"scripted/{script}"], n=1, verify=[], retries=0))
    assert started.status_code == 202, started.text
    run = started.json()["run"]
    with client.stream("GET", f"{API}/runs/{run}/stream") as answer:
        seen = told("".join(answer.iter_text()))
    (error,) = [each.data for each in seen if each.kind == "error"]
    assert (error["variation_id"], error["job_name"]) == (1, f"agent-{run}-1")
    assert error["error"]
    assert seen[-1].data["status"] == "failed"
    assert client.get(f"{API}/runs/{run}/status").json()["jobs"][0]["status"]["failed"] == 1
