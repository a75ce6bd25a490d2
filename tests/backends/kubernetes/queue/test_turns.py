"""How a waiting Job's place in its queue is found out, whatever of Kueue's API the user may see."""

from queue import SimpleQueue
from typing import Any

import pytest

from aideator_cli.backends.kubernetes import queue_watch
from aideator_cli.backends.kubernetes.feed import Listed, Message, Turns
from aideator_cli.backends.kubernetes.queue_watch import QueueWatch
from aideator_cli.backends.kubernetes.queue_words import Turn
from tests.backends.kubernetes.api_server import Fake, Handler, answering

KUEUE = "/apis/kueue.x-k8s.io"
VISIBILITY = "/apis/visibility.kueue.x-k8s.io"
IN_TEAM = "v1beta2/namespaces/team"
ORDER = f"{VISIBILITY}/{IN_TEAM}/localqueues/lq/pendingworkloads"
QUEUE = f"{KUEUE}/{IN_TEAM}/localqueues/lq"
VERSION = (200, {"preferredVersion": {"version": "v1beta2"}})
Answers = dict[str, tuple[int, Any]]


def job(number: int, *, suspend: bool = True, queue: str | None = "lq") -> dict[str, Any]:
    labels = {"aideator.dev/variation": str(number)} | ({} if queue is None else {"kueue.x-k8s.io/queue-name": queue})
    return {
        "metadata": {"uid": f"j-{number}", "name": f"agent-{number}", "labels": labels},
        "spec": {"suspend": suspend},
    }


def pending(*names: int) -> tuple[int, Any]:
    items = [
        {
            "metadata": {"name": f"job-{name}", "ownerReferences": [{"kind": "Job", "name": f"agent-{name}", "uid": f"j-{name}"}]},
            "priority": 10, "positionInClusterQueue": place, "positionInLocalQueue": place,
        }
        for place, name in enumerate(names)
    ]  # fmt: skip
    return 200, {"items": items}


class Asked:
    """What the watch told, and what it asked for."""

    def __init__(
        self, answers: Answers, jobs: list[dict[str, Any]], kinds: tuple[type[Message], ...] = (Turns,)
    ) -> None:
        self.messages: list[Message] = []
        known: Answers = {KUEUE: VERSION, VISIBILITY: VERSION, **answers}

        def answer(handler: Handler) -> None:
            path = handler.path.partition("?")[0]
            handler.json(*known.get(path, (404, {"message": f"{path} not found"})))

        with answering(answer) as server:
            self._look(server, jobs, list(kinds))
            self.requests = list(server.requests)

    def _look(self, server: Fake, jobs: list[dict[str, Any]], awaited: list[type[Message]]) -> None:
        messages: SimpleQueue[Message] = SimpleQueue()
        watch = QueueWatch(server.objects(), messages)
        watch.look(jobs)
        while awaited:
            told = messages.get(timeout=10)
            self.messages.append(told)
            if type(told) in awaited:
                awaited.remove(type(told))
        watch.end()

    @property
    def turns(self) -> dict[str, Turn]:
        found = [told.turns for told in self.messages if isinstance(told, Turns)][-1]
        return {uid: Turn(0, turn.ahead, turn.pending) for uid, turn in found.items()}


def test_each_waiting_job_is_told_how_many_are_ahead() -> None:
    asked = Asked({ORDER: pending(7, 2, 1)}, [job(1), job(2), job(3, suspend=False)])
    assert asked.turns == {"j-1": Turn(0, ahead=2), "j-2": Turn(0, ahead=1)}


@pytest.mark.parametrize(
    "answers",
    [
        {VISIBILITY: (404, {"message": "404 page not found"})},
        {ORDER: (404, {"message": 'localqueue.visibility.kueue.x-k8s.io "lq" not found'})},
        {ORDER: (403, {"message": 'User "bob" cannot get resource "localqueues/pendingworkloads"'})},
        {ORDER: (503, {"message": "the server is currently unable to handle the request"})},
    ],
)
def test_without_the_order_the_queue_s_own_count_is_told(answers: Answers) -> None:
    asked = Asked({QUEUE: (200, {"status": {"pendingWorkloads": 4}}), **answers}, [job(1)])
    assert asked.turns == {"j-1": Turn(0, pending=4)}


def test_a_queue_that_kueue_does_not_know_yet_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_watch, "_ASK_SECONDS", 0.01)
    missing = (404, {"message": 'localqueue.visibility.kueue.x-k8s.io "lq" not found'})
    asked = Asked({ORDER: missing}, [job(1)], (Turns, Turns))
    assert len([request for request in asked.requests if request == f"GET {ORDER}"]) > 1


def test_without_any_right_the_wait_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_watch, "_ASK_SECONDS", 0.01)
    forbidden = (403, {"message": "forbidden"})
    asked = Asked({ORDER: forbidden, QUEUE: forbidden}, [job(1)], (Turns, Turns, Turns))
    assert asked.turns == {"j-1": Turn()}
    assert [request for request in asked.requests if request == f"GET {ORDER}"] == [f"GET {ORDER}"]


def test_workloads_are_found_by_their_job_and_watched_at_once() -> None:
    listed = {"items": [{"metadata": {"name": "job-x"}}], "metadata": {"resourceVersion": "1"}}
    asked = Asked({f"{KUEUE}/{IN_TEAM}/workloads": (200, listed)}, [job(1), job(2)], (Turns, Listed))
    wanted = f"GET {KUEUE}/{IN_TEAM}/workloads?labelSelector=kueue.x-k8s.io%2Fjob-uid%20in%20%28j-1%2Cj-2%29"
    assert next(request for request in asked.requests if "/workloads" in request) == wanted


def test_a_run_without_a_queue_asks_nothing_of_kueue() -> None:
    with answering(lambda handler: handler.json(404, {})) as server:
        watch = QueueWatch(server.objects(), SimpleQueue())
        watch.look([job(1, queue=None), job(2, queue=None, suspend=False)])
        watch.end()
        assert server.requests == []
