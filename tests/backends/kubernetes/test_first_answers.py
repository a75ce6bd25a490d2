"""Who begins to follow a run asks again until the cluster answers, and is told what will not pass."""

import re
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aideator_agent.spec import RunSpec
from aideator_cli.backends.base import Status, Trouble
from aideator_cli.backends.kubernetes import KubernetesBackend, queue_watch
from aideator_cli.backends.kubernetes.manifests import Placement, configmap
from aideator_cli.errors import AideatorError
from aideator_cli.store import Store
from aideator_cli.stream.following import look
from tests.backends.kubernetes.api_server import Fake, Handler, answering, write_kubeconfig
from tests.backends.kubernetes.specs import run_spec
from tests.backends.kubernetes.test_watch import following
from tests.faults.waiting import until
from tests.stream.reader.test_resuming import store

__all__ = ["store"]  # the fixture

Connect = Callable[[str], KubernetesBackend]
QUEUE = "kueue.x-k8s.io"
FORBIDDEN = 'jobs is forbidden: User "jane" cannot {verb} resource "{kind}" in API group "" in the namespace "team"'


def busy(handler: Handler) -> None:
    """For longer than one call waits."""
    handler.json(503, {"message": "the server is starting"}, Retry_After="60")


class Server:
    """Has one run with one Job. It is in trouble when it is asked for something for the first time."""

    def __init__(self, kinds: str, trouble: Callable[[Handler], None] = busy, *, times: int = 1) -> None:
        """`kinds`: a pattern of what is asked for."""
        self.kinds = re.compile(kinds)
        self.trouble = trouble
        self.left: dict[str, int] = {}
        self.times = times
        self.over = threading.Event()
        self.lock = threading.Lock()
        self.spec: RunSpec | None = None

    def __call__(self, handler: Handler) -> None:
        path, _, query = handler.path.partition("?")
        kind = f"{path.rpartition('/')[2]} {query.partition('=')[2][:40] if path.endswith('/events') else ''}".strip()
        if "watch=1" not in query and self.kinds.match(kind) and self._is_due(kind):
            self.trouble(handler)
        elif "watch=1" in query:
            handler.begin()
            self.over.wait(20)
        elif path == f"/apis/{QUEUE}":
            handler.json(200, {"preferredVersion": {"version": "v1beta2"}})
        elif "/configmaps/" in path and self.spec is not None:
            handler.json(200, configmap(self.spec, Placement("team", "jane", "keys"), later=[2]))
        else:
            items = [JOB] if path.endswith("/jobs") else []
            handler.json(200, {"metadata": {"resourceVersion": "7"}, "items": items})

    def _is_due(self, kind: str) -> bool:
        with self.lock:
            self.left[kind] = self.left.get(kind, self.times) - 1
            return self.left[kind] >= 0


JOB: dict[str, Any] = {
    "metadata": {
        "uid": "j-1", "name": "agent-x-1", "resourceVersion": "5",
        "labels": {"aideator.dev/variation": "1", f"{QUEUE}/queue-name": "lq"},
    },
    "spec": {"suspend": True}, "status": {},
}  # fmt: skip


def watches(fake: Fake) -> Counter[str]:
    """How often each kind of object was watched."""
    return Counter(r.partition("?")[0].rpartition("/")[2] for r in list(fake.requests) if "watch=1" in r)


@pytest.fixture
def connect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Connect:
    def connected(url: str) -> KubernetesBackend:
        monkeypatch.setenv("KUBECONFIG", str(write_kubeconfig(tmp_path / "config", url, {})))
        return KubernetesBackend.connect(None, None, home=tmp_path)

    return connected


@pytest.mark.parametrize("kinds", ["pods", "jobs", "pods|jobs"])
def test_a_cluster_that_is_busy_when_a_run_is_first_looked_for_is_asked_again(connect: Connect, kinds: str) -> None:
    server = Server(kinds)
    with answering(server) as fake:
        with following(connect(fake.url), run_spec()) as watching:
            lost = watching.until(lambda told: isinstance(told, Trouble))
            assert lost == Trouble("cluster fake reported an error: the server is starting (HTTP 503)", back=False)
            assert watching.until(lambda told: isinstance(told, Trouble) and told.back)
            if not any(isinstance(told, Status) for told in watching.seen):
                watching.status(1, "queued")
        server.over.set()


def test_a_connection_that_breaks_in_the_first_answer_is_made_again(connect: Connect) -> None:
    server = Server("pods|jobs|events", lambda handler: handler.break_off(200, b'{"items": ['), times=2)
    with answering(server) as fake:
        with following(connect(fake.url), run_spec()) as watching:
            watching.status(1, "queued")
        server.over.set()
    assert not any(isinstance(told, Trouble) for told in watching.seen)


def test_events_and_queues_that_can_not_be_read_at_first_are_read_later(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_watch, "_ASK_SECONDS", 0.05)
    server = Server(f"events|workloads|{re.escape(QUEUE)}")
    with answering(server) as fake:
        with following(connect(fake.url), run_spec()) as watching:
            watching.status(1, "queued")
            until(lambda: watches(fake) == {"pods": 1, "jobs": 1, "events": 2, "workloads": 1}, "all are watched")
            watching.until(lambda told: isinstance(told, Status) and "for Kueue" in told.text)
        server.over.set()
    assert not any(isinstance(told, Trouble) or "can't be read" in told.text for told in watching.seen)


def test_queues_that_are_refused_and_then_allowed_are_read(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_watch, "_ASK_SECONDS", 0.05)
    server = Server(re.escape(QUEUE), lambda handler: handler.json(401, {"message": "who are you?"}))
    with answering(server) as fake:
        with following(connect(fake.url), run_spec()) as watching:
            watching.until(lambda told: "can't be read" in told.text)
            watching.until(lambda told: "waiting for Kueue to see it" in told.text)
        server.over.set()


def test_what_is_still_to_be_submitted_is_asked_for_again_and_the_trouble_is_told(connect: Connect) -> None:
    spec = run_spec(2, parallel=1)
    server = Server(f"agent-{spec.id}")
    server.spec = spec
    with answering(server) as fake:
        with following(connect(fake.url), spec) as watching:
            watching.until(lambda told: isinstance(told, Trouble) and not told.back)
            watching.until(lambda told: isinstance(told, Trouble) and told.back)
            watching.until(lambda told: isinstance(told, Status) and told.variation == 2)
        server.over.set()


@pytest.mark.parametrize(("kinds", "verb"), [("jobs", "list"), ("agent-", "get")])
def test_a_right_that_is_missing_is_told_at_once(connect: Connect, kinds: str, verb: str) -> None:
    resource = "jobs" if verb == "list" else "configmaps"
    words = FORBIDDEN.format(verb=verb, kind=resource)
    server = Server(kinds, lambda handler: handler.json(403, {"reason": "Forbidden", "message": words}), times=1000)
    spec = run_spec(2, parallel=1)
    server.spec = spec
    with answering(server) as fake:
        with following(connect(fake.url), spec) as watching, pytest.raises(AideatorError) as told:
            watching.until(lambda _: False)
        server.over.set()
    assert f"jane may not {verb} {resource} in namespace team" in told.value.message


def test_a_look_at_a_run_ends_with_what_is_wrong(connect: Connect, store: Store) -> None:
    """It waits for no cluster that stays away: `show` then says what is known."""
    server = Server("jobs", times=1000)
    with answering(server) as fake:
        with pytest.raises(AideatorError, match="the server is starting"):
            look(run_spec(), connect(fake.url), store)
        server.over.set()
