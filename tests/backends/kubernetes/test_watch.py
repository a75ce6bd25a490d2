"""Following a run on a real cluster: what happens to its pods is told, whatever happens to the connection."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from aideator_agent.spec import RunSpec
from aideator_cli.backends.base import Line, LogGone, Remark, Status, Trouble
from aideator_cli.backends.kubernetes import KubernetesBackend
from aideator_cli.errors import AideatorError
from tests.backends.kubernetes.api_server import Handler, answering, write_kubeconfig
from tests.backends.kubernetes.forwarder import Forwarder
from tests.backends.kubernetes.specs import run_spec
from tests.fixtures.cluster import Cluster, Kubectl
from tests.fixtures.quota import use_up

PYTHON = "/opt/aideator/bin/python"
TALKS = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: (print("last words", flush=True), sys.exit(3)))
for number in range(5000):
    print("line", number, "\\u00fc" * 20)
print("\\t\\x1b[31mred\\r", flush=True)
time.sleep(float(sys.argv[1]))
"""


class Following:
    """A run's statuses, read by a thread of their own."""

    def __init__(self, backend: KubernetesBackend, spec: RunSpec) -> None:
        self.stop = threading.Event()
        self.seen: list[Status | Trouble] = []
        self._queue: Queue[Status | Trouble | AideatorError] = Queue()
        self.thread = threading.Thread(target=self._read, args=(backend, spec))
        self.thread.start()

    def until(self, accepts: Callable[[Status | Trouble], bool], seconds: float = 90) -> Status | Trouble:
        """The first status, from now on, that is accepted."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                told = self._queue.get(timeout=max(0.0, deadline - time.monotonic()))
            except Empty:
                raise AssertionError(f"it did not come; seen: {self.seen}") from None
            if isinstance(told, AideatorError):
                raise told
            self.seen.append(told)
            if accepts(told):
                return told

    def status(self, variation: int, *reasons: str) -> Status:
        found = self.until(
            lambda told: isinstance(told, Status) and told.variation == variation and told.reason in reasons
        )
        assert isinstance(found, Status)
        return found

    def _read(self, backend: KubernetesBackend, spec: RunSpec) -> None:
        try:
            for told in backend.watch(spec, self.stop):
                self._queue.put(told)
        except AideatorError as error:
            self._queue.put(error)


@contextmanager
def following(backend: KubernetesBackend, spec: RunSpec) -> Iterator[Following]:
    watching = Following(backend, spec)
    try:
        yield watching
    finally:
        watching.stop.set()
        watching.thread.join(10)
        assert not watching.thread.is_alive()


def create(
    backend: KubernetesBackend, kubectl: Kubectl, spec: RunSpec, change: Callable[[int, dict[str, Any]], None]
) -> None:
    """The run's objects, each variation's pod changed first."""
    configmap, *jobs = backend.manifests(spec)
    for number, job in enumerate(jobs, 1):
        change(number, job["spec"]["template"]["spec"])
    kubectl("create", "-f", "-", stdin=yaml.safe_dump_all([configmap, *jobs]))
    backend.mend(spec)


def talking(seconds: float) -> Callable[[int, dict[str, Any]], None]:
    def change(number: int, pod: dict[str, Any]) -> None:
        del number
        pod["containers"][0]["command"] = [PYTHON, "-c", TALKS, str(seconds)]

    return change


def pod_of(kubectl: Kubectl, namespace: str, spec: RunSpec) -> str:
    return kubectl("get", "pods", "-n", namespace, "-l", f"run-id={spec.id}", "-o", "name").strip()


def _add(found: set[int], told: Status | Trouble, reason: str, *, final: bool = False) -> set[int]:
    if isinstance(told, Status) and (told.reason, told.final) == (reason, final):
        found.add(told.variation)
    return found


def test_each_way_not_to_start_is_told_in_words(backend: KubernetesBackend, kubectl: Kubectl, agent_image: str) -> None:
    spec = run_spec(6, agent_image=agent_image)

    def change(number: int, pod: dict[str, Any]) -> None:
        agent, shell = pod["containers"][0], pod["initContainers"][0]
        if number == 1:
            agent["resources"] = {"requests": {"cpu": "1000"}}
        elif number == 2:
            reference = {"name": "absent", "key": "OPENAI_API_KEY"}
            agent["env"].append({"name": "OPENAI_API_KEY", "valueFrom": {"secretKeyRef": reference}})
        elif number == 3:
            agent |= {"image": "localhost/not-there:dev", "imagePullPolicy": "Never"}
        elif number == 4:
            shell["command"] = ["/no/such/shell"]
        elif number == 5:
            del pod["securityContext"]["seccompProfile"]
        else:
            shell["image"] = "registry.invalid/nope:dev"

    create(backend, kubectl, spec, change)
    expected = {1: "unschedulable", 2: "secret", 3: "image", 4: "start_error", 5: "policy", 6: "image"}
    found: dict[int, Status] = {}

    def all_there(told: Status | Trouble) -> bool:
        if isinstance(told, Status) and expected[told.variation] == told.reason:
            found[told.variation] = told
        return found.keys() == expected.keys()

    with following(backend, spec) as watching:
        watching.until(all_there)
    assert all(status.state == "waiting" and not status.readable for status in found.values())
    words = {
        1: "Insufficient cpu",
        2: '"absent" not found',
        3: "not-there",
        4: "/no/such/shell",
        5: "seccompProfile",
        6: "registry.invalid",
    }
    for number, word in words.items():
        assert word in found[number].text
    hopeless = {number: status.hopeless_after for number, status in found.items()}
    assert hopeless == {1: None, 2: 15.0, 3: 0.0, 4: 0.0, 5: 0.0, 6: None}
    backend.cancel(spec.id, [1, 2, 3, 4, 5, 6])
    kubectl("wait", "--for=delete", "job", "-n", backend.namespace, "-l", f"run-id={spec.id}", "--timeout=60s")


def test_a_quota_that_refuses_the_pod(backend: KubernetesBackend, kubectl: Kubectl, namespace: str) -> None:
    use_up(kubectl, namespace)
    spec = run_spec(agent_image="localhost/not-there:dev")
    backend.submit(spec)
    with following(backend, spec) as watching:
        assert "quota full has no room" in watching.status(1, "quota").text


def test_an_attempt_is_told_and_its_log_is_kubectls(
    backend: KubernetesBackend, kubectl: Kubectl, namespace: str, agent_image: str
) -> None:
    spec = run_spec(agent_image=agent_image)
    create(backend, kubectl, spec, talking(1))
    with following(backend, spec) as watching:
        running = watching.status(1, "running")
        assert running.readable
        assert running.attempt is not None
        assert running.attempt.variation == 1
        followed = [line for piece in backend.read_log(running.attempt, follow=True) for line in piece]
        ended = watching.status(1, "completed")
    assert (ended.state, ended.exit_code, ended.final, ended.attempt) == ("ended", 0, True, running.attempt)

    again = [line for piece in backend.read_log(running.attempt, follow=False) for line in piece]
    kubectls = kubectl.raw("logs", running.attempt.name, "-n", namespace)
    for lines in (followed, again):
        assert b"".join(line.raw + b"\n" for line in lines if isinstance(line, Line)) == kubectls
        assert not any(isinstance(line, Remark) for line in lines)
    marks = [line.mark for line in again if isinstance(line, Line)]
    assert marks == sorted(str(mark) for mark in marks)
    rest = [line for piece in backend.read_log(running.attempt, follow=False, since=marks[-1]) for line in piece]
    assert rest
    assert rest[-1] == again[-1]


def test_cancelling_leaves_the_agents_last_words(
    backend: KubernetesBackend, kubectl: Kubectl, namespace: str, agent_image: str
) -> None:
    spec = run_spec(2, agent_image=agent_image)

    def change(number: int, pod: dict[str, Any]) -> None:
        talking(600)(number, pod)
        if number == 2:
            pod["containers"][0]["resources"] = {"requests": {"cpu": "1000"}}

    create(backend, kubectl, spec, change)
    with following(backend, spec) as watching:
        running = watching.status(1, "running")
        assert running.attempt is not None
        first = next(backend.read_log(running.attempt, follow=True))
        assert first
        backend.cancel(spec.id, [1, 2])
        ended = watching.until(lambda told: isinstance(told, Status) and told.variation == 1 and told.state == "ended")
        assert isinstance(ended, Status)
        assert (ended.exit_code, ended.final) == (3, True)
    assert kubectl("logs", running.attempt.name, "-n", namespace, "--tail=1") == "last words\n"
    kubectl("wait", "--for=delete", "job", f"agent-{spec.id}-2", "-n", namespace, "--timeout=60s")
    backend.cancel(spec.id, [1])
    assert pod_of(kubectl, namespace, spec) == f"pod/{running.attempt.name}"


def test_what_someone_else_deletes_is_told(
    backend: KubernetesBackend, kubectl: Kubectl, namespace: str, agent_image: str
) -> None:
    spec = run_spec(2, agent_image=agent_image)
    create(backend, kubectl, spec, talking(600))
    with following(backend, spec) as watching:
        running: set[int] = set()
        watching.until(lambda told: _add(running, told, "running") == {1, 2})
        pod = kubectl("get", "pods", "-n", namespace, "-l", "variation-id=1", "-o", "name").strip()
        kubectl("delete", pod, "-n", namespace, "--wait=false")
        kubectl("delete", "job", f"agent-{spec.id}-2", "-n", namespace, "--wait=false")
        ended: set[int] = set()
        watching.until(lambda told: _add(ended, told, "deleted", final=True) == {1, 2})
    ends = {told.variation: told for told in watching.seen if isinstance(told, Status)}
    assert {(status.state, status.reason) for status in ends.values()} == {("ended", "deleted")}
    attempt = ends[1].attempt
    assert attempt is not None
    kubectl("wait", "--for=delete", pod, "-n", namespace, "--timeout=60s")
    with pytest.raises(LogGone):
        next(backend.read_log(attempt, follow=False))


def test_a_connection_that_breaks_is_told_once_and_nothing_is_missed(
    cluster: Cluster, kubectl: Kubectl, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = yaml.safe_load(Path(cluster.kubeconfig).read_text())
    entry = next(c["cluster"] for c in data["clusters"])
    address = urlsplit(entry["server"])
    with Forwarder(str(address.hostname), address.port or 443) as way:
        entry["server"] = f"https://127.0.0.1:{way.port}"
        entry["tls-server-name"] = str(address.hostname)
        (tmp_path / "kubeconfig").write_text(yaml.safe_dump(data))
        monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
        backend = KubernetesBackend.connect(cluster.context, namespace)
        spec = run_spec(2, agent_image="localhost/not-there:dev")
        backend.submit(spec)
        with following(backend, spec) as watching:
            watching.until(lambda told: isinstance(told, Status))
            way.cut()
            lost = watching.until(lambda told: isinstance(told, Trouble))
            assert isinstance(lost, Trouble)
            assert not lost.back
            kubectl("delete", "job", f"agent-{spec.id}-1", "-n", namespace)
            kubectl("wait", "--for=delete", "pod", "-l", "variation-id=1", "-n", namespace, "--timeout=60s")
            way.mend()
            back = watching.until(lambda told: isinstance(told, Trouble))
            assert isinstance(back, Trouble)
            assert back.back
            if not any(isinstance(told, Status) and told.final for told in watching.seen):
                watching.until(lambda told: isinstance(told, Status) and told.variation == 1 and told.final)
        assert [told.back for told in watching.seen if isinstance(told, Trouble)] == [False, True]


def test_a_watch_that_is_too_old_begins_again_with_a_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a long sleep: the API server has forgotten the resourceVersion; a Job has gone meanwhile."""
    metadata = {"uid": "j-1", "name": "agent-x-1", "labels": {"aideator.dev/variation": "1"}, "resourceVersion": "5"}
    jobs = [{"metadata": metadata, "spec": {}, "status": {}}]
    gone = {"type": "ERROR", "object": {"kind": "Status", "code": 410, "reason": "Expired"}}
    lists, watches = [0], list[str]()
    quiet = threading.Event()

    def answer(handler: Handler) -> None:
        is_jobs = "/jobs" in handler.path
        if "watch=1" in handler.path:
            watches.append(handler.path)
            handler.begin()
            if is_jobs and lists[0] == 1:
                handler.chunk(json.dumps(gone).encode() + b"\n")
                handler.chunk(b"")
            else:
                quiet.wait(20)
            return
        lists[0] += is_jobs
        items = jobs if is_jobs and lists[0] == 1 else []
        handler.json(200, {"metadata": {"resourceVersion": "7"}, "items": items})

    with answering(answer) as fake:
        monkeypatch.setenv("KUBECONFIG", str(write_kubeconfig(tmp_path / "config", fake.url, {})))
        backend = KubernetesBackend.connect(None, None)
        with following(backend, run_spec()) as watching:
            watching.status(1, "scheduling")
            assert watching.status(1, "deleted").final
        quiet.set()
    assert not [path for path in watches if "timeoutSeconds" in path], (
        "no watch is asked for before the server ends one"
    )
    assert not any(isinstance(told, Trouble) for told in watching.seen)


def test_a_run_that_may_not_be_watched_names_the_rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = 'pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "team"'

    def refuse(handler: Handler) -> None:
        handler.json(403, {"kind": "Status", "reason": "Forbidden", "message": words})

    with answering(refuse) as fake:
        monkeypatch.setenv("KUBECONFIG", str(write_kubeconfig(tmp_path / "config", fake.url, {})))
        with pytest.raises(AideatorError, match="jane may not list pods"):
            next(iter(KubernetesBackend.connect(None, None).watch(run_spec(), threading.Event())))
