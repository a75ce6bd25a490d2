"""Which variations of a run are still to be submitted: an annotation says so, and many may change it."""

import json
from typing import Any

from aideator_agent.spec import RunSpec
from aideator_cli.backends.kubernetes.manifests import Placement, configmap
from aideator_cli.backends.kubernetes.taking_turns import strike_out, submit_more
from tests.backends.kubernetes.api_server import Handler, answering
from tests.backends.kubernetes.specs import run_spec

LIST = "aideator.dev/unsubmitted"
RUN = run_spec(4, parallel=2)
JOBS = "/apis/batch/v1/namespaces/team/jobs"


class Server:
    """Holds the run's ConfigMap and its Jobs. `conflicts`: so often somebody else was faster."""

    def __init__(self, listed: str | None, *, conflicts: int = 0, ended: int = 0) -> None:
        self.object: dict[str, Any] = configmap(RUN, Placement("team", "user", "keys"))
        self.object["metadata"] |= {"resourceVersion": "1"}
        if listed is not None:
            self.object["metadata"]["annotations"][LIST] = listed
        self.conflicts = conflicts
        self.ended = ended
        self.created: list[str] = []

    @property
    def listed(self) -> str | None:
        found: str | None = self.object["metadata"]["annotations"].get(LIST)
        return found

    def __call__(self, handler: Handler) -> None:
        path = handler.path.partition("?")[0]
        if handler.command == "PATCH":
            self.patch(handler, json.loads(handler.body)["metadata"])
        elif handler.command == "POST" and path == JOBS:
            job = json.loads(handler.body)
            self.created.append(job["metadata"]["name"])
            handler.json(201, {**job, "metadata": {**job["metadata"], "uid": f"u-{len(self.created)}"}})
        elif path == JOBS:
            handler.json(200, {"items": [self.job(number) for number in (1, 2)]})
        elif path.endswith(f"/configmaps/agent-{RUN.id}"):
            handler.json(200, self.object)
        elif path == "/version":
            handler.json(200, {"major": "1", "minor": "34"})
        else:
            handler.json(403, {"message": "forbidden"})

    def patch(self, handler: Handler, wanted: dict[str, Any]) -> None:
        if "resourceVersion" in wanted and self.conflicts:
            self.conflicts -= 1
            handler.json(409, {"reason": "Conflict", "message": "the object has been modified"})
            return
        for name, value in (wanted.get("annotations") or {}).items():
            self.object["metadata"]["annotations"].pop(name)
            if value is not None:
                self.object["metadata"]["annotations"][name] = value
        handler.json(200, self.object)

    def job(self, number: int) -> dict[str, Any]:
        conditions = [{"type": "Complete", "status": "True"}] if number <= self.ended else []
        return {"metadata": {"labels": {"aideator.dev/variation": str(number)}}, "status": {"conditions": conditions}}


def submitted(server: Server) -> bool:
    told: list[RunSpec] = []
    with answering(server) as answering_:
        left = submit_more(answering_.objects(), RUN.id, "jane", told.append)
    assert [spec.id for spec in told] == ([RUN.id] if server.created else [])
    return left


def test_nothing_is_submitted_while_all_places_are_taken() -> None:
    server = Server("3,4")
    assert submitted(server)
    assert (server.created, server.listed) == ([], "3,4")


def test_as_many_are_submitted_as_have_ended() -> None:
    server = Server("3,4", ended=1)
    assert submitted(server)
    assert (server.created, server.listed) == ([f"agent-{RUN.id}-3"], "4")
    server = Server("3,4", ended=2)
    assert not submitted(server)
    assert (sorted(server.created), server.listed) == ([f"agent-{RUN.id}-3", f"agent-{RUN.id}-4"], None)


def test_one_that_has_its_job_is_not_submitted_again() -> None:
    """Somebody was interrupted after the Job, and before the list."""
    server = Server("2,3", ended=1)
    assert not submitted(server)
    assert (server.created, server.listed) == ([f"agent-{RUN.id}-3"], None)


def test_what_others_change_at_the_same_time_is_kept() -> None:
    server = Server("3,4", conflicts=2)
    with answering(server) as answering_:
        strike_out(answering_.objects(), RUN.id, [4])
    assert server.listed == "3"


def test_a_run_without_a_list_is_left_alone() -> None:
    server = Server(None)
    assert not submitted(server)
    assert server.created == []
