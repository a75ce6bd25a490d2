"""A container is killed under an agent that is a program of its own."""

import signal

from tests.end_to_end.conftest import Place
from tests.end_to_end.test_agent_programs import asked
from tests.faults import node, work
from tests.faults.watching import Watching, is_event
from tests.fixtures.cluster import Cluster

STEPS = ({"run": "echo 'x = 2' > a.py"}, {"say": "Changed."}, {"wait": True})


def test_the_container_of_the_agents_program_dies_and_its_changes_are_kept(
    kubernetes_place: Place, cluster: Cluster
) -> None:
    watching = killed_at_work(kubernetes_place, cluster, "shell")
    assert watching.end() == 4, watching.err
    result = watching.result
    assert (result["outcome"], result["fault"]) == ("failed", "infrastructure")
    assert "the container of fake was lost" in result["reason"]
    patch = "".join(r["event"]["text"] for r in watching.records if is_event("patch")(r))
    assert "+x = 2" in patch


def test_aideators_own_container_dies_under_an_agents_program(kubernetes_place: Place, cluster: Cluster) -> None:
    watching = killed_at_work(kubernetes_place, cluster, "agent")
    assert watching.end() == 4, watching.err
    result = watching.result
    assert (result["outcome"], result["fault"], result["reason"]) == ("failed", "infrastructure", "error")
    assert "the agent ended with exit code 137" in result["summary"]


def killed_at_work(place: Place, cluster: Cluster, container: str) -> Watching:
    node.need(cluster)
    repository, prompt, *words = asked(place, *STEPS, retries="0")
    watching = Watching(place.user, "run", repository, prompt, *place.user.options, *words)
    run = watching.until(is_event("say"))["run"]
    node.signal_to(node.first_process(work.pod(place, run), container), signal.SIGKILL)
    return watching
