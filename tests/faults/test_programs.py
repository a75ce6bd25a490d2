"""A container is killed under an agent that is a program of its own, in each phase."""

import signal
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tests.end_to_end.conftest import Place
from tests.end_to_end.test_agent_programs import asked
from tests.faults import node, work
from tests.faults.watching import Record, Watching, is_event
from tests.fixtures.cluster import Cluster

CHANGE = {"run": "echo 'x = 2' > a.py"}
AT_WORK = (CHANGE, {"say": "Changed."}, {"wait": True})
WHOLE = (CHANGE, {"say": "Changed."})
LARGE = {"run": "for i in $(seq 40); do head -c 10000000 /dev/zero > zeros$i; done"}  # it takes git seconds to read
QUICK = "quick=grep 2 a.py"
SLOW = "slow=sleep 8; grep 2 a.py"  # a check that is still running when it is killed


def begins(phase: str) -> Callable[[Record], bool]:
    def wanted(record: Record) -> bool:
        event = record.get("event", {})
        return is_event("phase")(record) and (event["name"], event["state"]) == (phase, "begin")

    return wanted


def test_the_container_of_the_agents_program_dies_and_its_changes_are_kept(
    kubernetes_place: Place, cluster: Cluster
) -> None:
    watching = killed(kubernetes_place, cluster, "shell", is_event("say"), *AT_WORK)
    assert watching.end() == 4, watching.err
    result = watching.result
    assert (result["outcome"], result["fault"]) == ("failed", "infrastructure")
    assert "the container of fake was lost" in result["reason"]
    assert "+x = 2" in patch(watching)
    assert (result["cost"], result["input_tokens"]) == (None, None), "nobody saw it ask a model"


@pytest.mark.parametrize(
    ("seen", "steps", "more"),
    [
        (begins("clone"), AT_WORK, {}),
        (is_event("say"), AT_WORK, {}),
        (begins("verify"), WHOLE, {"verify": SLOW}),
    ],
    ids=["clone", "work", "verify"],
)
def test_aideators_own_container_dies_under_an_agents_program(
    kubernetes_place: Place, cluster: Cluster, seen: Callable[[Record], bool], steps: Any, more: dict[str, str]
) -> None:  # fmt: skip
    watching = killed(kubernetes_place, cluster, "agent", seen, *steps, **more)
    assert watching.end() == 4, watching.err
    result = watching.result
    assert (result["outcome"], result["fault"], result["reason"]) == ("failed", "infrastructure", "error")
    assert "the agent ended with exit code 137" in result["summary"]
    worked = any(map(begins("work"), watching.records))
    assert result["cost"] == (None if worked else 0.0), "nobody saw it ask a model"
    if more:
        assert "+x = 2" in patch(watching), "what was made before stays"


def test_the_container_of_the_agents_program_dies_before_the_agent_works(
    kubernetes_place: Place, cluster: Cluster
) -> None:
    """It has no later phase to die in: it ends with the work. So the clone is held until the container is dead."""
    node.need(cluster)
    place = kubernetes_place
    repository, prompt, *words = asked(place, *WHOLE, retries="0", verify=SLOW)
    watching = Watching(place.user, "run", repository, prompt, *place.user.options, *words)
    run = watching.until(lambda record: "run" in record)["run"]  # long before its pod has begun
    with place.git.held():
        watching.until(begins("clone"))
        node.signal_to(node.first_process(work.pod_where_runs(place, run, "shell"), "shell"), signal.SIGKILL)
    assert watching.end() == 0, watching.err
    assert watching.result["outcome"] == "succeeded"
    assert "+x = 2" in patch(watching)


@pytest.mark.parametrize("phase", ["work", "verify"])
def test_the_container_for_checks_dies_under_an_agents_program(
    kubernetes_place: Place, cluster: Cluster, phase: str
) -> None:
    watching = killed(kubernetes_place, cluster, "check", begins(phase), *WHOLE, verify=SLOW)
    code, result = watching.end(), watching.result
    assert "+x = 2" in patch(watching)
    checked = [check["exit_code"] for check in result["checks"] if check["on"] == "patch"]
    assert (code, result["outcome"], checked) in [(0, "succeeded", [0]), (7, "succeeded", [None])], result


@pytest.mark.parametrize("ours", [True, False], ids=["our loop", "a program"])
@pytest.mark.parametrize("container", ["agent", "check"])
def test_a_container_dies_while_the_patch_is_made(
    kubernetes_place: Place, cluster: Cluster, container: str, ours: bool
) -> None:  # fmt: skip
    """The container of the commands is gone by then: it ends with the work."""
    place = kubernetes_place
    if ours:
        words = work.words(place, work.model(place, [work.bash(LARGE["run"]), work.bash(CHANGE["run"])]))
        watching = _killed(place, cluster, container, begins("patch"), [*words, "--verify", QUICK, "--retries", "0"])
    else:
        watching = killed(place, cluster, container, begins("patch"), LARGE, *WHOLE, verify=QUICK)
    code, result = watching.end(), watching.result
    ended = [record["event"] for record in watching.records if is_event("phase")(record)][-1]
    if container == "agent":
        assert (ended["name"], ended["state"]) == ("patch", "begin"), "it was killed too late to see anything"
        assert (code, result["outcome"], result["fault"], result["reason"]) == (4, "failed", "infrastructure", "error")
        assert "the agent ended with exit code 137" in result["summary"]
        assert not result["files"], "no half of a patch is taken for one"
    else:
        assert (code, result["outcome"]) == (0, "succeeded"), watching.err
        assert "+x = 2" in patch(watching)
        assert [check["exit_code"] for check in result["checks"] if check["on"] == "patch"] == [0]


def killed(
    place: Place, cluster: Cluster, container: str, seen: Callable[[Record], bool], *steps: dict[str, Any], **more: str
) -> Watching:
    """A run of which this container's first process is killed as soon as a record is seen."""
    repository, prompt, *words = asked(place, *steps, retries="0", **more)
    return _killed(place, cluster, container, seen, ["run", repository, prompt, *place.user.options, *words])


def _killed(
    place: Place, cluster: Cluster, container: str, seen: Callable[[Record], bool], words: Sequence[str]
) -> Watching:
    node.need(cluster)
    watching = Watching(place.user, *words)
    run = watching.until(seen)["run"]
    node.signal_to(node.first_process(work.pod_where_runs(place, run, container), container), signal.SIGKILL)
    return watching


def patch(watching: Watching) -> str:
    return "".join(record["event"]["text"] for record in watching.records if is_event("patch")(record))
