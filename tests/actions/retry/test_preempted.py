"""An attempt that a queue takes back: the Job makes another by itself, and the run goes on."""

from tests.actions.retry.scenes import Stuck, attempts
from tests.end_to_end.conftest import Place


def test_a_preempted_agent_goes_on_in_an_attempt_of_its_own(kubernetes_place: Place) -> None:
    place = kubernetes_place
    assert place.kubectl
    stuck = Stuck(place)
    job = ("job", f"agent-{stuck.run}-1", "-n", place.namespace)
    place.kubectl("patch", *job, "--type=merge", "-p", '{"spec":{"suspend":true}}')
    place.kubectl("wait", "--for=delete", "pod", "-l", f"run-id={stuck.run}", "-n", place.namespace, "--timeout=60s")
    left = f"configmap/agent-{stuck.run}-1-left"  # from whoever follows the run
    place.kubectl("wait", "--for=create", left, "-n", place.namespace, "--timeout=60s")
    place.kubectl("patch", *job, "--type=merge", "-p", '{"spec":{"suspend":false}}')

    done = stuck.finish()

    assert done.code == 0, done.err
    assert [result["outcome"] for result in done.of("result")] == ["succeeded"]
    assert "the pod was deleted" in {o["text"] for o in done.of("observation")}
    first, second = attempts(place.user.call("logs", f"{stuck.run}/1", "--json").out)
    assert first[-1]["outcome"] == "cancelled"
    assert second[-1]["outcome"] == "succeeded"
    assert [event["step"] for event in second if event["type"] == "resumed"] == [1]
    assert b"+kept" in place.user.call("diff", f"{stuck.run}/1").out
    assert b"+x = 2" in place.user.call("diff", f"{stuck.run}/1").out
